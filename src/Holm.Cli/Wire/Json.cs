using System.Text.Json;

namespace Holm.Cli.Wire;

/// <summary>
/// Looks into JSON member by member, where a verb must be quick: the serializer's preparations for one type more cost a third of a
/// millisecond. What is missing, or of another kind, is nothing.
/// </summary>
internal static class Json
{
    /// <summary>A whole document, and nothing behind it.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        var element = JsonElement.ParseValue(ref reader);
        return reader.Read() ? throw new JsonException("something follows the document") : element;
    }

    /// <summary>A member of an object, or an undefined element.</summary>
    public static JsonElement Member(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value : default;

    /// <summary>A member that is text, or empty.</summary>
    public static string Text(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    /// <summary>A member that is a whole number, or null.</summary>
    public static int? Number(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;
}
