using Holm.Config;
using Holm.Contract;
using YamlDotNet.RepresentationModel;

namespace Holm.Node.Flakes;

/// <summary>Reads the YAML of flake-pilot's registrations (<c>/usr/share/flakes/NAME.yaml</c> and <c>NAME.d/*</c>). Pure.</summary>
/// <remarks>
/// As flake-pilot has it, a section of a later text replaces the same section of an earlier one whole. What cannot be taken is left out and
/// told, key by key, but for what would make it another flake: then nothing is taken.
/// </remarks>
public static class FlakePilotText
{
    /// <summary>True when a text is one of flake-pilot's.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="where">Name for messages.</param>
    /// <exception cref="Refusal">400: it is not YAML.</exception>
    public static bool Is(string text, string where) => Yaml.Load(text, where).SelectMany(d => Yaml.Entries(d, where))
        .Any(e => e.Key is "container" or "vm" or "sandbox" || (e.Key == "include" && e.Value is YamlMappingNode));

    /// <summary>The flake in these documents.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">YAML; the drop-ins are documents after the first.</param>
    /// <param name="where">Name for messages.</param>
    /// <exception cref="Refusal">400: nothing of it can be taken; the sentence says why.</exception>
    public static FlakeImport Read(string name, string text, string where)
    {
        var sections = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var document in Yaml.Load(text, where))
            foreach (var (key, value) in Yaml.Entries(document, where))
                sections[key] = value;
        var notes = new Notes(where);
        foreach (var (section, engine) in ((string, string)[])[("vm", "a virtual machine (firecracker)"), ("sandbox", "bubblewrap")])
            if (sections.ContainsKey(section))
                throw new Refusal(400, $"import {where}: it runs in {engine}; this node runs containers, so it is not taken");
        if (!sections.TryGetValue("container", out var container))
            throw new Refusal(400, $"import {where}: it has no section container");
        var flake = new Flake { Name = name };
        foreach (var (key, value) in sections)
            if (key == "include" && !Yaml.IsNull(value))
                flake = Include(flake, value, notes);
            else if (key is not ("include" or "container"))
                notes.Left(key, "it is not known");
        flake = Container(flake, container, notes);
        return new FlakeImport { Flake = flake, Taken = notes.TakenKeys, NotTaken = notes.LeftKeys };
    }

    private static Flake Include(Flake flake, YamlNode section, Notes notes)
    {
        foreach (var (key, value) in Yaml.Entries(section, notes.Where))
            if (Yaml.IsNull(value))
                continue;
            else if (key == "tar")
                flake = flake with { IncludeTar = notes.Words("include.tar", value) };
            else if (key == "path")
                flake = flake with { IncludePath = notes.Words("include.path", value) };
            else
                notes.Left("include." + key, "it is not known");
        return flake;
    }

    private static Flake Container(Flake flake, YamlNode section, Notes notes)
    {
        string? host = null, target = null;
        YamlNode? runtime = null;
        foreach (var (key, value) in Yaml.Entries(section, notes.Where))
        {
            if (Yaml.IsNull(value))
                continue;
            var at = "container." + key;
            switch (key)
            {
                case "name": flake = flake with { Image = notes.Word(at, value) }; break;
                case "host_app_path": host = notes.Word(at, value); break;
                case "target_app_path": target = notes.Word(at, value); break;
                case "base_container": flake = flake with { Base = notes.Word(at, value) }; break;
                case "layers": flake = flake with { Layers = notes.Words(at, value) }; break;
                case "check_host_dependencies": flake = flake with { HostDependencies = notes.Switch(at, value) }; break;
                case "runtime": runtime = value; break;
                default: notes.Left(at, "it is not known"); break;
            }
        }
        if (host is null)
            throw new Refusal(400, $"import {notes.Where}: container.host_app_path is missing");
        // Without a target flake-pilot calls what has the command's own path.
        flake = flake with { Commands = new Dictionary<string, string> { [host] = target ?? host } };
        return runtime is null ? flake : Runtime(flake, runtime, notes);
    }

    private static Flake Runtime(Flake flake, YamlNode section, Notes notes)
    {
        var hasNetwork = false;
        foreach (var (key, value) in Yaml.Entries(section, notes.Where))
        {
            if (Yaml.IsNull(value))
                continue;
            var at = "container.runtime." + key;
            switch (key)
            {
                case "resume" or "attach":
                    flake = notes.Switch(at, value) ? flake with { Life = key } : flake;
                    break;
                case "pilot_options":
                    flake = flake with { PilotOptions = notes.Words(at, value) };
                    break;
                case "podman":
                    foreach (var option in Yaml.Words(value, notes.Where))
                        flake = Podman(flake, at, option, notes, ref hasNetwork);
                    break;
                case "runas":
                    notes.Left(at, "a flake runs unprivileged whoever calls it; `--run-as` says who it is inside");
                    break;
                default:
                    notes.Left(at, "it is not known");
                    break;
            }
        }
        if (!hasNetwork)
            notes.Left("network", "podman's usual network is a bridge of its own, the flake's is the host's; `network: nat` sets it apart");
        return flake;
    }

    private static Flake Podman(Flake flake, string at, string option, Notes notes, ref bool hasNetwork)
    {
        try
        {
            var with = PodmanOptions.Add(flake, option);
            hasNetwork |= option.Contains("--net", StringComparison.Ordinal);
            notes.Taken($"{at}: {option}");
            return with;
        }
        catch (FormatException e)
        {
            notes.Left($"{at}: {option}", e.Message);
            return flake;
        }
    }

    /// <summary>What was taken and what was not, as it is read.</summary>
    private sealed class Notes(string where)
    {
        public string Where => where;

        public List<string> TakenKeys { get; } = [];

        public List<string> LeftKeys { get; } = [];

        public void Taken(string key) => TakenKeys.Add(key);

        public void Left(string key, string why) => LeftKeys.Add($"{key}: {why}");

        public string Word(string key, YamlNode node)
        {
            Taken(key);
            return Yaml.Word(node, where);
        }

        public IReadOnlyList<string> Words(string key, YamlNode node)
        {
            Taken(key);
            return Yaml.Words(node, where);
        }

        public bool Switch(string key, YamlNode node)
        {
            Taken(key);
            return Yaml.Switch(node, where);
        }
    }
}
