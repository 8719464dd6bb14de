using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images;

/// <summary>What /sbin/init of an image is, and so which signals it understands.</summary>
public enum InitKind
{
    /// <summary>Stops on SIGRTMIN+3, reboots on SIGINT; systemd(1), "Signals".</summary>
    Systemd,
    /// <summary>Powers off on SIGUSR2, reboots on SIGTERM; BusyBox init/init.c, and Finit doc/signals.md.</summary>
    BusyBox,
    /// <summary>Taken to stop on SIGPWR and reboot on SIGINT, LXC's convention.</summary>
    Other,
}

/// <summary>What Holm learns by looking into a root, without running anything of it.</summary>
/// <param name="Kind">Which init it is.</param>
/// <param name="Properties"><c>os</c>, <c>release</c>, <c>description</c>, from its os-release(5).</param>
public sealed record InitProbe(InitKind Kind, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>The signals by which it is asked to halt and to reboot.</summary>
    public (int Halt, int Reboot) HaltAndReboot => Kind switch
    {
        InitKind.Systemd => (Signals.SIGRTMIN + 3, Signals.SIGINT),
        InitKind.BusyBox => (Signals.SIGUSR2, Signals.SIGTERM),
        _ => (Signals.SIGPWR, Signals.SIGINT),
    };

    /// <summary>Kernel name of this machine, for example <c>x86_64</c>.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        System.Runtime.InteropServices.Architecture.Arm => "armv7l",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Looks into a mounted root; every path is resolved inside of it.</summary>
    /// <param name="root">The root folder.</param>
    /// <param name="needsInit">True: /sbin/init has to be there, executable, and for this machine.</param>
    /// <exception cref="Refusal">400: it is not; with the mend.</exception>
    public static InitProbe Look(Fd root, bool needsInit)
    {
        var kind = needsInit ? CheckInit(root) : InitKind.Other;
        return new InitProbe(kind, ReadOsRelease(root));
    }

    private static InitKind CheckInit(Fd root)
    {
        using var init = OpenInit(root, "/sbin/init", out var target);
        if (!FileStat.Of(init).IsRegular)
            throw new Refusal(400, "the image's /sbin/init is no file; an image that is no system is imported with --no-init");
        if (!FileStat.Of(init).IsExecutable)
            throw new Refusal(400, "the image's /sbin/init is not executable; mend it in the image (chmod +x)");
        CheckMachine(root, init, depth: 0);
        return target switch
        {
            _ when target.EndsWith("/systemd", StringComparison.Ordinal) => InitKind.Systemd,
            _ when target.EndsWith("/busybox", StringComparison.Ordinal) || target.EndsWith("/finit", StringComparison.Ordinal)
                || MentionsBusyBox(init) => InitKind.BusyBox,
            _ => InitKind.Other,
        };
    }

    /// <summary>Opens it; <paramref name="target"/> is where links lead, as the kernel says afterwards.</summary>
    private static Fd OpenInit(Fd root, string path, out string target)
    {
        try
        {
            var fd = Fd.OpenInRoot(root, path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
            target = File.ResolveLinkTarget(fd.ProcPath, returnFinalTarget: false)?.FullName ?? path;
            return fd;
        }
        catch (LinuxException e) when (e.Errno is Errnos.ENOENT or Errnos.ELOOP or Errnos.ENOTDIR or Errnos.EXDEV)
        {
            throw new Refusal(
                400, $"the image has no /sbin/init ({Errnos.Name(e.Errno)}): pack what is in the root, not the folder that holds it; " +
                "an image that is no system is imported with --no-init", e);
        }
    }

    private static void CheckMachine(Fd root, Fd program, int depth)
    {
        Span<byte> head = stackalloc byte[256];
        var length = program.TryRead(head);
        if (length >= 4 && head.StartsWith("#!"u8) && depth == 0)
        {
            var path = Encoding.UTF8.GetString(head[2..length]).Split('\n')[0].Trim().Split(' ', '\t')[0];
            using var interpreter = OpenInterpreter(root, path);
            CheckMachine(root, interpreter, depth + 1);
            return;
        }
        if (length < 20 || !head.StartsWith("\u007fELF"u8))
            throw new Refusal(400, "the image's /sbin/init is neither a program (ELF) nor a script with #!");
        // EI_DATA says in which order the bytes stand; 2: big end first, as on many MIPS routers.
        var machine = head[5] == 2 ? BinaryPrimitives.ReadUInt16BigEndian(head[18..]) : BinaryPrimitives.ReadUInt16LittleEndian(head[18..]);
        if (!Accepted.Contains(machine))
            throw new Refusal(
                400, $"the image is for {MachineName(machine)}, this node is {Architecture}; import an image that was built for it");
    }

    private static Fd OpenInterpreter(Fd root, string path)
    {
        var shown = new string([.. path.Select(c => char.IsControl(c) ? '?' : c)]);
        try
        {
            var file = Fd.OpenInRoot(root, path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
            if (FileStat.Of(file) is { IsRegular: true, IsExecutable: true })
                return file;
            file.Dispose();
        }
        catch (LinuxException e)
        {
            var why = Errnos.Name(e.Errno);
            throw new Refusal(400, $"the image's /sbin/init is a script for '{shown}', which is not in the image ({why}); put it there", e);
        }
        throw new Refusal(400, $"the image's /sbin/init is a script for '{shown}', which is no executable file; mend it in the image");
    }

    // e_machine of elf(5): EM_386 3, EM_ARM 40, EM_X86_64 62, EM_AARCH64 183.
    private static int[] Accepted => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => [62, 3],
        System.Runtime.InteropServices.Architecture.Arm64 => [183, 40],
        System.Runtime.InteropServices.Architecture.Arm => [40],
        _ => [],
    };

    private static string MachineName(int machine) => machine switch
    {
        3 => "i386",
        8 => "MIPS",
        20 => "powerpc",
        21 => "powerpc64",
        40 => "ARM",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv",
        _ => "ELF machine " + machine.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A hard link, or a static build under the name init, tells itself by its own help text.</summary>
    private static bool MentionsBusyBox(Fd init)
    {
        var buffer = new byte[64 * 1024];
        var carry = 0;
        var needle = "BusyBox v"u8;
        for (var total = 0; total < 4 << 20;)
        {
            var count = init.TryRead(buffer.AsSpan(carry));
            if (count <= 0)
                return false;
            if (buffer.AsSpan(0, carry + count).IndexOf(needle) >= 0)
                return true;
            total += count;
            var keep = Math.Min(needle.Length - 1, carry + count);
            buffer.AsSpan(carry + count - keep, keep).CopyTo(buffer);
            carry = keep;
        }
        return false;
    }

    private static Dictionary<string, string> ReadOsRelease(Fd root)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in (string[])["/etc/os-release", "/usr/lib/os-release"])
            try
            {
                using var file = Fd.OpenInRoot(root, path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
                if (!FileStat.Of(file).IsRegular)
                    continue;
                var buffer = new byte[16 * 1024];
                var length = Math.Max(0, file.TryRead(buffer));
                foreach (var line in Encoding.UTF8.GetString(buffer, 0, length).Split('\n'))
                    Take(line, properties);
                break;
            }
            catch (LinuxException)
            {
                continue;
            }
        return properties;
    }

    private static void Take(string line, Dictionary<string, string> properties)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var key = equals < 0 ? null : line[..equals] switch
        {
            "ID" => "os",
            "VERSION_ID" => "release",
            "PRETTY_NAME" => "description",
            _ => null,
        };
        if (key is null)
            return;
        var value = new string([.. line[(equals + 1)..].Trim().Trim('"', '\'').Where(c => !char.IsControl(c)).Take(200)]);
        if (value.Length > 0)
            properties[key] = value;
    }
}
