using System.Text;
using Holm.Config;
using Holm.Contract;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Holm.Node.Flakes;

/// <summary>
/// YAML that somebody else wrote, taken as plain mappings, lists and words: no anchors, no aliases, no tags, and bounded.
/// </summary>
/// <remarks>
/// Of YamlDotNet only the parser and <see cref="YamlStream"/> are used: its deserializer needs reflection. The events are looked at first,
/// so that nothing nests deeper than the call stack and no alias grows into gigabytes.
/// </remarks>
internal static class Yaml
{
    private const int BytesMax = 256 * 1024, DepthMax = 16;

    /// <summary>The documents of a text; an empty text has none.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="where">Name for messages.</param>
    /// <exception cref="Refusal">400: it is no such YAML; the line is named.</exception>
    public static IReadOnlyList<YamlMappingNode> Load(string text, string where)
    {
        if (Encoding.UTF8.GetByteCount(text) > BytesMax)
            throw new Refusal(400, $"read {where}: it is longer than {BytesMax / 1024} KiB");
        try
        {
            Check(text, where);
            var stream = new YamlStream();
            using var reader = new StringReader(text);
            stream.Load(reader);
            return [.. stream.Documents.Select(d => d.RootNode).Where(n => !IsNull(n)).Select(n => Map(n, where))];
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // YamlStream's own, where the parser lets pass what is no node.
            throw new Refusal(400, $"read {where}: it is not YAML: {Names.Show(e.Message)}", e);
        }
        catch (YamlException e)
        {
            throw Wrong(where, e.Start, $"it is not YAML: {Names.Show((e.InnerException ?? e).Message)}", e);
        }
    }

    /// <summary>True for an empty value, <c>~</c> and <c>null</c>.</summary>
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>A mapping.</summary>
    public static YamlMappingNode Map(YamlNode node, string where) =>
        node as YamlMappingNode ?? throw Wrong(where, node.Start, "a mapping (KEY: VALUE) is wanted here");

    /// <summary>The keys of a mapping and what stands at each.</summary>
    public static IEnumerable<(string Key, YamlNode Value)> Entries(YamlNode node, string where) =>
        Map(node, where).Children.Select(c => (Word(c.Key, where), c.Value));

    /// <summary>One word or number, as it is written.</summary>
    public static string Word(YamlNode node, string where) => node is YamlScalarNode { Value: { } value } && !IsNull(node)
        ? value : throw Wrong(where, node.Start, "one word or text is wanted here");

    /// <summary>A list of words.</summary>
    public static IReadOnlyList<string> Words(YamlNode node, string where) => [.. Items(node, where).Select(n => Word(n, where))];

    /// <summary>A list.</summary>
    public static IEnumerable<YamlNode> Items(YamlNode node, string where) =>
        node as YamlSequenceNode ?? throw Wrong(where, node.Start, "a list (- VALUE) is wanted here");

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static bool Switch(YamlNode node, string where) => Word(node, where) switch
    {
        "true" => true,
        "false" => false,
        var other => throw Wrong(where, node.Start, $"{Names.Show(other)} is neither true nor false"),
    };

    /// <summary>A refusal that names the line.</summary>
    public static Refusal Wrong(string where, Mark at, string why, Exception? cause = null) =>
        new(400, $"read {where}, line {at.Line}: {why}", cause);

    private static void Check(string text, string where)
    {
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        for (var depth = 0; parser.MoveNext();)
        {
            var now = parser.Current!;
            depth += now.NestingIncrease;
            if (depth > DepthMax)
                throw Wrong(where, now.Start, $"it nests deeper than {DepthMax}");
            if (now is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
                throw Wrong(where, now.Start, "anchors and aliases are not taken; write the value where it is wanted");
            if (now is NodeEvent { Tag.IsEmpty: false })
                throw Wrong(where, now.Start, "tags are not taken");
        }
    }
}
