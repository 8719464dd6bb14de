using System.CommandLine;
using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app create NAME [IMAGE]</c></summary>
internal static class AppCreate
{
    private static readonly Argument<string> Name = Parts.One("NAME", "name of the new app: letters, digits, dashes");
    private static readonly Argument<string?> Image = Parts.Maybe("IMAGE", "alias of its image (standard: NAME)", LiveNames.Images);
    private static readonly Option<string?> Pool =
        Parts.Value("--pool", "POOL", "pool it writes to: ram (gone at each stop), default (kept) or any other (standard: ram)",
            LiveNames.Pools);
    private static readonly Option<string?> Size = Parts.Value("--size", "SIZE", "how much it may write, for example 64MiB");
    private static readonly Option<string?> Description = Parts.Value("--description", "TEXT", "free text");
    private static readonly Option<string[]> Config = Parts.Values("--config", "KEY=VALUE", "a config key; may be given several times",
        LiveNames.Keys);
    private static readonly Option<string[]> Profile = Parts.Values("--profile", "PROFILE", "a profile; may be given several times",
        LiveNames.Profiles);
    private static readonly Option<bool> NoEnable = Parts.Switch("--no-enable", "do not start it at boot");
    private static readonly Option<bool> NoPartition = Parts.Switch("--no-partition", "let it stand outside the part for apps");
    private static readonly Option<bool> Pin = Parts.Switch("--pin", "keep today's image even when the alias moves on");
    private static readonly Option<bool> Ephemeral = Parts.Switch("--ephemeral", "delete it as it stops");
    private static readonly Option<bool> Start = Parts.Switch("--start", "start it now");

    public static Verb Build() => new("create", "make an app from an image",
        Name, Image, Pool, Size, Description, Config, Profile, NoEnable, NoPartition, Pin, Ephemeral, Start)
    {
        More = "The app follows its image alias: it takes the image that the alias names each time it starts. It starts at boot "
            + "(boot.autostart=true, unless --no-enable) and again after a failure (boot.autorestart=true). It shares the node's part for "
            + "apps (limits.partition=apps, unless --no-partition; see holm resources). Creating does not start it.",
        Examples = ["holm app create web netbox --start",
            "holm app create db netbox --pool default --size 1GiB --config limits.memory=128MiB"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var name = line.GetRequiredValue(Name);
        var image = line.GetValue(Image) ?? name;
        _ = Names.Instance(name);
        var request = new InstancesPost
        {
            Name = name,
            Description = line.GetValue(Description) ?? "",
            Profiles = [.. line.GetValue(Profile) ?? []],
            Ephemeral = line.GetValue(Ephemeral),
            Start = line.GetValue(Start),
            Config = Keys(line),
            Devices = new() { ["root"] = Root(line) },
            Source = Source(line, caller, name, image),
        };
        caller.Finish(caller.Node.Send("POST", "/1.0/instances", request, ContractJson.Default.InstancesPost), $"creating app {name}");
        return ExitCodes.Ok;
    }

    private static Dictionary<string, string> Keys(ParseResult line)
    {
        var keys = Names.Pairs(line.GetValue(Config) ?? []);
        keys.TryAdd("boot.autostart", line.GetValue(NoEnable) ? "false" : "true");
        keys.TryAdd("boot.autorestart", "true");
        keys.TryAdd("limits.partition", line.GetValue(NoPartition) ? "none" : "apps");
        return keys;
    }

    private static Dictionary<string, string> Root(ParseResult line)
    {
        var root = new Dictionary<string, string> { ["type"] = "disk", ["path"] = "/", ["pool"] = line.GetValue(Pool) ?? "ram" };
        if (line.GetValue(Size) is { } size)
            root["size"] = size;
        return root;
    }

    private static InstanceSource Source(ParseResult line, Caller caller, string name, string image)
    {
        try
        {
            _ = caller.Node.Get(Names.Alias(image), ContractJson.Default.ImageAlias);
            return new() { Alias = image, Follow = !line.GetValue(Pin) };
        }
        catch (Refusal refusal) when (refusal.Code == 404 && image.Length is >= 6 and <= 64 && image.All(char.IsAsciiHexDigit))
        {
            return new() { Fingerprint = image };
        }
        catch (Refusal refusal) when (refusal.Code == 404)
        {
            throw new Refusal(404, $"create app {name}: there is no image {image}; holm image list shows those there are, "
                + "holm image import takes one in", refusal);
        }
    }
}
