using System.Globalization;
using System.Text;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Node.Flakes;
using YamlDotNet.RepresentationModel;

namespace Holm.Node.Metadata;

/// <summary>
/// <c>metadata.yaml</c> of LXD's images, checked: what this node cannot honour is refused when the image is imported, not when it starts.
/// </summary>
/// <remarks>LXD 5.0.2, doc/image-handling.md; its error texts are those of lxd/images.go and shared/osarch.</remarks>
internal static class MetadataYaml
{
    private const string Where = "metadata.yaml";

    /// <summary>Names of machines as LXD has them, and what else they are called.</summary>
    private static readonly Dictionary<string, string[]> Machines = new(StringComparer.Ordinal)
    {
        ["i686"] = ["i386", "i586", "386", "x86", "generic_32"],
        ["x86_64"] = ["amd64", "generic_64"],
        ["armv7l"] = ["armel", "armhf", "arm", "armhfp", "armv7a_hardfp", "armv7", "armv7a_vfpv3_hardfp"],
        ["aarch64"] = ["arm64", "arm64_generic"],
        ["ppc"] = ["powerpc"],
        ["ppc64"] = ["powerpc64", "ppc64"],
        ["ppc64le"] = ["ppc64el"],
        ["s390x"] = ["mainframe"],
        ["mips"] = ["mipsel", "mipsle"],
        ["mips64"] = ["mips64el", "mips64le"],
        ["riscv32"] = [],
        ["riscv64"] = [],
    };

    /// <summary>Reads one, and the templates beside it, by name.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static ImageMetadata Read(string text, IReadOnlyDictionary<string, string> templates)
    {
        var documents = Yaml.Load(text, Where);
        var said = documents.Count == 0 ? [] : Yaml.Entries(documents[0], Where).DistinctBy(e => e.Key)
            .ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);
        var metadata = new ImageMetadata
        {
            Architecture = MachineOf(Text(said, "architecture")),
            CreationDate = Date(said, "creation_date"),
            ExpiryDate = Date(said, "expiry_date"),
            Properties = Map(said, "properties"),
            Templates = Templates(said),
        };
        if (metadata.CreationDate == 0)
            throw new Refusal(400, "Missing creation date");
        Api.ImageRoutes.CheckProperties(metadata.Properties);
        foreach (var (path, template) in metadata.Templates)
            TemplateText.Read(template.Template, templates.GetValueOrDefault(template.Template) ??
                throw new Refusal(400, $"{Where}: the template of {Names.Show(path)} is not in templates/; put it there"));
        return metadata;
    }

    /// <summary>Writes one; strings are quoted as JSON has it, which YAML reads.</summary>
    public static string Write(ImageMetadata metadata)
    {
        var text = new StringBuilder();
        void Map(int depth, string name, IReadOnlyDictionary<string, string> map)
        {
            var indent = new string(' ', depth);
            text.Append(indent).Append(name).Append(map.Count == 0 ? ": {}\n" : ":\n");
            foreach (var (key, value) in map.OrderBy(m => m.Key, StringComparer.Ordinal))
                text.Append(indent).Append("  ").Append(Quoted(key)).Append(": ").Append(Quoted(value)).Append('\n');
        }
        text.Append(CultureInfo.InvariantCulture, $"architecture: {Quoted(metadata.Architecture)}\n");
        text.Append(CultureInfo.InvariantCulture, $"creation_date: {metadata.CreationDate}\nexpiry_date: {metadata.ExpiryDate}\n");
        Map(0, "properties", metadata.Properties);
        text.Append(metadata.Templates.Count == 0 ? "templates: {}\n" : "templates:\n");
        foreach (var (path, template) in metadata.Templates.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            var when = string.Join(", ", template.When.Select(Quoted));
            text.Append(CultureInfo.InvariantCulture, $"  {Quoted(path)}:\n    when: [{when}]\n");
            text.Append(CultureInfo.InvariantCulture, $"    create_only: {(template.CreateOnly ? "true" : "false")}\n");
            text.Append(CultureInfo.InvariantCulture, $"    template: {Quoted(template.Template)}\n");
            Map(4, "properties", template.Properties);
        }
        return text.ToString();
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text, ContractJson.Default.String);

    private static string MachineOf(string said)
    {
        var name = Machines.FirstOrDefault(m => m.Key == said || m.Value.Contains(said)).Key ??
            throw new Refusal(400, $"Architecture isn't supported: {Names.Show(said).Trim('"')}");
        // What 64 bits run, 32 do as well.
        var runs = InitProbe.Architecture switch
        {
            "x86_64" => name is "x86_64" or "i686",
            "aarch64" => name is "aarch64" or "armv7l",
            var own => name == own,
        };
        return runs ? name
            : throw new Refusal(400, $"the image is for {name}, this node is {InitProbe.Architecture}; import one that was made for it");
    }

    private static string Text(Dictionary<string, YamlNode> said, string key) =>
        said.TryGetValue(key, out var node) && !Yaml.IsNull(node) ? Yaml.Word(node, Where) : "";

    private static long Date(Dictionary<string, YamlNode> said, string key)
    {
        var text = Text(said, key);
        if (text.Length == 0)
            return 0;
        // Until the year 9999.
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) &&
            seconds is >= 0 and <= 253402300799 ? seconds
            : throw Yaml.Wrong(Where, said[key].Start, $"{key} is a number of seconds since 1970, not {Names.Show(text)}");
    }

    private static Dictionary<string, string> Map(Dictionary<string, YamlNode> said, string key)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!said.TryGetValue(key, out var node) || Yaml.IsNull(node))
            return map;
        foreach (var (name, value) in Yaml.Entries(node, Where))
            map[name] = Yaml.IsNull(value) ? "" : Yaml.Word(value, Where);
        return map;
    }

    private static Dictionary<string, ImageTemplate> Templates(Dictionary<string, YamlNode> said)
    {
        var templates = new Dictionary<string, ImageTemplate>(StringComparer.Ordinal);
        if (!said.TryGetValue("templates", out var node) || Yaml.IsNull(node))
            return templates;
        foreach (var (path, value) in Yaml.Entries(node, Where))
        {
            if (path.Length is < 2 or > 1024 || path[0] != '/' || path.Any(char.IsControl) || path[^1] == '/' ||
                path.Split('/').Any(p => p is "." or ".."))
                throw Yaml.Wrong(Where, value.Start, $"template path {Names.Show(path)} is no absolute path of a file");
            templates[path] = Template(path, value);
        }
        return templates.Count <= 256 ? templates
            : throw new Refusal(400, $"{Where}: {templates.Count} templates are too many, 256 are allowed");
    }

    private static ImageTemplate Template(string path, YamlNode node)
    {
        var said = Yaml.Entries(node, Where).DistinctBy(e => e.Key).ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);
        if (said.Keys.FirstOrDefault(k => k is "uid" or "gid" or "mode") is { } owner)
            throw Yaml.Wrong(Where, said[owner].Start, $"template {Names.Show(path)}: {owner} is Incus's, and not honoured by this node");
        var when = said.TryGetValue("when", out var list) && !Yaml.IsNull(list) ? Yaml.Words(list, Where) : [];
        // LXD passes over triggers it does not know; rename stands in its own example.
        return new ImageTemplate
        {
            When = when,
            CreateOnly = said.TryGetValue("create_only", out var only) && Yaml.Switch(only, Where),
            Template = Text(said, "template"),
            Properties = Map(said, "properties"),
        };
    }
}
