using System.Runtime.InteropServices;
using System.Text;
using Holm.Linux.Terminals;

namespace Holm.Linux.Lxc;

/// <summary>
/// A running container as liblxc sees it: a thin hold on <c>struct lxc_container</c> (<c>lxc/lxccontainer.h</c>, 5.0). Every call is one
/// message to the container's monitor. Starting is not here: liblxc does that only in a single-threaded process (monitor.c).
/// </summary>
public sealed unsafe partial class LxcContainer : IDisposable
{
    private Native* _native;

    private LxcContainer(Native* native) => _native = native;

    /// <summary>Version of the library, for example <c>5.0.2</c>.</summary>
    public static string Version => Marshal.PtrToStringUTF8(lxc_get_version()) ?? "";

    /// <summary>Opens a container by its folder below <paramref name="lxcPath"/>; null when liblxc cannot read its configuration.</summary>
    public static LxcContainer? Open(string name, string lxcPath)
    {
        var native = lxc_container_new(name, lxcPath);
        return native is null ? null : new LxcContainer(native);
    }

    /// <summary>Freezes all processes inside; false when liblxc could not.</summary>
    public bool Freeze() => _native->Freeze(_native) != 0;

    /// <summary>Thaws them; false when liblxc could not.</summary>
    public bool Unfreeze() => _native->Unfreeze(_native) != 0;

    /// <summary>
    /// Changes the program by which version 2 of control groups filters the devices of a running container; false: it could not.
    /// </summary>
    /// <param name="file"><c>devices.allow</c> or <c>devices.deny</c>.</param>
    /// <param name="rule">Such as <c>c 10:200 rwm</c>.</param>
    public bool SetDevices(string file, string rule)
    {
        fixed (byte* first = Encoding.ASCII.GetBytes(file + '\0'), second = Encoding.ASCII.GetBytes(rule + '\0'))
            return _native->SetCgroupItem(_native, first, second) != 0;
    }

    /// <summary>Takes a terminal of the container: 0 is the console. Null when somebody has it already or nobody answers.</summary>
    public LxcTerminal? OpenTerminal(int number)
    {
        int master = -1, wanted = number;
        var claim = _native->ConsoleGetfd(_native, &wanted, &master);
        return claim < 0 || master < 0 ? null : new LxcTerminal(new Fd(claim), new Fd(master));
    }

    /// <summary>The container's own devpts, so that a terminal can be opened there without walking its filesystem. Null: none.</summary>
    public Fd? OpenDevpts()
    {
        var fd = _native->DevptsFd(_native);
        return fd < 0 ? null : new Fd(fd);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_native is not null)
            lxc_container_put(_native);
        _native = null;
    }

    /// <summary>The head of struct lxc_container, up to the last member Holm calls; offsets are checked by HeaderTests.</summary>
    [StructLayout(LayoutKind.Explicit)]
    internal struct Native
    {
        [FieldOffset(104)] public delegate* unmanaged<Native*, byte> Freeze;
        [FieldOffset(112)] public delegate* unmanaged<Native*, byte> Unfreeze;
        [FieldOffset(320)] public delegate* unmanaged<Native*, byte*, byte*, byte> SetCgroupItem;
        [FieldOffset(352)] public delegate* unmanaged<Native*, int*, int*, int> ConsoleGetfd;
        [FieldOffset(560)] public delegate* unmanaged<Native*, int> DevptsFd;
    }

    [LibraryImport("liblxc.so.1", StringMarshalling = StringMarshalling.Utf8)]
    private static partial Native* lxc_container_new(string name, string configPath);

    [LibraryImport("liblxc.so.1")]
    private static partial int lxc_container_put(Native* container);

    [LibraryImport("liblxc.so.1")]
    private static partial nint lxc_get_version();
}

/// <summary>A terminal of a container, taken: the claim is the connection by which liblxc knows that somebody has it.</summary>
/// <param name="Claim">Closing it gives the terminal back.</param>
/// <param name="Master">What the container prints is read here, what is written here it reads.</param>
public sealed record LxcTerminal(Fd Claim, Fd Master) : IDisposable
{
    /// <summary>Gives it back once all that was written has been read, or nobody is left to read it.</summary>
    /// <remarks>
    /// liblxc 5.0.2 can find both in one epoll_wait(2): for the closed claim it frees the terminal, then it reads from what it freed. The
    /// monitor dies of that (SIGSEGV), and with it the container.
    /// </remarks>
    public async Task Leave()
    {
        for (var pause = 1; Pty.HasUnread(Master) && !Poll.Readable(Claim, 0); pause = Math.Min(2 * pause, 100))
            await Task.Delay(pause).ConfigureAwait(false);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Master.Dispose();
        Claim.Dispose();
    }
}
