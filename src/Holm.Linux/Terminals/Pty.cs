using System.Runtime.InteropServices;

namespace Holm.Linux.Terminals;

/// <summary>Pseudoterminals; pty(7), ioctl_tty(2).</summary>
public static partial class Pty
{
    /// <summary>
    /// Opens a new terminal pair in a given devpts, so that the program on it finds its own /dev/pts/N, and gives the slave to a user.
    /// </summary>
    /// <param name="devpts">Root of the devpts mount.</param>
    /// <param name="owner">Host user id that owns the slave.</param>
    /// <param name="group">Host group id that owns the slave.</param>
    public static (Fd Master, Fd Slave) Open(Fd devpts, uint owner, uint group)
    {
        var master = Fd.OpenInRoot(devpts, "ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY);
        try
        {
            var unlock = 0;
            LinuxException.Check(Ioctl.Call(master, TIOCSPTLCK, ref unlock), "unlock a terminal");
            var flags = (int)(OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);
            var slave = new Fd(LinuxException.Check(Ioctl.Call(master, TIOCGPTPEER, flags), "open a terminal's other end"));
            LinuxException.Check(fchown(slave.Number, owner, group), "give a terminal to its user");
            return (master, slave);
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>Tells the program on a terminal its size.</summary>
    /// <param name="master">Either end.</param>
    /// <param name="columns">Width in characters.</param>
    /// <param name="rows">Height in characters.</param>
    public static void Resize(Fd master, int columns, int rows)
    {
        var size = new Terminal.Winsize { Rows = (ushort)Math.Clamp(rows, 0, 9999), Columns = (ushort)Math.Clamp(columns, 0, 9999) };
        Ioctl.Call(master, TIOCSWINSZ, ref size);
    }

    /// <summary>True when something that was written to a master was not read at its other end, and there is one.</summary>
    public static bool HasUnread(Fd master)
    {
        var flags = (int)(OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);
        var slave = Ioctl.Call(master, TIOCGPTPEER, flags);
        if (slave < 0)
            return false;
        using var opened = new Fd(slave);
        // Only poll(2) waits until what was written has arrived; FIONREAD does not count it before.
        return Poll.Readable(opened, 0);
    }

    internal const uint TIOCSWINSZ = 0x5414, TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int fd, uint owner, uint group);
}
