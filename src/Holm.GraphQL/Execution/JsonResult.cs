using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Holm.GraphQL.Execution;

/// <summary>Results to JSON, without reflection; and JSON to what variables are made of.</summary>
internal static class JsonResult
{
    /// <summary>A value: what execution made, or what a scalar made of it.</summary>
    public static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case ResultMap map:
                json.WriteStartObject();
                for (var i = 0; i < map.Keys.Count; i++)
                {
                    json.WritePropertyName(map.Keys[i]);
                    Write(json, map.Values[i]);
                }
                json.WriteEndObject();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool boolean:
                json.WriteBooleanValue(boolean);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case long or short or byte or uint or ushort or sbyte:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case decimal number:
                json.WriteNumberValue(number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case JsonElement element:
                element.WriteTo(json);
                break;
            case IReadOnlyDictionary<string, object?> map:
                json.WriteStartObject();
                foreach (var (key, member) in map)
                {
                    json.WritePropertyName(key);
                    Write(json, member);
                }
                json.WriteEndObject();
                break;
            case IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items)
                    Write(json, item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>An error, its members in the order of spec 7.1.2.</summary>
    public static void Write(Utf8JsonWriter json, GraphQLError error)
    {
        json.WriteStartObject();
        json.WriteString("message", error.Message);
        if (error.Locations.Count > 0)
        {
            json.WriteStartArray("locations");
            foreach (var (line, column) in error.Locations)
            {
                json.WriteStartObject();
                json.WriteNumber("line", line);
                json.WriteNumber("column", column);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (error.Path is not null)
        {
            json.WritePropertyName("path");
            Write(json, error.Path);
        }
        if (error.Extensions is { Count: > 0 })
        {
            json.WritePropertyName("extensions");
            Write(json, error.Extensions);
        }
        json.WriteEndObject();
    }

    /// <summary>JSON as null, string, bool, long, double, list or map.</summary>
    public static object? Plain(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number when element.TryGetInt64(out var whole) => whole,
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.Array => element.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.Object => Map(element),
        _ => null,
    };

    /// <summary>An object of JSON as a map; of members with one name the last counts.</summary>
    public static Dictionary<string, object?> Map(JsonElement element)
    {
        Dictionary<string, object?> map = [];
        foreach (var member in element.EnumerateObject())
            map[member.Name] = Plain(member.Value);
        return map;
    }
}
