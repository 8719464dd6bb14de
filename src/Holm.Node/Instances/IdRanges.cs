using System.Globalization;
using Holm.Config;

namespace Holm.Node.Instances;

/// <summary>
/// Gives each instance with <c>security.idmap.isolated</c> a range of 65536 host ids of its own, recorded in its
/// <c>volatile.idmap.base</c> (LXD's key), so that its kept files stay its own.
/// </summary>
public static class IdRanges
{
    /// <summary>Ranges of a node besides the shared one.</summary>
    public const int Count = 255;

    /// <summary>The same document, with a range recorded where one is missing.</summary>
    /// <param name="document">As written.</param>
    /// <param name="first">First id of the node's region; its first range is the shared one.</param>
    public static Document Assign(Document document, uint first)
    {
        foreach (var instance in document.Instances.Values)
        {
            var config = Expansion.Expand(document, instance).Config;
            if (!Keys.IsTrue(config.GetValueOrDefault("security.idmap.isolated")))
                continue;
            var taken = document.Instances.Values.Where(i => i.Name != instance.Name)
                .Select(i => i.Config.GetValueOrDefault(SpecReader.IdmapKey)).ToHashSet();
            // A key that came with a copied configuration may say anything.
            if (instance.Config.GetValueOrDefault(SpecReader.IdmapKey) is { } own && Parse(own, first) is not null && !taken.Contains(own))
                continue;
            var free = Enumerable.Range(1, Count)
                .Select(slot => (first + ((uint)slot << 16)).ToString(CultureInfo.InvariantCulture))
                .FirstOrDefault(text => !taken.Contains(text));
            if (free is not null)
                document = document.With(instance with { Config = instance.Config.SetItem(SpecReader.IdmapKey, free) });
        }
        return document;
    }

    /// <summary>The recorded range, when it is one of those this node gives; else null: 0, say, would be the host's own root.</summary>
    public static uint? Parse(string? text, uint first) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var start) && start > first && (start & 0xffff) == 0 &&
        start - first <= (uint)Count << 16 ? start : null;
}
