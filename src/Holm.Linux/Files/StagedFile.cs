namespace Holm.Linux.Files;

/// <summary>
/// A file being made, under a name no reader looks at; from <see cref="Durable.Stage"/>. Dispose without a commit removes it.
/// </summary>
public sealed class StagedFile : IDisposable
{
    private bool _named;

    internal StagedFile(Fd file, string path) => (File, Path) = (file, path);

    /// <summary>The open file, readable and writable; another program may be given it after <see cref="BeforeForeignWrite"/>.</summary>
    public Fd File { get; }

    /// <summary>Where it stands until the commit.</summary>
    public string Path { get; }

    /// <summary>Adds bytes at the file's position.</summary>
    /// <exception cref="LinuxException">The kernel refused, for example ENOSPC.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Durable.Step(DiskStepKind.Write, Path);
        File.WriteAll(bytes);
        Durable.Count(bytes.Length);
    }

    /// <summary>Shares the blocks of another file of the same file system instead of copying; ioctl_ficlone(2).</summary>
    /// <returns>False when the file system cannot, and nothing was done.</returns>
    public bool TryClone(Fd source)
    {
        Durable.Step(DiskStepKind.Write, Path);
        return Durable.Clone(source, File);
    }

    /// <summary>Says that another program is about to write to <see cref="File"/>.</summary>
    public void BeforeForeignWrite() => Durable.Step(DiskStepKind.Write, Path);

    /// <summary>Gives it its name, durably: fsync, rename, fsync of the folder.</summary>
    /// <param name="finalPath">Full path on the same file system; what stands there is replaced.</param>
    public void Commit(string finalPath)
    {
        Durable.Sync(File, Path);
        Durable.RenameOnly(Path, finalPath);
        _named = true;
        Durable.SyncFolder(Durable.FolderOf(finalPath));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Dispose();
        if (_named)
            return;
        _named = true;
        Durable.Unlink(Path);
    }
}
