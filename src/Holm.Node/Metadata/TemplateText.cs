using System.Text;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Metadata;

/// <summary>What a template may ask for.</summary>
/// <param name="Trigger"><c>create</c>, <c>copy</c> or <c>start</c>.</param>
/// <param name="Path">The file that is written.</param>
/// <param name="Instance">Of the instance: <c>name</c>, <c>type</c>, <c>architecture</c>, <c>privileged</c>, <c>ephemeral</c>.</param>
/// <param name="Config">Its keys, profiles included.</param>
/// <param name="Properties">Of the template.</param>
internal sealed record TemplateContext(
    string Trigger, string Path, IReadOnlyDictionary<string, string> Instance, IReadOnlyDictionary<string, string> Config,
    IReadOnlyDictionary<string, string> Properties);

/// <summary>
/// A template of an LXD image: text with <c>{{ … }}</c> in it. Of Pongo2 that is <c>instance.*</c> and <c>container.*</c>, <c>trigger</c>,
/// <c>path</c>, <c>properties.*</c>, <c>config_get("key", "default")</c> and comments; all else is refused, by name and line, when the
/// image is imported.
/// </summary>
/// <remarks>LXD 5.0.2, doc/image-handling.md "Templates".</remarks>
internal sealed class TemplateText
{
    private static readonly string[] OfInstance = ["name", "type", "architecture", "privileged", "ephemeral"];

    private readonly List<Func<TemplateContext, string>> _pieces = [];

    /// <summary>Reads one.</summary>
    /// <exception cref="Refusal">400: it uses what is not rendered here.</exception>
    public static TemplateText Read(string name, string text)
    {
        var template = new TemplateText();
        for (var at = 0; at < text.Length;)
        {
            var open = Open(text, at);
            var plain = text[at..open];
            template._pieces.Add(_ => plain);
            if (open == text.Length)
                break;
            var close = text.IndexOf(text[open + 1] switch { '{' => "}}", '#' => "#}", _ => "%}" }, open + 2, StringComparison.Ordinal);
            var inner = close < 0 ? text[open..Math.Min(text.Length, open + 60)] : text[(open + 2)..close].Trim();
            if (close < 0 || text[open + 1] == '%')
                throw Wrong(name, text, open, close < 0 ? Names.Show(inner) + " is not closed"
                    : Names.Show($"{{% {inner} %}}") + " is not rendered by this node");
            if (text[open + 1] == '{')
                template._pieces.Add(Expression(inner) ??
                    throw Wrong(name, text, open, Names.Show($"{{{{ {inner} }}}}") + " is not rendered by this node"));
            at = close + 2;
        }
        return template;
    }

    /// <summary>What becomes of it.</summary>
    public string Render(TemplateContext context) =>
        _pieces.Aggregate(new StringBuilder(), (all, piece) => all.Append(piece(context))).ToString();

    private static int Open(string text, int from)
    {
        for (var i = from; i + 1 < text.Length; i++)
            if (text[i] == '{' && text[i + 1] is '{' or '%' or '#')
                return i;
        return text.Length;
    }

    private static Func<TemplateContext, string>? Expression(string text)
    {
        if (!text.StartsWith("config_get(", StringComparison.Ordinal))
            return Value(text);
        if (!text.EndsWith(')') || Arguments(text[11..^1]) is not [var key, var otherwise])
            return null;
        return Value(key) is { } k && Value(otherwise) is { } o
            ? c => c.Config.TryGetValue(k(c), out var found) ? found.TrimEnd('\r', '\n') : o(c)
            : null;
    }

    /// <summary>A text in quotes, or the name of something.</summary>
    private static Func<TemplateContext, string>? Value(string text)
    {
        if (text is ['"' or '\'', .. var inner, '"' or '\''] && text[0] == text[^1])
            return Unquoted(inner, text[0]) is { } literal ? _ => literal : null;
        return text.Split('.') switch
        {
            ["instance" or "container", var part] when OfInstance.Contains(part) => c => c.Instance.GetValueOrDefault(part, ""),
            ["trigger"] => c => c.Trigger,
            ["path"] => c => c.Path,
            ["properties", var key] when IsName(key) => c => c.Properties.GetValueOrDefault(key, ""),
            _ => null,
        };
    }

    private static bool IsName(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(text[0]);

    private static string? Unquoted(string inner, char quote)
    {
        var text = new StringBuilder();
        for (var i = 0; i < inner.Length; i++)
            if (inner[i] == quote || (inner[i] == '\\' && (++i == inner.Length || inner[i] is not ('\\' or '"' or '\''))))
                return null;
            else
                text.Append(inner[i]);
        return text.ToString();
    }

    /// <summary>At commas outside of quotes.</summary>
    private static List<string> Arguments(string text)
    {
        var (arguments, from, quote) = (new List<string>(), 0, '\0');
        for (var i = 0; i < text.Length; i++)
            if (quote != '\0')
                (i, quote) = text[i] == '\\' ? (i + 1, quote) : (i, text[i] == quote ? '\0' : quote);
            else if (text[i] is '"' or '\'')
                quote = text[i];
            else if (text[i] == ',')
                (arguments, from) = ([.. arguments, text[from..i].Trim()], i + 1);
        return [.. arguments, text[from..].Trim()];
    }

    private static Refusal Wrong(string name, string text, int at, string why)
    {
        var line = text.AsSpan(0, at).Count('\n') + 1;
        return new Refusal(400, $"template {Names.Show(name)}, line {line}: {why}; instance.*, properties.*, trigger, path " +
            "and config_get(\"key\", \"default\") are");
    }
}
