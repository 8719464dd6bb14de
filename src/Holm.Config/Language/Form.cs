namespace Holm.Config.Language;

/// <summary>A line that people may write, as data: how it is written, and what it is for.</summary>
/// <remarks>
/// Syntax: small words stand for themselves; <c>IFNAME:host</c> is the placeholder <c>host</c>, shown as IFNAME; brackets hold what may
/// be left out, and groups side by side may come in any order; <c>...</c> after a placeholder: once or more often.
/// </remarks>
public abstract class Form
{
    /// <summary>Reads the syntax.</summary>
    /// <exception cref="FormatException">The syntax is none.</exception>
    protected Form(string syntax, string help)
    {
        Help = help;
        var tokens = syntax.Replace("[", " [ ", StringComparison.Ordinal).Replace("]", " ] ", StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Syntax = string.Join(' ', syntax.Split(' ').Select(Shown));
        Lead = string.Join(' ', tokens.TakeWhile(t => char.IsAsciiLetterLower(t[0])));
        var at = 0;
        Start = Chain.Of(Read(tokens, ref at));
        if (at < tokens.Length)
            throw new FormatException($"syntax \"{syntax}\": a bracket is not opened");
    }

    /// <summary>For people: <c>share veth IFNAME [as IFNAME]</c>.</summary>
    public string Syntax { get; }

    /// <summary>A phrase: lower case, no full stop.</summary>
    public string Help { get; }

    /// <summary>The words it begins with, <c>share veth</c>.</summary>
    public string Lead { get; }

    internal Chain? Start { get; }

    /// <inheritdoc/>
    public override string ToString() => Syntax;

    private static string Shown(string token)
    {
        var colon = token.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? token : token[..colon] + string.Concat(token[colon..].SkipWhile(c => c is ':' || char.IsAsciiLetterLower(c)));
    }

    private static List<Part> Read(string[] tokens, ref int at)
    {
        var parts = new List<Part>();
        for (; at < tokens.Length && tokens[at] != "]"; at++)
        {
            if (tokens[at] == "[")
            {
                at++;
                var group = Read(tokens, ref at);
                if (at == tokens.Length)
                    throw new FormatException("a bracket is not closed");
                if (parts is [.., Maybe beside])
                    parts[^1] = new Maybe([.. beside.Groups, group]);
                else
                    parts.Add(new Maybe([group]));
            }
            else
            {
                parts.Add(char.IsAsciiLetterLower(tokens[at][0]) ? new Literal(tokens[at]) : ReadValue(tokens[at]));
            }
        }
        return parts;
    }

    private static Value ReadValue(string token)
    {
        var many = token.EndsWith("...", StringComparison.Ordinal);
        var halves = (many ? token[..^3] : token).Split(':');
        return Placeholder.All.TryGetValue(halves[^1].ToLowerInvariant(), out var placeholder)
            ? new Value(placeholder with { Shown = halves[0] }, many)
            : throw new FormatException($"there is no placeholder {token}");
    }
}

/// <summary>One part of a syntax.</summary>
internal abstract record Part;

/// <summary>A word that stands for itself.</summary>
internal sealed record Literal(string Text) : Part;

/// <summary>A placeholder.</summary>
internal sealed record Value(Placeholder Placeholder, bool Many) : Part;

/// <summary>Groups of which each may come once or not, in any order.</summary>
internal sealed record Maybe(IReadOnlyList<IReadOnlyList<Part>> Groups) : Part;

/// <summary>What is still to come of a syntax; null: nothing.</summary>
internal sealed record Chain(Part Head, Chain? Tail)
{
    public static Chain? Of(IReadOnlyList<Part> parts, Chain? tail = null)
    {
        for (var i = parts.Count - 1; i >= 0; i--)
            tail = new Chain(parts[i], tail);
        return tail;
    }

    /// <summary>True when a line may end here.</summary>
    public static bool MayEnd(Chain? rest) => rest is null || (rest.Head is Maybe && MayEnd(rest.Tail));

    /// <summary>What may come next, and what is then still to come.</summary>
    public static IEnumerable<(Part Part, Chain? Then)> Next(Chain? rest) => rest switch
    {
        null => [],
        { Head: Maybe maybe, Tail: var tail } =>
        [
            .. maybe.Groups.SelectMany(g => Next(Of(g, maybe.Groups.Count == 1 ? tail
                : new Chain(new Maybe([.. maybe.Groups.Where(other => other != g)]), tail)))),
            .. Next(tail),
        ],
        { Head: Value { Many: true } value, Tail: var tail } => [(value, new Chain(new Maybe([[value]]), tail))],
        _ => [(rest.Head, rest.Tail)],
    };
}
