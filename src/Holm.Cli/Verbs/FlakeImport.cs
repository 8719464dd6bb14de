using System.CommandLine;
using System.Text;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake import [FILE|FOLDER]</c></summary>
internal static class FlakeImport
{
    private const string Standard = "/usr/share/flakes";
    private static readonly Argument<string?> From = Parts.Maybe("PATH",
        $"a file, a folder of them, or - for standard input (standard: {Standard})", LiveNames.AnyFile);
    private static readonly Option<bool> Force = Parts.Switch("--force", "replace flakes of those names, and commands of flake-pilot's");

    public static Verb Build() => new("import", "register flakes that are written in files", From, Force)
    {
        More = "Takes what holm flake export prints, and the registrations of flake-pilot: NAME.yaml, and what is in NAME.d beside it. Of "
            + "flake-pilot's it prints, key by key, what was taken and what was not. Registrations of virtual machines are not taken. A "
            + "command that is flake-pilot's own link is taken over with --force.",
        Examples = ["holm flake import", "holm flake import aws.yaml", "holm flake import --force /usr/share/flakes"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var (path, force) = (line.GetValue(From) ?? Standard, line.GetValue(Force));
        if (path == "-")
            return Take(caller, "", caller.ReadInput(), force);
        if (!Directory.Exists(path))
            return Take(caller, Name(path), Text(path), force);
        var (files, failed) = (Directory.GetFiles(path, "*.yaml").Order(StringComparer.Ordinal).ToList(), 0);
        if (files.Count == 0)
            throw new Refusal(404, $"import flakes: no file of {path} ends in .yaml");
        foreach (var file in files)
            try
            {
                Take(caller, Name(file), Text(file), force);
            }
            catch (Refusal refusal)
            {
                failed++;
                caller.Screen.Complain($"{Name(file)}: {refusal.Message}");
            }
        return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Name(string path) => Path.GetFileNameWithoutExtension(path);

    /// <summary>A file and, as documents behind it, the drop-ins beside it.</summary>
    private static string Text(string path)
    {
        var text = new StringBuilder(File.ReadAllText(path));
        var dropIns = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Name(path) + ".d");
        if (Directory.Exists(dropIns))
            foreach (var file in Directory.GetFiles(dropIns).Order(StringComparer.Ordinal))
                text.Append("\n---\n").Append(File.ReadAllText(file));
        return text.ToString();
    }

    private static int Take(Caller caller, string name, string text, bool force)
    {
        var answer = caller.Node.Ask("POST", $"/1.0/flakes?name={Uri.EscapeDataString(name)}&force={(force ? "true" : "false")}",
            Encoding.UTF8.GetBytes(text), deadline: TimeSpan.FromMinutes(30), type: "application/yaml");
        var import = answer.As(ContractJson.Default.FlakeImport);
        caller.Screen.Line(Visible.Line($"{import.Flake.Name}: registered {string.Join(' ', import.Flake.Commands.Keys)}"));
        foreach (var key in import.Taken)
            caller.Screen.Line(Visible.Line($"  taken      {key}"));
        foreach (var key in import.NotTaken)
            caller.Screen.Line(Visible.Line($"  not taken  {key}"));
        return ExitCodes.Ok;
    }
}
