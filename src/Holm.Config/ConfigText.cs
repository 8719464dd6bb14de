using System.Text;

namespace Holm.Config;

/// <summary>Writes a document as CLI text: what <c>show running-config</c> prints, and what can be pasted back.</summary>
/// <remarks>
/// <code>
/// resources cpu 30 memory 50
/// https :8443
/// registry docker.io search mirrors 10.0.0.5:5000
/// registry 10.0.0.5:5000 insecure
/// pool fast dir
///     config source /mnt/ssd/apps
/// end
/// profile default
///     device root disk path=/ pool=default
/// end
/// app web netbox
///     created 2026-11-23T08:00:00.0000000Z
///     description "the shop's front door"
///     enable
///     environment GREETING "hello island"
///     cmd "/bin/httpd -f"
///     config limits.memory 64MiB
///     share veth web as eth0
///     share path /usb as /mnt optional
///     profile default
/// end
/// iface web
///     inet 10.0.0.1/24
///     dhcp-server 10.0.0.10 10.0.0.20
/// end
/// </code>
/// Any order of lines inside a block is read; what is not written holds its default. <see cref="ConfigReader"/> reads it. A block of
/// <c>iface</c> belongs to the app above it.
/// </remarks>
public static class ConfigText
{
    /// <summary>The document's one text; equal documents have equal texts.</summary>
    public static string Write(Document document)
    {
        var text = new StringBuilder();
        foreach (var name in Objects(document))
            BlockWriter.Write(text, document, name);
        return text.ToString();
    }

    /// <summary>Names of the objects in the order of the text: <c>resources</c>, <c>profile default</c>, <c>app foo</c>.</summary>
    public static IEnumerable<string> Objects(Document document) =>
    [
        .. document.Resources == Resources.Default ? [] : (string[])["resources"],
        .. document.Https is null ? [] : (string[])["https"],
        .. document.Registries.Keys.Select(n => $"registry {Words.Quote(n)}"),
        .. document.Pools.Keys.Select(n => $"pool {n}"),
        .. document.Profiles.Keys.Select(n => $"profile {Words.Quote(n)}"), .. document.Networks.Keys.Select(n => $"network {n}"),
        .. document.Instances.Keys.Select(n => $"app {n}"),
    ];

    /// <summary>The text of one object, with all that belongs to it; empty when there is none of that name.</summary>
    /// <param name="document">Where it is looked up.</param>
    /// <param name="name">As in <see cref="Objects"/>.</param>
    public static string Block(Document document, string name)
    {
        var text = new StringBuilder();
        BlockWriter.Write(text, document, name);
        return text.ToString();
    }

    /// <summary>Reads a document whole.</summary>
    /// <exception cref="Contract.Refusal">400, with the number of the line that is wrong.</exception>
    public static Document Read(string text) => ConfigReader.Read(text);

    /// <summary>Reads what can be read: an object with a wrong line is left out whole, and the problems are told.</summary>
    public static (Document Document, IReadOnlyList<string> Problems) Salvage(string text) => ConfigReader.Salvage(text);

    /// <summary>Adds the objects of a text to a document. How they fit together is not looked at.</summary>
    /// <exception cref="Contract.Refusal">400, with the number of the line that is wrong.</exception>
    public static Document ReadOnto(Document document, string text) => ConfigReader.ReadOnto(document, text);

    internal const string EnvironmentPrefix = "environment.";
}
