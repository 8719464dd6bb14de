namespace Holm.Images.Tar;

/// <summary>
/// How a layer says that something of those below is gone: in a tar by names that begin with <c>.wh.</c>, for overlayfs by a character
/// device 0:0 and an attribute.
/// </summary>
/// <remarks>OCI image specification 1.1, layer.md, "Whiteouts"; kernel, filesystems/overlayfs.rst.</remarks>
internal static class Whiteout
{
    /// <summary>Makes a folder opaque: what the layers below have in it is gone.</summary>
    public static readonly Xattr Opaque = new("trusted.overlay.opaque"u8.ToArray(), "y"u8.ToArray());

    /// <summary>True for that attribute.</summary>
    public static bool IsOpaque(Xattr xattr) =>
        xattr.Name.AsSpan().SequenceEqual(Opaque.Name) && xattr.Value.AsSpan().SequenceEqual(Opaque.Value);

    /// <summary>True for the attributes by which overlayfs is told what to do; no archive may bring them.</summary>
    public static bool IsOverlays(ReadOnlySpan<byte> xattr) =>
        xattr.StartsWith("trusted.overlay."u8) || xattr.StartsWith("user.overlay."u8);

    /// <summary>What the last component of a name says.</summary>
    /// <param name="component">The component.</param>
    /// <param name="gone">Of <see cref="WhiteoutKind.Name"/>: the name that is gone.</param>
    public static WhiteoutKind Of(ReadOnlySpan<byte> component, out ReadOnlySpan<byte> gone)
    {
        gone = [];
        if (!component.StartsWith(".wh."u8))
            return WhiteoutKind.None;
        if (component.SequenceEqual(".wh..wh..opq"u8))
            return WhiteoutKind.Folder;
        gone = component[4..];
        // AUFS's own files, .wh..wh.aufs and its kind.
        return gone.StartsWith(".wh."u8) ? WhiteoutKind.Aufs : WhiteoutKind.Name;
    }
}

/// <summary>Kinds of them.</summary>
internal enum WhiteoutKind
{
    /// <summary>An ordinary name.</summary>
    None,

    /// <summary>One name is gone.</summary>
    Name,

    /// <summary>All that the layers below have in the folder is gone.</summary>
    Folder,

    /// <summary>Left by AUFS; means nothing.</summary>
    Aufs,
}
