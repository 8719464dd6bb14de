using System.Runtime.InteropServices;

namespace Holm.Linux.Mounts;

/// <summary>Files as block devices; loop(4). The kernel frees a device by itself when its last user is gone.</summary>
public static class Loop
{
    /// <summary>
    /// Attaches a file, read-only, to a free loop device with autoclear. The device lives as long as the returned descriptor or a mount of
    /// it does: whoever mounts it closes the descriptor right after, so that the umount (or this process's end before the mount) frees it.
    /// </summary>
    /// <param name="file">A regular file, open for reading. Bytes past the last whole 512 are not seen through the device.</param>
    /// <returns>The device, open, and its path, for example <c>/dev/loop3</c>.</returns>
    /// <exception cref="LinuxException">The kernel has no loop driver, or refused.</exception>
    public static (Fd Loop, string Path) Attach(Fd file)
    {
        using var control = Fd.Open("/dev/loop-control", OpenFlags.O_RDWR);
        for (var attempt = 1; ; attempt++)
        {
            var number = LinuxException.Check(Ioctl.Call(control, LOOP_CTL_GET_FREE), "find a free loop device");
            var path = $"/dev/loop{number}";
            var device = Fd.Open(path, OpenFlags.O_RDWR);
            var config = new LoopConfig { Fd = (uint)file.Number, Flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR };
            if (Ioctl.Call(device, LOOP_CONFIGURE, ref config) == 0)
                return (device, path);
            var error = Marshal.GetLastPInvokeError();
            device.Dispose();
            // Somebody else took it between the two calls; under a storm of mounts this may happen many times over.
            if (error is not (Errnos.EBUSY or Errnos.EAGAIN) || attempt == AttemptsMax)
                throw new LinuxException($"attach a file to {path}", error);
        }
    }

    private const int AttemptsMax = 256;
    internal const uint LOOP_CTL_GET_FREE = 0x4C82, LOOP_CONFIGURE = 0x4C0A;
    internal const uint LO_FLAGS_READ_ONLY = 1, LO_FLAGS_AUTOCLEAR = 4;

    /// <summary><c>struct loop_config</c> of <c>linux/loop.h</c>: 304 bytes; what Holm leaves at zero is padding here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 304)]
    internal struct LoopConfig
    {
        /// <summary><c>fd</c>.</summary>
        [FieldOffset(0)] public uint Fd;
        /// <summary><c>info.lo_flags</c>.</summary>
        [FieldOffset(60)] public uint Flags;
    }
}
