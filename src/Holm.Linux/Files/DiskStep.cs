namespace Holm.Linux.Files;

/// <summary>What <see cref="Durable"/> is about to do to the disk; a power cut may fall before each of them.</summary>
internal enum DiskStepKind
{
    /// <summary>Make a folder.</summary>
    MakeFolder,
    /// <summary>Make an empty staged file.</summary>
    MakeFile,
    /// <summary>Write to a staged file, or let another program do so.</summary>
    Write,
    /// <summary>fsync(2) of a file.</summary>
    Sync,
    /// <summary>rename(2); <see cref="DiskStep.To"/> is the new path.</summary>
    Rename,
    /// <summary>unlink(2).</summary>
    Unlink,
    /// <summary>fsync(2) of a folder.</summary>
    SyncFolder,
    /// <summary>symlink(2).</summary>
    MakeLink,
}

/// <summary>One step to the disk.</summary>
/// <param name="Kind">What.</param>
/// <param name="Path">To what.</param>
/// <param name="To">New path of a rename, else null.</param>
internal sealed record DiskStep(DiskStepKind Kind, string Path, string? To = null);
