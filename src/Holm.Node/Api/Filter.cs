using System.Text.Json;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>
/// LXD's filter: <c>status eq Running and not config.user.x eq "a b"</c>; <c>and</c> and <c>or</c> bind alike, from the left.
/// </summary>
/// <remarks>Source: LXD's <c>doc/rest-api.md</c>, "Filtering".</remarks>
internal sealed class Filter
{
    private readonly List<(bool Or, bool Not, string Field, bool Equal, string Value)> _clauses = [];

    private Filter()
    {
    }

    /// <summary>Reads a filter; empty text lets everything through.</summary>
    /// <exception cref="Refusal">400, saying what is not understood.</exception>
    public static Filter Parse(string text)
    {
        var words = Split(text);
        var filter = new Filter();
        for (var at = 0; at < words.Count;)
        {
            var or = false;
            if (at > 0)
            {
                or = words[at] switch
                {
                    "and" => false,
                    "or" => true,
                    var other => throw new Refusal(400, $"filter: {Names.Show(other)} stands where and, or are wanted"),
                };
                at++;
            }
            var not = at < words.Count && words[at] == "not";
            at += not ? 1 : 0;
            if (at + 3 > words.Count || words[at + 1] is not ("eq" or "ne"))
                throw new Refusal(400, "filter: a clause is FIELD eq VALUE or FIELD ne VALUE");
            filter._clauses.Add((or, not, words[at], words[at + 1] == "eq", words[at + 2]));
            at += 3;
        }
        return filter;
    }

    /// <summary>True when there is nothing to filter by.</summary>
    public bool IsEmpty => _clauses.Count == 0;

    /// <summary>True when the object, as clients would see it, passes.</summary>
    public bool Passes(JsonElement shown)
    {
        var result = true;
        foreach (var (or, not, field, equal, value) in _clauses)
        {
            // As LXD: status=running finds what is Running.
            var one = (Find(shown, field).Equals(value, StringComparison.OrdinalIgnoreCase) == equal) != not;
            result = or ? result || one : result && one;
        }
        return result;
    }

    // Keys hold dots themselves, so at each level the whole rest is tried first.
    private static string Find(JsonElement at, string path)
    {
        if (at.ValueKind != JsonValueKind.Object)
            return "";
        if (at.TryGetProperty(path, out var whole))
            return whole.ValueKind == JsonValueKind.String ? whole.GetString()! : whole.GetRawText();
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && at.TryGetProperty(path[..dot], out var inner) ? Find(inner, path[(dot + 1)..]) : "";
    }

    private static List<string> Split(string text)
    {
        var words = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }
            var quoted = text[at] == '"';
            var end = text.IndexOf(quoted ? '"' : ' ', at + 1);
            if (end < 0 && quoted)
                throw new Refusal(400, "filter: a quote is not closed");
            end = end < 0 ? text.Length : end;
            words.Add(text[(quoted ? at + 1 : at)..end]);
            at = end + 1;
        }
        return words;
    }
}
