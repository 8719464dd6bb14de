using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;

namespace Holm.Cli.Help;

/// <summary>Help of one node of the command tree, 80 columns wide.</summary>
internal static class HelpText
{
    private const int Columns = 80, Indent = 2;

    /// <summary>The words that lead to a command: <c>holm app start</c>.</summary>
    public static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;

    /// <summary>Renders it; no line end after the last line.</summary>
    /// <param name="verb">The command.</param>
    /// <param name="path">The words that lead to it.</param>
    public static string Render(Verb verb, string path)
    {
        var text = new StringBuilder();
        text.Append(path).Append(": ").Append(verb.Description).Append("\n\nUsage: ").Append(Usage(verb, path)).Append('\n');
        if (verb.More.Length > 0)
            text.Append('\n').AppendJoin("\n\n", verb.More.Split("\n\n").Select(p => Wrap(p, 0))).Append('\n');
        Section(text, "Verbs", Verbs(verb).Select(v => (v.Name, v.Description ?? "")));
        Section(text, "Arguments", verb.Arguments.Select(a => (a.Name, a.Description ?? "")));
        Section(text, "Options", Options(verb).Select(o => (Spelled(o), o.Description ?? "")));
        foreach (var table in verb.Keys)
            Section(text, table.Title, table.Rows);
        if (verb.Examples.Count > 0)
            text.Append("\nExamples:\n").AppendJoin('\n', verb.Examples.Select(e => $"  {e}")).Append('\n');
        if (verb.Name == "holm")
        {
            Section(text, "Exit codes", ExitCodes.Table);
            Section(text, "Environment", Environment);
        }
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>What the program reads from the environment.</summary>
    public static readonly IReadOnlyList<(string Name, string Meaning)> Environment =
        [("HOLM_RUN", "folder of the node's unix.socket (standard: /run/holm)")];

    /// <summary>The line after <c>Usage:</c>.</summary>
    public static string Usage(Verb verb, string path)
    {
        var words = new List<string> { path };
        if (Verbs(verb).Any())
            words.Add(verb.Run is null ? "VERB …" : "[VERB …]");
        if (Options(verb).Any(o => !o.Recursive))
            words.Add("[OPTION…]");
        foreach (var argument in verb.Arguments)
        {
            var many = argument.Arity.MaximumNumberOfValues > 1 ? "…" : "";
            var word = argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}{many}]" : argument.Name + many;
            words.Add(argument.Name == "COMMAND" ? $"-- {word}" : word);
        }
        return string.Join(' ', words);
    }

    /// <summary>Verbs below that people may know of.</summary>
    public static IEnumerable<Verb> Verbs(Verb verb) => verb.Subcommands.OfType<Verb>().Where(v => !v.Hidden);

    /// <summary>Options of this command, its own first; help is on every page, the others that are valid everywhere on the first.</summary>
    public static IEnumerable<Option> Options(Verb verb) => verb.Name == "holm" ? verb.Options : [.. verb.Options, Tree.Help];

    /// <summary><c>-f, --format table|json|csv</c>.</summary>
    public static string Spelled(Option option) =>
        string.Join(", ", option.Aliases.Append(option.Name)) + (option.HelpName is { } value ? $" {value}" : "");

    private static void Section(StringBuilder text, string title, IEnumerable<(string Name, string Meaning)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        var column = Math.Min(all.Max(r => r.Name.Length), 24) + Indent + 2;
        text.Append('\n').Append(title).Append(":\n");
        foreach (var (name, meaning) in all)
        {
            var first = new string(' ', Indent) + name;
            var body = Wrap(meaning, column);
            text.Append(first.Length + 2 <= column ? first.PadRight(column) + body.TrimStart() : $"{first}\n{body}").Append('\n');
        }
    }

    /// <summary>Breaks text at spaces, each line moved in.</summary>
    private static string Wrap(string words, int indent)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        foreach (var word in words.Split(' '))
        {
            if (line.Length > 0 && indent + line.Length + 1 + word.Length > Columns)
            {
                lines.Add(line.ToString());
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        lines.Add(line.ToString());
        return string.Join('\n', lines.Select(l => new string(' ', indent) + l));
    }
}
