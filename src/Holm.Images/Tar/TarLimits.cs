namespace Holm.Images.Tar;

/// <summary>
/// How far an archive may go before it is taken for a bomb. The names of a whole archive are held in memory, its data never.
/// </summary>
public sealed record TarLimits
{
    /// <summary>Entries, and folders implied by their names.</summary>
    public int Entries { get; init; } = 262_144;

    /// <summary>Bytes of all name components together.</summary>
    public int NameBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of one path; PATH_MAX.</summary>
    public int PathBytes { get; init; } = 4095;

    /// <summary>Bytes of one extended header or long name.</summary>
    public int HeaderBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of all files together, holes of sparse files included.</summary>
    public long UnpackedBytes { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Unpacked bytes per byte of the packed file, looked at from <see cref="RatioFromBytes"/> on.</summary>
    public int Ratio { get; init; } = 250;

    /// <summary>Unpacked bytes from which <see cref="Ratio"/> counts: small archives may be all zeros.</summary>
    public long RatioFromBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Extents of one sparse file.</summary>
    public int SparseExtents { get; init; } = 65_536;

    /// <summary>True: owners above 65535 are kept; such an image can only run privileged.</summary>
    public bool AnyOwner { get; init; }

    /// <summary>True: a slash in front of a name means the archive's own root, as some builders of images write it in layers.</summary>
    public bool NamesFromRoot { get; init; }
}
