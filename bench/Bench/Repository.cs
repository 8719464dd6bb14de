using System.Diagnostics;

namespace Bench;

/// <summary>Where things are.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>What ./do build left.</summary>
    public static string Out(string name) => Path.Combine(Root, "out", name);

    /// <summary>A program of bench/peers.</summary>
    public static string Peer(string name) => Path.Combine(Root, "artifacts", "peers", name);

    /// <summary>Where a program is on the PATH; null: not installed.</summary>
    public static string? Installed(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    /// <summary>Compiles the peers that are older than their source.</summary>
    public static void CompilePeers()
    {
        Directory.CreateDirectory(Peer(""));
        foreach (var source in Directory.EnumerateFiles(Path.Combine(Root, "bench", "peers"), "*.c"))
        {
            var program = Peer(Path.GetFileNameWithoutExtension(source));
            if (File.Exists(program) && File.GetLastWriteTimeUtc(program) >= File.GetLastWriteTimeUtc(source))
                continue;
            using var compiler = Process.Start("gcc", ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source, "-llxc"]);
            compiler.WaitForExit();
            if (compiler.ExitCode != 0)
                throw new InvalidOperationException($"{source} does not compile");
        }
    }

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Holm.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
        return folder;
    }
}
