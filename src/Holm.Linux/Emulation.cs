using System.Globalization;

namespace Holm.Linux;

/// <summary>Programs of other machines that this kernel gives to an interpreter.</summary>
/// <remarks>Kernel, admin-guide/binfmt-misc.rst; elf(5).</remarks>
public static class Emulation
{
    /// <summary>Class (1: 32 bit, 2: 64 bit), order of bytes (1: small end first), and <c>e_machine</c> of elf(5).</summary>
    private static readonly Dictionary<string, (byte Class, byte Order, byte Machine)> Machines = new(StringComparer.Ordinal)
    {
        ["x86_64"] = (2, 1, 62),
        ["386"] = (1, 1, 3),
        ["aarch64"] = (2, 1, 183),
        ["armv7l"] = (1, 1, 40),
        ["armv6l"] = (1, 1, 40),
        ["riscv64"] = (2, 1, 243),
        ["ppc64le"] = (2, 1, 21),
        ["s390x"] = (2, 2, 22),
    };

    /// <summary>
    /// True when a handler is there for programs of a machine, and works in a root that does not have the interpreter in it (flag F: it
    /// was opened when it was registered).
    /// </summary>
    /// <param name="machine">Its kernel name, for example <c>aarch64</c>.</param>
    /// <param name="folder">Where the handlers are.</param>
    public static bool Runs(string machine, string folder = "/proc/sys/fs/binfmt_misc")
    {
        if (!Machines.TryGetValue(machine, out var elf) || !Directory.Exists(folder))
            return false;
        var head = new byte[128];
        "\u007fELF"u8.CopyTo(head);
        (head[4], head[5], head[6]) = (elf.Class, elf.Order, 1);
        // A program (ET_EXEC, 2); both numbers stand in the order of the machine.
        (head[elf.Order == 1 ? 16 : 17], head[elf.Order == 1 ? 18 : 19]) = (2, elf.Machine);
        return IsOn(Path.Combine(folder, "status")) && Directory.EnumerateFiles(folder)
            .Where(f => Path.GetFileName(f) is not ("register" or "status")).Any(f => Takes(f, head));
    }

    private static bool IsOn(string file) => KernelText(file).FirstOrDefault() == "enabled";

    private static bool Takes(string file, ReadOnlySpan<byte> head)
    {
        var lines = KernelText(file);
        string Field(string key) => lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim() ?? "";
        var magic = Convert.FromHexString(Field("magic"));
        if (lines.FirstOrDefault() != "enabled" || !Field("flags:").Contains('F', StringComparison.Ordinal) || magic.Length == 0)
            return false;
        var mask = Field("mask") is { Length: > 0 } given ? Convert.FromHexString(given) : null;
        var offset = int.Parse(Field("offset"), CultureInfo.InvariantCulture);
        if (offset + magic.Length > head.Length)
            return false;
        for (var i = 0; i < magic.Length; i++)
            if (((head[offset + i] ^ magic[i]) & (mask?[i] ?? 0xFF)) != 0)
                return false;
        return true;
    }

    /// <summary>Lines of a file that may be taken away at any time.</summary>
    private static string[] KernelText(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
