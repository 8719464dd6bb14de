using System.Diagnostics;

namespace Tidy.Tests;

/// <summary>One file of the repository.</summary>
/// <param name="Path">Relative to the root, with slashes.</param>
/// <param name="Text">Whole content; empty when it is not text.</param>
public sealed record SourceFile(string Path, string Text)
{
    /// <summary>Lines without their ends.</summary>
    public string[] Lines => Text.Split('\n');

    /// <summary>Last part of the path.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>True below this folder.</summary>
    public bool Under(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>True for C# sources.</summary>
    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>A finding: where, what, and the mend.</summary>
    public string At(int line, string what) => $"{Path}:{line}: {what}";
}

/// <summary>How a rule fails: with every finding on a line of its own.</summary>
public static class Findings
{
    /// <summary>Fails when there is one.</summary>
    public static void None(IEnumerable<string> findings)
    {
        var all = findings.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}

/// <summary>The files that git knows, or would: what it ignores is not there.</summary>
public static class Repository
{
    /// <summary>The folder that holds Holm.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every file, read once.</summary>
    public static IReadOnlyList<SourceFile> Files { get; } =
    [
        .. Git("ls-files", "-z", "--cached", "--others", "--exclude-standard").Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Distinct().Order(StringComparer.Ordinal)
            .Where(path => File.Exists(Path.Combine(Root, path)))
            .Select(path => new SourceFile(path, ReadText(Path.Combine(Root, path)))),
    ];

    /// <summary>The file of this path, or an empty one.</summary>
    public static SourceFile Find(string path) => Files.FirstOrDefault(f => f.Path == path) ?? new SourceFile(path, "");

    private static string ReadText(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().Contains((byte)0) ? "" : System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static string Git(params string[] arguments)
    {
        // The tree may belong to another user than the one who tests it.
        using var git = Process.Start(new ProcessStartInfo("git", ["-c", "safe.directory=*", .. arguments])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? output : throw new InvalidOperationException($"git {string.Join(' ', arguments)} failed in {Root}");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Holm.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"no Holm.slnx above {AppContext.BaseDirectory}");
    }
}
