namespace Guest.Tests;

/// <summary>What the guest's machine is made of.</summary>
public sealed record GuestOptions
{
    /// <summary>
    /// Seen read-only at /payload inside: name there (<c>bin/holmd</c>) to file or folder here. <c>/payload/bin</c> comes first in PATH.
    /// </summary>
    public IReadOnlyDictionary<string, string> Payload { get; init; } = new Dictionary<string, string>();

    /// <summary>A kept ext4 disk, mounted at /state inside; boot again with the same one after a power cut.</summary>
    public StateDisk? State { get; init; }

    /// <summary>Virtio network ports. All are plugged into one hub, so a frame sent by one reaches every other.</summary>
    public int Ports { get; init; }

    /// <summary>Processors.</summary>
    public int Processors { get; init; } = 2;

    /// <summary>Memory in MiB.</summary>
    public int Memory { get; init; } = 1024;

    /// <summary>Time from the start of QEMU to the first command.</summary>
    public TimeSpan BootDeadline { get; init; } = TimeSpan.FromMinutes(4);
}

/// <summary>A raw disk image with ext4 on it, sparse, deleted by Dispose.</summary>
public sealed class StateDisk : IDisposable
{
    private StateDisk(string path) => Path = path;

    /// <summary>The image's file.</summary>
    public string Path { get; }

    /// <summary>Makes an empty one.</summary>
    /// <param name="mebibytes">Size.</param>
    /// <param name="projectQuota">True: project quota is enforced on it, as with mount option prjquota.</param>
    public static async Task<StateDisk> Create(int mebibytes = 1024, bool projectQuota = false)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"holm-guest-state-{Guid.NewGuid():N}");
        using (var file = File.Create(path))
            file.SetLength(mebibytes * 1024L * 1024);
        string[] features = projectQuota ? ["-O", "quota,project", "-E", "quotatype=prjquota"] : [];
        await Repository.Run(TimeSpan.FromSeconds(60), "/usr/sbin/mkfs.ext4", ["-q", "-F", .. features, path]);
        if (projectQuota)
            await Repository.Run(TimeSpan.FromSeconds(60), "/usr/sbin/tune2fs", "-E", "mount_opts=prjquota", path);
        return new StateDisk(path);
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);
}

/// <summary>How a command inside the guest ended.</summary>
/// <param name="ExitCode">Exactly the command's; 137 when its deadline passed.</param>
/// <param name="Output">Standard output and standard error, in the order written.</param>
public sealed record GuestResult(int ExitCode, string Output);
