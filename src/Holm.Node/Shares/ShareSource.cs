using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Node.Shares;

/// <summary>
/// The host's side of a share, opened once: what is looked at is what is mounted, whatever becomes of the path meanwhile.
/// </summary>
/// <remarks>
/// No symbolic link may lie on the path. An app that may write to a share, or whoever filled a stick, could put one there and have any
/// file of the host mounted at the next start. The refusal says what to write in its place.
/// </remarks>
internal sealed class ShareSource : IDisposable
{
    private readonly Fd? _file;
    private readonly (uint Major, uint Minor) _device;
    private DetachedMount? _copy;

    private ShareSource(ShareSpec share, Fd file) => (Share, _file, Identity) = (share, file, new(MountIdentity.Of(file), null));

    private ShareSource(ShareSpec share, DeviceFile file, uint major, uint minor) =>
        (Share, _device, Identity) = (share, (major, minor), new(default, DeviceFile.Rule(file.IsBlock, major, minor)));

    /// <summary>The share.</summary>
    public ShareSpec Share { get; }

    /// <summary>What it is.</summary>
    public SourceIdentity Identity { get; }

    /// <summary>True when what is mounted in an app, open, is what would be mounted for it now.</summary>
    /// <param name="found">Open, O_PATH.</param>
    /// <param name="ids">The app's ids.</param>
    public bool IsShownBy(Fd found, ShareIds ids)
    {
        if (Share.DeviceFile is not { } file)
            return MountedShare.Of(MountIdentity.Of(found), null).Shows(Identity.File);
        var stat = FileStat.Of(found);
        return (file.IsBlock ? stat.IsBlockDevice : stat.IsCharDevice) && stat.Node == ((ulong)_device.Major << 32 | _device.Minor) &&
            (stat.Uid, stat.Gid, stat.Mode & 0xfff) == (ids.Root + file.Uid, ids.Root + file.Gid, file.Mode);
    }

    /// <summary>Opens it; null: it is missing.</summary>
    /// <param name="what">What is being done, for the message.</param>
    /// <param name="share">The share.</param>
    /// <exception cref="Refusal">It is there, and cannot be used.</exception>
    public static ShareSource? Open(string what, ShareSpec share)
    {
        try
        {
            if (share.DeviceFile is not { } file)
                return new ShareSource(share, Fd.OpenWithoutLinks(share.Source, OpenFlags.O_PATH));
            return file is { Major: { } major, Minor: { } minor } ? new ShareSource(share, file, major, minor) : Device(what, share, file);
        }
        catch (LinuxException e) when (e.Errno is Errnos.ENOENT or Errnos.ENOTDIR)
        {
            return null;
        }
        catch (LinuxException e) when (e.Errno == Errnos.ELOOP)
        {
            throw new Refusal(409, $"{what}: a symbolic link lies on the way to {share.Source}, and who can write there could turn it to " +
                $"any other file; write where it leads{Real(share.Source)}", e);
        }
        catch (LinuxException e)
        {
            throw new Refusal(409, $"{what}: {e.Message}", e);
        }
    }

    /// <summary>In /dev, which is the host's alone, links are followed: /dev/serial/by-id/….</summary>
    private static ShareSource Device(string what, ShareSpec share, DeviceFile file)
    {
        using var found = share.Source.StartsWith("/dev/", StringComparison.Ordinal) ? Fd.Open(share.Source, OpenFlags.O_PATH)
            : Fd.OpenWithoutLinks(share.Source, OpenFlags.O_PATH);
        var stat = FileStat.Of(found);
        return (file.IsBlock ? stat.IsBlockDevice : stat.IsCharDevice)
            ? new ShareSource(share, file, (uint)(stat.Node >> 32), (uint)stat.Node)
            : throw new Refusal(409, $"{what}: {share.Source} is no {(file.IsBlock ? "block" : "character")} device; name one that is, " +
                "or say its major and minor number");
    }

    /// <summary>
    /// Makes a mount of it that is nowhere yet, with all that the app must not be able to do taken away; kept for <see cref="Take"/>.
    /// </summary>
    /// <param name="ids">The app's ids.</param>
    /// <returns>Why that cannot be, to stand behind what is being done; null: it is made.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public string? Prepare(ShareIds ids)
    {
        if (_copy is not null)
            return null;
        if (Share.DeviceFile is { } file)
        {
            _copy = DeviceMount.Make(
                file.IsBlock, _device.Major, _device.Minor, ids.Root + file.Uid, ids.Root + file.Gid, file.Mode);
            _copy.Restrict(readOnly: false, idmap: null, isDevice: true);
            return null;
        }
        var idmap = Share.Shift ? ids.UserNamespace : null;
        var copy = DetachedMount.CopyOf(_file!, Share.Recursive);
        try
        {
            copy.Restrict(Share.ReadOnly, idmap);
            _copy = copy;
            return null;
        }
        catch (LinuxException e) when (e.Errno is Errnos.EINVAL or Errnos.EPERM or Errnos.EOPNOTSUPP && idmap is not null)
        {
            copy.Dispose();
            return (Share.Recursive ? "one of the filesystems there cannot" : "its filesystem cannot") + " map ids on this kernel; with " +
                "shift=false its files belong to nobody inside and can be used only as far as they are open to everyone, with " +
                "security.privileged=true the app's root is the host's";
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>The mount that was made; the caller's from now on.</summary>
    public DetachedMount Take()
    {
        var copy = _copy ?? throw new InvalidOperationException("not prepared");
        _copy = null;
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _copy?.Dispose();
    }

    private static string Real(string path)
    {
        using var file = Fd.TryOpen(path, OpenFlags.O_PATH);
        return file is not null && File.ResolveLinkTarget(file.ProcPath, returnFinalTarget: false) is { } target
            ? $": source={target.FullName}" : "";
    }
}
