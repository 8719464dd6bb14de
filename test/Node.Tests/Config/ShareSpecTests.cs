using System.Collections.Immutable;
using Holm.Config;
using Holm.Contract;

namespace Node.Tests.Config;

/// <summary>Shares as they are written: what is taken, and what is refused with which words.</summary>
public sealed class ShareSpecTests
{
    [Fact]
    public void Only_source_and_path_have_to_be_said() => Assert.Equal(
        new ShareSpec("usb", "/usb", "/mnt", ReadOnly: false, Required: true, Recursive: false, Shift: true),
        ShareSpec.Read("usb", Keys("source=/usb path=/mnt")));

    [Fact]
    public void Every_key_is_read() => Assert.Equal(
        new ShareSpec("motd", "/usb/motd", "/etc/motd", ReadOnly: true, Required: false, Recursive: true, Shift: false),
        ShareSpec.Read("motd", Keys("source=//usb/./motd/ path=/etc//motd readonly=on required=no recursive=1 shift=FALSE")));

    [Fact]
    public void The_whole_host_can_be_the_source() => Assert.Equal("/", ShareSpec.Read("all", Keys("source=/ path=/host")).Source);

    [Theory]
    [InlineData("path=/mnt", "say which file or folder of the host")]
    [InlineData("source= path=/mnt", "say which file or folder of the host")]
    [InlineData("source=/usb", "say where the app sees it")]
    [InlineData("source=usb path=/mnt", "source \"usb\" is not allowed: it must begin with /")]
    [InlineData("source=/usb path=mnt", "path \"mnt\" is not allowed: it must begin with /")]
    [InlineData("source=/usb/../etc path=/mnt", "'..' is not allowed")]
    [InlineData("source=/usb path=/mnt/..", "'..' is not allowed")]
    [InlineData("source=/usb path=/", "cannot take the place of the root")]
    [InlineData("source=/usb path=/./", "cannot take the place of the root")]
    [InlineData("source=/usb path=/proc", "/proc is the kernel's")]
    [InlineData("source=/usb path=//proc/./self/attr", "/proc is the kernel's")]
    [InlineData("source=/usb path=/mnt readonly=perhaps", "it takes true or false")]
    [InlineData("source=/usb path=/mnt propagation=shared", "key \"propagation\" is not known")]
    [InlineData("source=/usb path=/mnt pool=ram", "Invalid storage volume name")]
    public void These_are_refused_by_name(string keys, string reason)
    {
        var refusal = Assert.Throws<Refusal>(() => Devices.Check("usb", Keys(keys)));
        Assert.Equal(400, refusal.Code);
        Assert.StartsWith("device usb: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_control_character_is_refused() =>
        Assert.Contains("control character", Assert.Throws<Refusal>(() => ShareSpec.Read(
            "usb", Maps.Of(("type", "disk"), ("source", "/usb\n/etc"), ("path", "/mnt")))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_path_of_more_than_4095_bytes_is_refused() =>
        Assert.Throws<Refusal>(() => ShareSpec.Read("usb", Keys($"source=/{new string('é', 2048)} path=/mnt")));

    [Fact]
    public void Two_shares_of_one_app_never_have_one_path()
    {
        var document = Document.Initial.With(new ProfileConfig { Name = "stick", Devices = One("usb", "source=/usb path=/mnt") });
        var web = new InstanceConfig { Name = "web", Image = "x", Profiles = ["default", "stick"] };
        Rules.Check(document.With(web with { Devices = One("usb", "source=/other path=/mnt") }));
        var refusal = Assert.Throws<Refusal>(() => Rules.Check(document.With(web with { Devices = One("two", "source=/b path=/mnt/") })));
        Assert.Equal("instance web: devices two and usb have one path, \"/mnt\"; give each its own", refusal.Message);
    }

    [Fact]
    public void Those_above_come_before_those_below()
    {
        var devices = One("a", "source=/1 path=/x/y").AddRange(One("b", "source=/2 path=/x-y")).AddRange(
            One("c", "source=/3 path=/x")).AddRange(Document.Initial.Profiles["default"].Devices);
        Assert.Equal(["/x", "/x-y", "/x/y"], ShareSpec.Of(devices).Select(s => s.Path));
    }

    private static ImmutableSortedDictionary<string, string> Keys(string text) => Maps.From(
        text.Split(' ').Prepend("type=disk").Select(w => KeyValuePair.Create(w.Split('=')[0], w.Split('=')[1])));

    private static ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> One(string name, string keys) =>
        Maps.Empty<ImmutableSortedDictionary<string, string>>().Add(name, Keys(keys));
}
