using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Holm.Config;

/// <summary>Writes a document as CLI text: what <c>show running-config</c> prints, and what can be pasted back.</summary>
/// <remarks>
/// <code>
/// resources cpu 30 memory 50
/// profile default
///     device root disk path=/ pool=default
/// end
/// app web netbox
///     description "the shop's front door"
///     created 2026-11-23T08:00:00.0000000Z
///     enable
///     cmd "/bin/httpd -f"
///     environment GREETING "hello island"
///     config limits.memory 64MiB
///     profile default
/// end
/// </code>
/// Any order of lines inside a block is read; what is not written holds its default. <see cref="ConfigReader"/> reads it.
/// </remarks>
public static class ConfigText
{
    private const string Indent = "    ";

    /// <summary>The document's one text; equal documents have equal texts.</summary>
    public static string Write(Document document)
    {
        var text = new StringBuilder();
        if (document.Resources != Resources.Default)
            Line(text, "", ["resources", .. document.Resources.Words]);
        foreach (var profile in document.Profiles.Values)
        {
            Line(text, "", "profile", profile.Name);
            WriteParts(text, profile.Description, profile.Config, profile.Devices);
            text.Append("end\n");
        }
        foreach (var network in document.Networks.Values)
        {
            Line(text, "", "network", network.Name);
            WriteParts(text, network.Description, network.Config, Maps.Empty<ImmutableSortedDictionary<string, string>>());
            text.Append("end\n");
        }
        foreach (var instance in document.Instances.Values)
            Write(text, instance);
        return text.ToString();
    }

    /// <summary>Reads a document whole.</summary>
    /// <exception cref="Contract.Refusal">400, with the number of the line that is wrong.</exception>
    public static Document Read(string text) => ConfigReader.Read(text);

    /// <summary>Reads what can be read: an object with a wrong line is left out whole, and the problems are told.</summary>
    public static (Document Document, IReadOnlyList<string> Problems) Salvage(string text) => ConfigReader.Salvage(text);

    private static void Write(StringBuilder text, InstanceConfig instance)
    {
        Line(text, "", "app", instance.Name, instance.Image);
        if (instance.CreatedAt != default)
            Line(text, Indent, "created", instance.CreatedAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        if (instance.Ephemeral)
            Line(text, Indent, "ephemeral");
        WriteParts(text, instance.Description, instance.Config, instance.Devices);
        if (instance.Profiles.Count == 0)
            Line(text, Indent, "no", "profile");
        foreach (var profile in instance.Profiles)
            Line(text, Indent, "profile", profile);
        text.Append("end\n");
    }

    private static void WriteParts(StringBuilder text, string description, ImmutableSortedDictionary<string, string> config,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> devices)
    {
        if (description.Length > 0)
            Line(text, Indent, "description", description);
        foreach (var (key, value) in config)
        {
            switch (key, value)
            {
                case ("boot.autostart", "true"):
                    Line(text, Indent, "enable");
                    break;
                case ("boot.autostart", "false"):
                    Line(text, Indent, "no", "enable");
                    break;
                case ("init.cmd", _):
                    Line(text, Indent, "cmd", value);
                    break;
                case var _ when key.StartsWith(EnvironmentPrefix, StringComparison.Ordinal):
                    Line(text, Indent, "environment", key[EnvironmentPrefix.Length..], value);
                    break;
                default:
                    Line(text, Indent, "config", key, value);
                    break;
            }
        }
        foreach (var (name, device) in devices)
        {
            Line(text, Indent, ["device", name, device.GetValueOrDefault("type", ""),
                .. device.Where(k => k.Key != "type").Select(k => $"{k.Key}={k.Value}")]);
        }
    }

    private static void Line(StringBuilder text, string indent, params ReadOnlySpan<string> words)
    {
        text.Append(indent);
        for (var i = 0; i < words.Length; i++)
            text.Append(i == 0 ? "" : " ").Append(Words.Quote(words[i]));
        text.Append('\n');
    }

    internal const string EnvironmentPrefix = "environment.";
}
