using System.Collections.Immutable;
using System.Globalization;
using Holm.Config;
using DeviceMap = System.Collections.Immutable.ImmutableSortedDictionary<
    string, System.Collections.Immutable.ImmutableSortedDictionary<string, string>>;

namespace Node.Tests.Config;

/// <summary>Makes documents by chance that keep every rule, odd ones among them.</summary>
internal sealed class AnyDocument(int seed)
{
    private readonly Random _random = new(seed);
    private int _ends, _subnets;

    public Document Next()
    {
        (_ends, _subnets) = (0, 0);
        var document = Document.Initial
            .With(new ProfileConfig { Name = "p%,", Config = Config(), Devices = Devices(isProfile: true) })
            .With(new NetworkConfig
            {
                Name = "lan",
                Description = Text(lines: false),
                Config = Maps.Of(("ipv4.address", "10.250.0.1/24"), ("ipv4.dhcp", "true"), ("user.x", Text(lines: false))),
            });
        if (Maybe())
            document = document
                .With(new PoolConfig { Name = "default", Description = Text(lines: false) })
                .With(new PoolConfig { Name = "7_a.b-", Driver = Maybe() ? "ram" : "dir", Config = Maps.Of(("user.x", Text(false))) })
                .With(new PoolConfig { Name = "disk", Config = Maps.Of(("source", Maybe() ? "/mnt/a b" : "/mnt/é\\"), ("user.a", "")) });
        if (Maybe())
            document = document with { Resources = new Resources(_random.Next(1, 101), _random.Next(1, 101)) };
        if (Maybe())
            document = document
                .With(new RegistryConfig { Host = "docker.io", Search = Maybe(), Mirrors = ["10.0.0.5:5000", "[fd00::1]:5000"] })
                .With(new RegistryConfig { Host = "10.0.0.5:5000", Insecure = true });
        if (Maybe())
            document = document with { Https = HttpsAddress.Parse(Maybe() ? "8443" : "[fd00::1]:8444") };
        for (var i = _random.Next(4); i >= 0; i--)
        {
            var name = Maybe() ? $"app{i}" : $"a{i}.x_{_random.Next(9)}";
            var next = document.With(new InstanceConfig
            {
                Name = name,
                Image = Maybe() ? "net#box:1" : new string('a', 64),
                Description = Text(lines: false),
                Ephemeral = Maybe(),
                CreatedAt = Maybe() ? default : new DateTimeOffset(_random.NextInt64(DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero),
                Config = Config(),
                Profiles = _random.Next(4) switch { 0 => [], 1 => ["p%,", "default"], _ => ["default"] },
                Devices = Devices(isProfile: false, name),
            });
            try
            {
                Rules.Check(next);
                document = next;
            }
            catch (Holm.Contract.Refusal)
            {
                // Two nics of one name, a profile's among them, or a subnet that overlaps: not a legal one.
            }
        }
        return document;
    }

    public static void AssertSame(Document wanted, Document got)
    {
        Assert.Equal(wanted.Resources, got.Resources);
        Assert.Equal(wanted.Registries.Values.Select(r => (r.Host, r.Search, r.Insecure, string.Join(',', r.Mirrors))),
            got.Registries.Values.Select(r => (r.Host, r.Search, r.Insecure, string.Join(',', r.Mirrors))));
        Assert.Equal(wanted.Pools.Keys, got.Pools.Keys);
        foreach (var (name, pool) in wanted.Pools)
            Assert.Equal((pool.Driver, pool.Description, Flat(pool.Config)),
                (got.Pools[name].Driver, got.Pools[name].Description, Flat(got.Pools[name].Config)));
        Assert.Equal(wanted.Networks.Keys, got.Networks.Keys);
        foreach (var (name, network) in wanted.Networks)
            Assert.Equal((network.Description, Flat(network.Config)), (got.Networks[name].Description, Flat(got.Networks[name].Config)));
        Assert.Equal(wanted.Profiles.Keys, got.Profiles.Keys);
        foreach (var (name, profile) in wanted.Profiles)
            Assert.Equal((profile.Description, Flat(profile.Config), Flat(profile.Devices)),
                (got.Profiles[name].Description, Flat(got.Profiles[name].Config), Flat(got.Profiles[name].Devices)));
        Assert.Equal(wanted.Instances.Keys, got.Instances.Keys);
        foreach (var (name, app) in wanted.Instances)
            Assert.Equal(Flat(app), Flat(got.Instances[name]));
    }

    private static string Flat(InstanceConfig app) => string.Join('\n', app.Name, app.Image, app.Description, app.Ephemeral,
        app.CreatedAt.ToString("O", CultureInfo.InvariantCulture), string.Join(' ', app.Profiles), Flat(app.Config), Flat(app.Devices));

    private static string Flat(ImmutableSortedDictionary<string, string> map) =>
        string.Join('\n', map.Select(p => $"{Words.Quote(p.Key)}={Words.Quote(p.Value)}"));

    private static string Flat(DeviceMap map) => string.Join("\n\n", map.Select(d => $"{d.Key}\n{Flat(d.Value)}"));

    private bool Maybe() => _random.Next(2) == 0;

    private ImmutableSortedDictionary<string, string> Config()
    {
        var config = Maps.Of(
            ("environment.A_1", Text(lines: true)), ("user.note#\"\\", Text(lines: true)), ("volatile.uuid", Text(lines: false)),
            ("init.cmd", "/bin/sh -c " + Words.Quote(Text(lines: false))));
        string[] words = ["true", "false", "Yes"];
        foreach (var key in (string[])["boot.autostart", "boot.autorestart"])
            if (_random.Next(4) > 0)
                config = config.SetItem(key, words[_random.Next(3)]);
        if (_random.Next(4) > 0)
            config = config.SetItem("limits.partition", Maybe() ? "apps" : "none");
        return Maybe() ? config.SetItem("log.level", _random.Next(8).ToString(CultureInfo.InvariantCulture)) : config;
    }

    private DeviceMap Devices(bool isProfile, string app = "")
    {
        var devices = Maps.Empty<ImmutableSortedDictionary<string, string>>();
        if (_random.Next(4) > 0)
            devices = devices.SetItem("root", Maps.Of(("type", "disk"), ("path", "/"), ("pool", Maybe() ? "ram" : "default")));
        if (!isProfile && _random.Next(3) > 0 && !app.Contains('.', StringComparison.Ordinal))
            devices = devices.SetItem("eth0", Nic(app, "eth0"));
        var all = isProfile ? 1 : 5;
        for (var i = _random.Next(all); i > 0; i--)
        {
            // Usual and odd: the device is called like the inside, or not; the inside has a name that no device can have.
            var inside = _random.Next(5) switch { 0 => $"e+{i}", 1 => "eth0", _ => $"eth{i}" };
            var name = _random.Next(3) switch { 0 => $"dev{i}", 1 => "path-mnt", _ => inside };
            if (name.Contains('+', StringComparison.Ordinal))
                name = Maybe() ? "nic:" + Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(name)) : "dev";
            devices = devices.SetItem(name, isProfile ? Disk(i) : _random.Next(3) switch
            {
                0 => Disk(i),
                1 => Port(inside),
                _ => Nic($"end{_ends++}", inside),
            });
            if (_random.Next(8) == 0)
                devices = devices.SetItem("mask", Maps.Of(("type", "none")));
            if (_random.Next(4) == 0)
                devices = devices.SetItem($"part{i}", Part());
        }
        // Shares as lines make them.
        foreach (var disk in devices.Where(d => d.Value.ContainsKey("source")).ToList())
            if (Maybe() && Holm.Config.Language.PathShare.NameOf(disk.Value["path"]) is var usual && !devices.ContainsKey(usual))
                devices = devices.Remove(disk.Key).SetItem(usual, disk.Value);
        return devices;
    }

    private ImmutableSortedDictionary<string, string> Nic(string host, string inside)
    {
        var nic = Maps.Of(("type", "nic"), ("host_name", host));
        if (_random.Next(5) > 0)
            nic = nic.SetItem("name", inside);
        if (_random.Next(6) == 0)
            nic = nic.SetItem("mtu", "1400");
        if (_random.Next(4) == 0)
        {
            nic = Maybe() ? nic.SetItem("network", "lan") : nic.SetItem("nictype", "bridged").SetItem("parent", "br0");
            return Maybe() ? nic.SetItem("vlan", Maybe() ? "none" : "7").SetItem("vlan.tagged", "2,5-7") : nic;
        }
        nic = nic.SetItem("nictype", "p2p");
        if (_random.Next(3) == 0)
            return nic;
        if (_random.Next(4) == 0)
            return Maybe() ? nic.SetItem("ipv4.host_address", "dhcp").SetItem("ipv4.dhcp.options", "66,67")
                : nic.SetItem("ipv4.host_address", "dhcp").SetItem("dns.domain", "a.b");
        return Served(nic, $"10.{_subnets++}.0");
    }

    private ImmutableSortedDictionary<string, string> Served(ImmutableSortedDictionary<string, string> nic, string subnet)
    {
        nic = nic.SetItem("ipv4.host_address", $"{subnet}.1/24");
        if (Maybe())
            nic = nic.SetItem("ipv4.dhcp", _random.Next(4) == 0 ? "yes" : "true");
        if (_random.Next(4) == 0)
            nic = nic.SetItem("ipv4.address", $"{subnet}.7/24");
        if (nic.ContainsKey("ipv4.dhcp") && Maybe())
            nic = nic.SetItem("ipv4.dhcp.ranges", $"{subnet}.10-{subnet}.20{(Maybe() ? "" : $",{subnet}.30-{subnet}.40")}");
        if (Maybe())
            nic = nic.SetItem("ipv4.dhcp.expiry", Maybe() ? "600" : "10m");
        if (Maybe())
            nic = nic.SetItem("ipv4.nat", Maybe() ? "true" : "false");
        return Maybe() ? nic.SetItem("dns.nameservers", Maybe() ? "1.1.1.1,9.9.9.9" : "1.1.1.1, 9.9.9.9") : nic;
    }

    private ImmutableSortedDictionary<string, string> Port(string inside)
    {
        var port = Maps.Of(("type", "nic"), ("nictype", "physical"), ("parent", $"port{_random.Next(2)}"));
        if (_random.Next(5) > 0)
            port = port.SetItem("name", inside);
        return _random.Next(5) == 0 ? port.SetItem("hwaddr", "02:00:00:00:00:01") : port;
    }

    private ImmutableSortedDictionary<string, string> Part() => _random.Next(5) switch
    {
        0 => Maps.Of(("type", "unix-char"), ("path", $"/dev/with space{_random.Next(3)}"), ("required", Maybe() ? "no" : "true")),
        1 => Maps.Of(("type", "unix-block"), ("source", "/dev/a#b"), ("path", "/dev/x"), ("major", "7"), ("minor", "0"), ("mode", "0600")),
        2 => Maps.Of(("type", "usb"), ("vendorid", "1d6b"), ("productid", ""), ("uid", "7")),
        3 => Maps.Of(("type", "gpu"), ("gputype", "physical"), ("pci", "00:02.0")),
        _ => Maps.Of(("type", "proxy"), ("listen", Maybe() ? "unix:/run/a b" : "tcp:[::]:80,81-90"), ("connect", "tcp:127.0.0.1:80"),
            ("bind", Maybe() ? "host" : "instance"), ("security.uid", "1000")),
    };

    private ImmutableSortedDictionary<string, string> Disk(int i)
    {
        string[] targets = ["/mnt", $"/mnt/{i}", "/a-b", "/with space/" + i, "/" + new string('x', 90), $"/twice/"];
        var disk = Maps.Of(("type", "disk"), ("source", $"/usb/{_random.Next(3)}"), ("path", targets[_random.Next(targets.Length)]));
        if (_random.Next(6) == 0)
            disk = disk.SetItem("pool", "default").SetItem("source", "v" + i);
        foreach (var key in (string[])["shift", "readonly", "required", "recursive"])
            if (Maybe())
                disk = disk.SetItem(key, _random.Next(5) switch { 0 or 1 => "true", 2 or 3 => "false", _ => "on" });
        return disk;
    }

    private string Text(bool lines)
    {
        string[] pieces = ["a", " ", "\"", "\\", "#", "é", "漢", "🏝", "=", "'", "\u2028", "\u200b", "end", "$(x)", .. lines ? ["\n",
            "\t"] : (string[])[]];
        return string.Concat(Enumerable.Range(0, _random.Next(10)).Select(_ => pieces[_random.Next(pieces.Length)]));
    }
}
