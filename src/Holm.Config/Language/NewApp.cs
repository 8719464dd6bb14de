using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>What a person who makes an app is given without asking, as WeOS does.</summary>
public static class NewApp
{
    /// <summary>The nic that every new app has.</summary>
    public const string FirstNic = "eth0";

    /// <summary>An app that starts with the node and after a failure, writes to memory, and has a veth pair of its own name.</summary>
    /// <exception cref="Refusal">400: the name is none for an app, or for the host end of its pair.</exception>
    public static InstanceConfig Make(string name, string image)
    {
        Names.CheckInstance(name);
        Names.CheckImage(image);
        InterfaceNames.CheckHost($"app {name}: its host end is called like the app", name);
        return new InstanceConfig
        {
            Name = name,
            Image = image,
            Config = Maps.Of(("boot.autostart", "true"), ("boot.autorestart", "true"), ("limits.partition", "apps")),
            Devices = Maps.Empty<System.Collections.Immutable.ImmutableSortedDictionary<string, string>>()
                .Add("root", Maps.Of(("type", "disk"), ("path", "/"), ("pool", "ram")))
                .Add(FirstNic, new VethShare(name, FirstNic).Keys),
        };
    }

    /// <summary>
    /// True when lines that tell what the app has, added to a new app, make just this app: it lacks nothing that a new one has.
    /// </summary>
    internal static bool IsWithin(InstanceConfig app) =>
        IsWithinRules(app) && Make(app.Name, app.Image) is var made && made.Config.Keys.All(app.Config.ContainsKey) &&
        made.Devices.Keys.All(app.Devices.ContainsKey) &&
        (VethShare.Of(FirstNic, app.Devices[FirstNic])?.Host ?? app.Name) == app.Name &&
        PortShare.Of(FirstNic, app.Devices[FirstNic]) is null;

    private static bool IsWithinRules(InstanceConfig app)
    {
        try
        {
            InterfaceNames.CheckHost("", app.Name);
            return true;
        }
        catch (Refusal)
        {
            return false;
        }
    }
}
