using System.Globalization;
using Holm.Config;
using Holm.Contract;

namespace Node.Tests.Config;

public sealed class RulesTests
{
    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a b")]
    [InlineData("1web")]
    [InlineData("-web")]
    [InlineData("web-")]
    [InlineData("web.")]
    [InlineData("wеb")] // a Cyrillic look-alike
    [InlineData("web\u200b")]
    [InlineData("a\0b")]
    public void Hostile_names_are_refused(string name)
    {
        var refusal = Assert.Throws<Refusal>(() => Names.CheckInstance(name));
        Assert.Equal(400, refusal.Code);
        Assert.StartsWith("Invalid instance name: ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Fact]
    public void Every_key_has_its_rule_and_its_words() =>
        Assert.Equal(ConfigKey.All.Select(k => k.Name), Keys.All.Select(k => k.Name));

    [Fact]
    public void Every_key_of_networks_and_devices_has_its_words()
    {
        Assert.Equal(NetworkConfig.Types.SelectMany(NetworkConfig.KeysOf).Append("user.*").Distinct().Order(StringComparer.Ordinal),
            ConfigKey.OfNetworks.Select(k => k.Name));
        Assert.Equal(Enum.GetValues<NicKind>().SelectMany(Nic.KeysOf).Distinct().Where(k => k != "type").Order(StringComparer.Ordinal),
            ConfigKey.OfNics.Select(k => k.Name));
        Assert.Equal(Devices.RootKeys.Union(ShareSpec.KeysOf).Where(k => k != "type").Order(StringComparer.Ordinal),
            ConfigKey.OfDisks.Select(k => k.Name));
        Assert.Equal(DeviceFile.KeysOf.Union(HardwareSpec.UsbKeys).Union(HardwareSpec.GpuKeys).Where(k => k != "type")
            .Order(StringComparer.Ordinal), ConfigKey.OfParts.Select(k => k.Name));
        Assert.Equal(ProxySpec.KeysOf.Where(k => k != "type").Order(StringComparer.Ordinal), ConfigKey.OfProxies.Select(k => k.Name));
    }

    [Fact]
    public void A_name_of_300_bytes_is_refused_in_a_short_sentence() =>
        Assert.InRange(Assert.Throws<Refusal>(() => Names.CheckInstance(new string('a', 300))).Message.Length, 1, 200);

    [Theory]
    [InlineData("web")]
    [InlineData("Web-2")]
    [InlineData("net_box.v2")]
    public void Good_names_are_taken(string name) => Names.CheckInstance(name);

    [Fact]
    public void Lxd_names_have_no_dots() => Assert.Throws<Refusal>(() => Names.CheckInstance("net_box", console: false));

    [Theory]
    [InlineData("limits.memory", "64MiB", true)]
    [InlineData("limits.memory", "25%", true)]
    [InlineData("limits.memory", "0", false)]
    [InlineData("limits.memory", "-1", false)]
    [InlineData("limits.memory", "101%", false)]
    [InlineData("limits.memory", "99999999999EiB", false)]
    [InlineData("init.cmd", "/bin/sh \"\\u{0}\"", false)]
    [InlineData("limits.cpu", "2", true)]
    [InlineData("limits.cpu", "0-3", true)]
    [InlineData("limits.cpu", "1-1", true)]
    [InlineData("limits.cpu", "3-1", false)]
    [InlineData("limits.cpu", "0", false)]
    [InlineData("limits.cpu", "0-99999999", false)]
    [InlineData("limits.cpu.allowance", "50%", true)]
    [InlineData("limits.cpu.allowance", "1000%", true)]
    [InlineData("limits.cpu.allowance", "1001%", false)]
    [InlineData("limits.cpu.allowance", "25ms/100ms", true)]
    [InlineData("limits.cpu.allowance", "0ms/100ms", false)]
    [InlineData("limits.cpu.allowance", "25ms/1001ms", false)]
    [InlineData("limits.cpu.allowance", "25/100", false)]
    [InlineData("limits.cpu.priority", "0", true)]
    [InlineData("limits.cpu.priority", "11", false)]
    [InlineData("limits.disk.priority", "10", true)]
    [InlineData("limits.disk.priority", "", false)]
    [InlineData("limits.memory.enforce", "soft", true)]
    [InlineData("limits.memory.enforce", "Soft", false)]
    [InlineData("security.nesting", "true", true)]
    [InlineData("security.idmap.base", "1", false)]
    [InlineData("security.idmap.size", "65536", false)]
    [InlineData("limits.partition", "apps", true)]
    [InlineData("limits.partition", "none", true)]
    [InlineData("limits.partition", "Apps", false)]
    [InlineData("limits.processes", "0", false)]
    [InlineData("limits.processes", "100", true)]
    [InlineData("boot.autostart", "TRUE", true)]
    [InlineData("boot.autostart", "maybe", false)]
    [InlineData("boot.autostart.delay", "5", true)]
    [InlineData("boot.stop.priority", "-3", true)]
    [InlineData("init.cmd", "/sbin/init", true)]
    [InlineData("init.cmd", "/bin/sh -c \"a b\"", true)]
    [InlineData("init.cmd", "sh", false)]
    [InlineData("init.cmd", "/a/../b", false)]
    [InlineData("init.cmd", "/bin/sh\nlxc.hook.start=/evil", false)]
    [InlineData("init.signal.halt", "SIGRTMIN+3", true)]
    [InlineData("init.signal.halt", "SIGFOO", false)]
    [InlineData("environment.A", "two\nlines", true)]
    [InlineData("environment.A", "bell\a", false)]
    [InlineData("environment.A", "nul\0", false)]
    [InlineData("environment.1A", "x", false)]
    [InlineData("environment.", "x", false)]
    [InlineData("environment.A=B", "x", false)]
    [InlineData("user.a b", "x", false)]
    [InlineData("volatile.base_image", "x", true)]
    [InlineData("volatile.base_image", "x\ny", false)]
    [InlineData("raw.lxc", "x", false)]
    public void The_key_table_decides(string key, string value, bool good)
    {
        var error = Record.Exception(() => Keys.Check(key, value));
        Assert.Equal(good, error is null);
        if (!good)
            Assert.Equal(400, Assert.IsType<Refusal>(error).Code);
    }

    [Fact]
    public void A_value_of_more_than_64_KiB_is_refused()
    {
        Keys.Check("user.x", new string('a', Keys.LongestValue));
        Assert.Throws<Refusal>(() => Keys.Check("user.x", new string('é', Keys.LongestValue / 2 + 1)));
    }

    [Fact]
    public void A_lone_surrogate_has_no_bytes_and_is_refused() => Assert.Throws<Refusal>(() => Keys.Check("user.x", "lone \ud800"));

    [Fact]
    public void An_unknown_key_is_named_with_its_nearest() =>
        Assert.Contains("did you mean boot.autostart", Assert.Throws<Refusal>(() => Keys.Check("boot.autstart", "true")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("10", 10)]
    [InlineData("1kB", 1000)]
    [InlineData("1KiB", 1024)]
    [InlineData("64MB", 64_000_000)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("7EiB", 7L << 60)]
    public void Sizes(string text, long bytes) => Assert.Equal(bytes, Size.Parse(text));

    [Fact]
    public void Shares_are_of_the_whole() => Assert.Equal(256, Size.ParseShare("25%", 1024));

    [Fact]
    public void Processors() => Assert.Equal("0,1,2,5", CpuSet.Parse("0-2,5,1").ToString());

    [Theory]
    [InlineData("say how it is connected", "eth0", "type", "nic")]
    [InlineData("no type", "eth0")]
    [InlineData("\"fancy\" is not known", "eth0", "type", "fancy")]
    [InlineData("Invalid storage volume name", "data", "type", "disk", "path", "/mnt", "source", "/etc", "pool", "ram")]
    [InlineData("say which volume of pool \"fast\"", "data", "type", "disk", "path", "/mnt", "pool", "fast")]
    [InlineData("Invalid storage pool name", "root", "type", "disk", "path", "/", "pool", "../fast")]
    [InlineData("\"colour\" is not known", "root", "type", "disk", "path", "/", "pool", "ram", "colour", "red")]
    [InlineData("no size", "root", "type", "disk", "path", "/", "pool", "ram", "size", "huge")]
    [InlineData("Invalid device name", "../x", "type", "none")]
    public void Devices_are_refused_by_name(string reason, string name, params string[] keys)
    {
        var device = Maps.From(keys.Chunk(2).Select(p => KeyValuePair.Create(p[0], p[1])));
        Assert.Contains(reason, Assert.Throws<Refusal>(() => Devices.Check(name, device)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thousand_devices_are_too_many()
    {
        var devices = Maps.From(Enumerable.Range(0, 1000).Select(i =>
            KeyValuePair.Create("d" + i.ToString(CultureInfo.InvariantCulture), new Dictionary<string, string> { ["type"] = "none" })));
        var document = Document.Initial.With(new InstanceConfig { Name = "web", Image = "x", Devices = devices });
        Assert.Contains("1000 devices are too many", Assert.Throws<Refusal>(() => Rules.Check(document)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Later_profiles_win_and_none_masks()
    {
        var document = Document.Initial
            .With(new ProfileConfig { Name = "a", Config = Maps.Of(("user.x", "a"), ("user.y", "a")) })
            .With(new ProfileConfig { Name = "b", Config = Maps.Of(("user.x", "b")) });
        var web = new InstanceConfig { Name = "web", Image = "x", Profiles = ["default", "a", "b"], Config = Maps.Of(("user.y", "own")) };
        var expanded = Expansion.Expand(document, web);
        Assert.Equal("b", expanded["user.x"]);
        Assert.Equal("own", expanded["user.y"]);
        Assert.Equal("root", expanded.Root().Key);

        var masked = web with { Devices = Maps.From([KeyValuePair.Create("root", new Dictionary<string, string> { ["type"] = "none" })]) };
        Assert.Contains("no root disk", Assert.Throws<Refusal>(() => Expansion.Expand(document, masked).Root()).Message,
            StringComparison.Ordinal);
        var twice = web with
        {
            Devices = Document.Initial.Profiles["default"].Devices.Add("other",
            Document.Initial.Profiles["default"].Devices["root"])
        };
        Assert.Contains("2 root disks", Assert.Throws<Refusal>(() => Expansion.Expand(document, twice).Root()).Message,
            StringComparison.Ordinal);
    }
}
