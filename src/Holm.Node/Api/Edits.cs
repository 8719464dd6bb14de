using System.Collections.Immutable;
using Holm.Config;

namespace Holm.Node.Api;

/// <summary>What PUT, POST and PATCH do to maps of keys and lists of names.</summary>
internal static class Edits
{
    /// <summary>The whole new map. An empty value unsets a key, but for a variable of the environment, which may be empty.</summary>
    public static ImmutableSortedDictionary<string, string> Whole(Dictionary<string, string>? given)
    {
        var map = Maps.From(given);
        return map.RemoveRange(map.Where(p => p.Value.Length == 0 && !p.Key.StartsWith("environment.", StringComparison.Ordinal))
            .Select(p => p.Key));
    }

    /// <summary>The whole new map of a network; an empty value unsets whatever key it is of.</summary>
    public static ImmutableSortedDictionary<string, string> Filled(Dictionary<string, string>? given) =>
        Maps.From(given?.Where(p => !string.IsNullOrEmpty(p.Value)));

    /// <summary>As <see cref="Whole"/>, but what only Holm writes stays when the caller leaves it out.</summary>
    public static ImmutableSortedDictionary<string, string> Replace(
        ImmutableSortedDictionary<string, string> old, Dictionary<string, string>? given) =>
        Maps.From(old.Where(p => IsOurs(p.Key))).SetItems(Whole(given));

    /// <summary>Devices as they are given; an empty value unsets a key.</summary>
    public static ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Devices(
        Dictionary<string, Dictionary<string, string>>? given) =>
        Maps.Empty<ImmutableSortedDictionary<string, string>>().SetItems(
            (given ?? []).Select(d => KeyValuePair.Create(d.Key, Filled(d.Value))));

    /// <summary>Merges; an empty value unsets a key.</summary>
    public static ImmutableSortedDictionary<string, string> Merge(
        ImmutableSortedDictionary<string, string> old, IEnumerable<KeyValuePair<string, string>>? given)
    {
        foreach (var (key, value) in given ?? [])
            old = string.IsNullOrEmpty(value) ? old.Remove(key) : old.SetItem(key, value);
        return old;
    }

    /// <summary>The names in a list; a null among them is the empty name, which no rule lets pass.</summary>
    public static ImmutableList<string> Listed(List<string> given) => [.. given.Select(name => name ?? "")];

    private static bool IsOurs(string key) =>
        key.StartsWith("volatile.", StringComparison.Ordinal) || key.StartsWith("image.", StringComparison.Ordinal);
}
