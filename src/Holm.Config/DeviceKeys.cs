using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>Reads the values that devices of many types have; an empty one is one that is not there.</summary>
internal static class DeviceKeys
{
    /// <summary>A value, or null.</summary>
    public static string? Text(ImmutableSortedDictionary<string, string> keys, string key) =>
        keys.GetValueOrDefault(key) is { Length: > 0 } text ? text : null;

    /// <summary>A whole number, or null.</summary>
    /// <exception cref="Refusal">400: none, or a larger one.</exception>
    public static uint? Number(string device, ImmutableSortedDictionary<string, string> keys, string key, uint most) =>
        Text(keys, key) is not { } text ? null
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number
            : throw new Refusal(400, $"device {device}: {key} {Names.Show(text)} is not allowed; it takes a number from 0 to {most}");

    /// <summary>Permission bits, octal.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static uint Mode(string device, ImmutableSortedDictionary<string, string> keys, uint otherwise)
    {
        if (Text(keys, "mode") is not { } text)
            return otherwise;
        if (text.Length is < 3 or > 4 || text.Any(c => c is < '0' or > '7') || Convert.ToUInt32(text, 8) is var mode && mode > 0x1ff)
            throw new Refusal(400, $"device {device}: mode {Names.Show(text)} is not allowed; it takes permissions such as 0660");
        return mode;
    }

    /// <summary>Refuses keys that a type does not take.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void RefuseOthers(string device, ImmutableSortedDictionary<string, string> keys, IReadOnlyList<string> known)
    {
        if (keys.Keys.FirstOrDefault(k => !known.Contains(k)) is { } other)
            throw new Refusal(400, $"device {device}: key {Names.Show(other)} is not known for type {keys["type"]}; it takes " +
                string.Join(", ", known));
    }
}
