using System.Collections.Immutable;

namespace Holm.Config.Language;

/// <summary>The kinds of places that lines are written in.</summary>
public enum PlaceKind
{
    /// <summary>The outermost.</summary>
    Config,
    /// <summary>In an app.</summary>
    App,
    /// <summary>In a profile.</summary>
    Profile,
    /// <summary>In a managed network.</summary>
    Network,
    /// <summary>In a storage pool.</summary>
    Pool,
    /// <summary>In the host end of an app's veth pair.</summary>
    Iface,
    /// <summary>There, in what is asked of a DHCP server.</summary>
    InetDhcp,
}

/// <summary>Where a line is written.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">Of the object entered; empty for the outermost.</param>
public sealed record Place(PlaceKind Kind, string Name)
{
    /// <summary>The outermost.</summary>
    public static Place Config { get; } = new(PlaceKind.Config, "");

    /// <summary>For an interface: the app whose nic it belongs to.</summary>
    public string App { get; init; } = "";

    /// <summary>For an interface: that nic.</summary>
    public string Device { get; init; } = "";

    /// <summary>True while an app that was made here uses the profile that nobody named.</summary>
    public bool Fresh { get; init; }

    /// <summary>As a prompt shows it: <c>app-foo</c>; empty for the outermost.</summary>
    public string Segment => Kind switch
    {
        PlaceKind.Config => "",
        PlaceKind.InetDhcp => "inet-dhcp",
        _ => $"{Kind.ToString().ToLowerInvariant()}-{Name}",
    };

    /// <summary>For messages: <c>in app foo</c>.</summary>
    public override string ToString() => Kind switch
    {
        PlaceKind.Config => "here",
        PlaceKind.InetDhcp => $"in iface {Name}, inet dhcp",
        _ => $"in {Kind.ToString().ToLowerInvariant()} {Name}",
    };
}

/// <summary>A document that is being written, and where the next line stands. Immutable: a line makes the next draft.</summary>
public sealed record Draft
{
    /// <summary>What has been written so far.</summary>
    public required Document Document { get; init; }

    /// <summary>The places entered, outermost first; empty: the outermost.</summary>
    public ImmutableList<Place> Path { get; init; } = [];

    /// <summary>
    /// True where a person sits: a new app is made complete (<see cref="NewApp"/>), and one word after <c>app</c> names app and image.
    /// False in files: a new app has only what its lines say.
    /// </summary>
    public bool Interactive { get; init; }

    /// <summary>Says whether there is an image of that name; null: nobody asks.</summary>
    public Func<string, bool>? HasImage { get; init; }

    /// <summary>Where the next line stands.</summary>
    public Place Place => Path.Count == 0 ? Place.Config : Path[^1];

    /// <summary>For a prompt: <c>config/app-foo/</c>.</summary>
    public string Prompt => "config/" + string.Concat(Path.Select(p => p.Segment + "/"));

    /// <summary>The app that was entered.</summary>
    public InstanceConfig App => Document.Instances[Place.Name];

    /// <summary>The profile that was entered.</summary>
    public ProfileConfig Profile => Document.Profiles[Place.Name];

    /// <summary>The network that was entered.</summary>
    public NetworkConfig Network => Document.Networks[Place.Name];

    /// <summary>The storage pool that was entered.</summary>
    public PoolConfig Pool => Document.Pools[Place.Name];

    /// <summary>Keys of the app, profile, network or pool that was entered.</summary>
    public ImmutableSortedDictionary<string, string> Config => Place.Kind switch
    {
        PlaceKind.App => App.Config,
        PlaceKind.Profile => Profile.Config,
        PlaceKind.Network => Network.Config,
        PlaceKind.Pool => Pool.Config,
        _ => Maps.Empty<string>(),
    };

    /// <summary>Devices of the app or profile that was entered.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Devices => Place.Kind switch
    {
        PlaceKind.App => App.Devices,
        PlaceKind.Profile => Profile.Devices,
        _ => Maps.Empty<ImmutableSortedDictionary<string, string>>(),
    };

    /// <summary>For messages: <c>app foo</c>.</summary>
    public string What => $"{Place.Kind.ToString().ToLowerInvariant()} {Place.Name}";

    internal Draft Enter(Place place) => this with { Path = Path.Add(place) };

    internal Draft Leave() => this with { Path = Path.RemoveAt(Path.Count - 1) };

    internal Draft With(InstanceConfig app) => this with { Document = Document.With(app) };

    internal Draft Describe(string text) => this with
    {
        Document = Place.Kind switch
        {
            PlaceKind.App => Document.With(App with { Description = text }),
            PlaceKind.Profile => Document.With(Profile with { Description = text }),
            PlaceKind.Pool => Document.With(Pool with { Description = text }),
            _ => Document.With(Network with { Description = text }),
        },
    };

    internal Draft With(ImmutableSortedDictionary<string, string> config) => this with
    {
        Document = Place.Kind switch
        {
            PlaceKind.App => Document.With(App with { Config = config }),
            PlaceKind.Profile => Document.With(Profile with { Config = config }),
            PlaceKind.Pool => Document.With(Pool with { Config = config }),
            _ => Document.With(Network with { Config = config }),
        },
    };

    internal Draft With(ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> devices) => this with
    {
        Document = Place.Kind == PlaceKind.App ? Document.With(App with { Devices = devices })
            : Document.With(Profile with { Devices = devices }),
    };

    internal Draft Set(string key, string value)
    {
        Keys.Check(key, value);
        return With(Config.SetItem(key, value));
    }

    internal Draft Unset(string key) => With(Config.Remove(key));

    /// <summary>Names that the document and the table know for a placeholder; the node knows more of some kinds.</summary>
    public IEnumerable<string> Offers(Placeholder placeholder) => placeholder.Kind switch
    {
        Kind.App => Document.Instances.Keys,
        Kind.Profile => Document.Profiles.Keys,
        Kind.Network => Document.Networks.Keys,
        Kind.Pool => Document.AllPools().Select(p => p.Name),
        Kind.Registry => Document.Registries.Keys,
        Kind.Bridge => Document.Networks.Keys,
        Kind.HostEnd => Place.Kind == PlaceKind.Config ? HostEnds.All(Document).Select(e => e.Name) : HostEnds.Of(Devices),
        Kind.Variable => Config.Keys.Where(k => k.StartsWith(ConfigText.EnvironmentPrefix, StringComparison.Ordinal))
            .Select(k => k[ConfigText.EnvironmentPrefix.Length..]),
        Kind.Key => Keys.All.Select(k => k.Name.TrimEnd('*')).Union(Config.Keys),
        Kind.NetworkKey => NetworkConfig.KeysOf(Network.Type).Union(Config.Keys),
        Kind.Device => Devices.Keys,
        Kind.HostPath => Devices.Values.Where(d => d.ContainsKey("source") && !d.ContainsKey("pool")).Select(d => d["source"]),
        _ => placeholder.Words,
    };
}

/// <summary>Host ends of veth pairs as a document names them.</summary>
public static class HostEnds
{
    /// <summary>One of them, with the app and the nic that it belongs to.</summary>
    public sealed record HostEnd(string Name, string App, string Device, bool Bridged);

    /// <summary>All that apps name themselves.</summary>
    public static IEnumerable<HostEnd> All(Document document) =>
        from app in document.Instances.Values
        from device in app.Devices
        where IsVeth(device.Value) && device.Value.ContainsKey("host_name")
        select new HostEnd(device.Value["host_name"], app.Name, device.Key, device.Value.GetValueOrDefault("nictype") != "p2p");

    /// <summary>Those of some devices.</summary>
    public static IEnumerable<string> Of(ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> devices) =>
        devices.Values.Where(d => IsVeth(d) && d.ContainsKey("host_name")).Select(d => d["host_name"]);

    /// <summary>True for a nic that is a veth pair.</summary>
    public static bool IsVeth(ImmutableSortedDictionary<string, string> device) =>
        device.GetValueOrDefault("type") == "nic" &&
        (device.GetValueOrDefault("nictype") is "p2p" or "bridged" || device.ContainsKey("network"));
}
