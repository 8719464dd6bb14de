using System.Globalization;
using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>The outermost lines: those that make, enter and remove objects.</summary>
internal static class ObjectLines
{
    public static IReadOnlyList<Line> All { get; } =
    [
        In("app NAME:app [IMAGE:image]", "make an app of an image, or enter it", App),
        In("no app NAME:app", "stop an app and remove it with all it wrote", NoApp),
        In("iface IFNAME:end", "enter the host end of an app's veth pair", Iface),
        In("no iface IFNAME:end", "take away the addresses and services of a host end", NoIface),
        In("profile NAME:profile", "make a profile, or enter it", Profile),
        In("no profile NAME:profile", "remove a profile that no app uses", NoProfile),
        In("network NAME:network [TYPE:networktype]", "make a managed network, or enter it", Network),
        In("no network NAME:network", "remove a managed network that no app uses", NoNetwork),
        In("resources [cpu PERCENT:cpu] [memory PERCENT:memory]", "what all apps together may use of this device", SetResources),
        In("no resources", "back to 25 % of all processors and 50 % of the RAM",
            (draft, _) => draft with { Document = draft.Document with { Resources = Resources.Default } }),
        In("https ADDRESS:https", "answer LXD's API by TLS, to clients that are trusted (holm token add NAME)",
            (draft, arguments) => draft with
            {
                Document = draft.Document with { Https = HttpsAddress.Parse(arguments.Of("https")) },
            }),
        In("no https", "answer nobody by TLS", (draft, _) => draft with { Document = draft.Document with { Https = null } }),
        In("registry HOST:registry [search] [insecure] [mirrors HOSTS:mirrors]",
            "a registry: asked for short names, spoken to without TLS, after mirrors of it", Registry),
        In("no registry HOST:registry", "a registry is asked when it is named, by TLS", NoRegistry),
    ];

    private static Line In(string syntax, string help, Func<Draft, Arguments, Draft> apply) => new(PlaceKind.Config, syntax, help, apply);

    private static Draft App(Draft draft, Arguments arguments)
    {
        var (name, image) = (arguments.Of("app"), arguments["image"]);
        if (draft.Document.Instances.TryGetValue(name, out var app))
        {
            if (image is not null && image != app.Image)
                draft = draft.With(app with { Image = Checked(draft, name, image) });
            return draft.Enter(new Place(PlaceKind.App, name));
        }
        if (!draft.Interactive && image is null)
            throw new Refusal(400, "an app needs a name and an image: app NAME IMAGE");
        app = draft.Interactive ? NewApp.Make(name, image ?? name) : Bare(name, image!);
        if (draft.Interactive && HostEnds.All(draft.Document).FirstOrDefault(e => e.Name == name) is { } taken)
            throw new Refusal(409, $"app {name}: its veth pair would be called {name} on the host, as one of app {taken.App} is already; " +
                "choose another name");
        _ = Checked(draft, name, app.Image);
        return draft.With(app).Enter(new Place(PlaceKind.App, name) { Fresh = true });
    }

    private static InstanceConfig Bare(string name, string image)
    {
        Names.CheckInstance(name);
        Names.CheckImage(image);
        return new InstanceConfig { Name = name, Image = image };
    }

    /// <summary>The image, if it is there.</summary>
    internal static string Checked(Draft draft, string app, string image)
    {
        Names.CheckImage(image);
        return draft.HasImage?.Invoke(image) != false ? image
            : throw new Refusal(404, $"app {app}: there is no image {image}; do show app image lists those there are");
    }

    private static Draft NoApp(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("app");
        return draft.Document.Instances.ContainsKey(name) ? draft with { Document = draft.Document.WithoutInstance(name) }
            : throw new Refusal(404, $"there is no app {Names.Show(name)}; {There("there are", draft.Document.Instances.Keys)}");
    }

    private static Draft Iface(Draft draft, Arguments arguments)
    {
        var end = Find(draft, arguments.Of("end"));
        return draft.Enter(new Place(PlaceKind.Iface, end.Name) { App = end.App, Device = end.Device });
    }

    private static Draft NoIface(Draft draft, Arguments arguments)
    {
        var end = Find(draft, arguments.Of("end"));
        var app = draft.Document.Instances[end.App];
        return draft.With(app with { Devices = app.Devices.SetItem(end.Device, app.Devices[end.Device].RemoveRange(IfaceKeys.All)) });
    }

    private static HostEnds.HostEnd Find(Draft draft, string name)
    {
        var ends = HostEnds.All(draft.Document).ToList();
        var end = ends.Find(e => e.Name == name) ?? throw new Refusal(404, $"there is no host end {Names.Show(name)} of an app; " +
            There("there are", ends.Where(e => !e.Bridged).Select(e => e.Name).Order(StringComparer.Ordinal),
                "share veth in an app makes one"));
        return !end.Bridged ? end : throw new Refusal(400, $"iface {name}: it is a port of a bridge and has no address of its own; " +
            $"share veth {name} without bridge makes it one that has");
    }

    private static Draft Profile(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("profile");
        Names.CheckProfile(name);
        var profile = draft.Document.Profiles.GetValueOrDefault(name) ?? new ProfileConfig { Name = name };
        return (draft with { Document = draft.Document.With(profile) }).Enter(new Place(PlaceKind.Profile, name));
    }

    private static Draft NoProfile(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("profile");
        if (!draft.Document.Profiles.ContainsKey(name))
            throw new Refusal(404, $"there is no profile {Names.Show(name)}; {There("there are", draft.Document.Profiles.Keys)}");
        if (name == Document.DefaultProfile)
            throw new Refusal(409, "profile default cannot be removed: apps that name no profile use it");
        if (draft.Document.UsersOf(name).ToList() is { Count: > 0 } users)
            throw new Refusal(409, $"profile {name} is used by {string.Join(", ", users)}; take it from them first");
        return draft with { Document = draft.Document.WithoutProfile(name) };
    }

    private static Draft Network(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("network");
        InterfaceNames.CheckHost("network", name);
        var type = arguments["networktype"];
        var network = draft.Document.Networks.GetValueOrDefault(name) ??
            new NetworkConfig { Name = name, Type = type ?? NetworkConfig.Bridge };
        if (type is not null && type != network.Type)
            throw new Refusal(409, $"network {name}: its type is {network.Type} and cannot be changed");
        return (draft with { Document = draft.Document.With(network) }).Enter(new Place(PlaceKind.Network, name));
    }

    private static Draft NoNetwork(Draft draft, Arguments arguments)
    {
        var name = arguments.Of("network");
        if (!draft.Document.Networks.ContainsKey(name))
            throw new Refusal(404, $"there is no network {Names.Show(name)}; {There("there are", draft.Document.Networks.Keys)}");
        if (draft.Document.UsersOfNetwork(name).ToList() is { Count: > 0 } users)
            throw new Refusal(409, $"network {name} is used by {string.Join(", ", users)}; take it from them first");
        return draft with { Document = draft.Document.WithoutNetwork(name) };
    }

    private static Draft SetResources(Draft draft, Arguments arguments)
    {
        var was = draft.Document.Resources;
        string[] words =
        [
            "cpu", arguments["cpu"] ?? was.CpuPercent.ToString(CultureInfo.InvariantCulture),
            "memory", arguments["memory"] ?? was.MemoryPercent.ToString(CultureInfo.InvariantCulture),
        ];
        if (arguments["cpu"] is null && arguments["memory"] is null)
            throw new Refusal(400, $"resources: nothing is said; write resources {string.Join(' ', words)}");
        try
        {
            return draft with { Document = draft.Document with { Resources = Resources.Read(words) } };
        }
        catch (FormatException e)
        {
            throw new Refusal(400, $"resources: {e.Message}", e);
        }
    }

    private static Draft Registry(Draft draft, Arguments arguments)
    {
        var registry = new RegistryConfig
        {
            Host = arguments.Of("registry"),
            Search = arguments.Has("search"),
            Insecure = arguments.Has("insecure"),
            Mirrors = [.. (arguments["mirrors"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)],
        };
        registry.Check();
        return draft with { Document = draft.Document.With(registry) };
    }

    private static Draft NoRegistry(Draft draft, Arguments arguments)
    {
        var (host, all) = (arguments.Of("registry"), draft.Document.Registries);
        return all.ContainsKey(host) ? draft with { Document = draft.Document with { Registries = all.Remove(host) } }
            : throw new Refusal(404, $"nothing is said of registry {Names.Show(host)}; {There("there are", all.Keys)}");
    }

    /// <summary>For messages: <c>there are a, b</c>, or that there are none.</summary>
    internal static string There(string are, IEnumerable<string> names, string none = "there are none") =>
        names.ToList() is { Count: > 0 } all ? $"{are} {string.Join(", ", all)}" : none;
}
