using Holm.Images.Tar;

namespace Holm.Images.Lxd;

/// <summary>Which entries of an archive are the root's, and under which names.</summary>
internal static class LxdRoot
{
    /// <summary>All of them, as they are.</summary>
    public static TarEntry? Whole(TarEntry entry) => entry;

    /// <summary>Those of <c>rootfs/</c>, without it; null: the entry is none.</summary>
    /// <exception cref="Contract.Refusal">400: a hard link that leads out of it.</exception>
    public static TarEntry? Below(TarEntry entry)
    {
        if (Inside(entry.Name) is not { } name || (name.Length == 0 && entry.Kind != TarKind.Folder))
            return null;
        if (entry.Kind != TarKind.HardLink)
            return entry with { Name = name };
        return entry with
        {
            Name = name,
            Link = Inside(entry.Link) is { Length: > 0 } link ? link
                : throw EntryName.Refuse(entry.Name, "is a hard link to what is not in rootfs/"),
        };
    }

    private static byte[]? Inside(byte[] name) =>
        name.AsSpan().SequenceEqual("rootfs"u8) ? [] : name.AsSpan().StartsWith("rootfs/"u8) ? name["rootfs/".Length..] : null;
}
