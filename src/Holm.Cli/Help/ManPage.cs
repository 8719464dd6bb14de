using System.Text;
using Holm.Cli.Console;

namespace Holm.Cli.Help;

/// <summary>The whole command tree as one man page; troff with the macros of man(7).</summary>
internal static class ManPage
{
    /// <summary>Renders it, with a line end after the last line.</summary>
    public static string Render(Verb root)
    {
        var page = new StringBuilder();
        page.Append(".\\\" Written by: holm man\n.TH HOLM 1 \"\" \"Holm\" \"Holm\"\n.nh\n.ad l\n");
        page.Append(".SH NAME\nholm \\- ").Append(Text(root.Description!)).Append('\n');
        page.Append(".SH SYNOPSIS\n.B holm\n.RI [ OPTION \\[u2026]] \" VERB\" \" \\[u2026]\"\n.br\n.B holm\n"
            + ".RB [ \\-\\-keep\\-going ] \" < \"\n.I FILE\n.br\n.B holm\n");
        page.Append(".SH DESCRIPTION\n").Append(Text("holm talks to the node daemon holmd on its unix socket, and only there. "
            + "Root and members of the group holm may do so; the group is as mighty as root. "
            + "Names and texts that come from elsewhere are printed with control characters made visible. "
            + "Work that takes over a second shows its progress when standard error is a terminal; "
            + "Ctrl-C asks the node to cancel it.")).Append('\n');
        page.Append(".SH OPTIONS\n");
        foreach (var option in root.Options)
            Item(page, HelpText.Spelled(option), option.Description);
        page.Append(".SH VERBS\n");
        foreach (var verb in HelpText.Verbs(root))
            Append(page, verb, $"holm {verb.Name}");
        Append(page, ConsoleGuide.Paragraphs);
        foreach (var table in ConsoleGuide.Tables)
        {
            page.Append(".SS ").Append(Text(table.Title)).Append('\n');
            foreach (var line in table.Lines)
                Item(page, line.Word, line.Help);
        }
        foreach (var table in KeyTable.Tables)
        {
            page.Append(".SH ").Append(table.Chapter).Append('\n');
            foreach (var (name, meaning) in table.Rows)
                Item(page, name, meaning);
        }
        page.Append(".SH EXIT STATUS\n");
        foreach (var (code, meaning) in ExitCodes.Table)
            Item(page, code, meaning);
        page.Append(".SH ENVIRONMENT\n");
        foreach (var (name, meaning) in HelpText.Environment)
            Item(page, name, meaning);
        page.Append(".SH FILES\n");
        Item(page, "/run/holm/unix.socket", "where the node listens: HTTP/1.1 and JSON, LXD's API 1.0");
        return page.ToString();
    }

    private static void Append(StringBuilder page, IEnumerable<string> paragraphs)
    {
        page.Append(".SH CONSOLE\n");
        page.AppendJoin(".PP\n", paragraphs.Select(p => Text(p) + "\n"));
    }

    private static void Append(StringBuilder page, Verb verb, string path)
    {
        if (verb.Run is not null)
        {
            page.Append(".SS ").Append(Text(HelpText.Usage(verb, path))).Append('\n');
            page.Append(Text(Sentence(verb.Description!))).Append('\n');
            if (verb.More.Length > 0)
                page.Append(Text(verb.More)).Append('\n');
            foreach (var argument in verb.Arguments)
                Item(page, argument.Name, argument.Description);
            foreach (var option in verb.Options)
                Item(page, HelpText.Spelled(option), option.Description);
            if (verb.Examples.Count > 0)
                page.Append(".PP\nExamples:\n.PP\n.nf\n").AppendJoin('\n', verb.Examples.Select(Text)).Append("\n.fi\n");
        }
        foreach (var below in HelpText.Verbs(verb))
            Append(page, below, $"{path} {below.Name}");
    }

    private static void Item(StringBuilder page, string term, string? meaning) =>
        page.Append(".TP\n.B ").Append(Text(term)).Append('\n').Append(Text(meaning ?? "")).Append('\n');

    private static string Sentence(string phrase) => $"{char.ToUpperInvariant(phrase[0])}{phrase[1..]}.";

    // groff_char(7): a plain dash may become a hyphen, a quote a curly one; a leading dot or quote is a request.
    private static string Text(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("^", "\\(ha", StringComparison.Ordinal)
            .Replace("…", "\\[u2026]", StringComparison.Ordinal).Replace("–", "\\[en]", StringComparison.Ordinal);
        return escaped.StartsWith('.') ? $"\\&{escaped}" : escaped;
    }
}
