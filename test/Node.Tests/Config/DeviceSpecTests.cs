using System.Collections.Immutable;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Shares;

namespace Node.Tests.Config;

/// <summary>Devices of types unix-char, unix-block, usb, gpu and proxy as written: what is read, and what a none takes away.</summary>
public sealed class DeviceSpecTests
{
    [Fact]
    public void A_path_or_a_source_is_enough()
    {
        var file = new DeviceFile(IsBlock: false, null, null, 0, 0, 0x1b0);
        var share = new ShareSpec("d", "/dev/x", "/dev/x", ReadOnly: false, Required: true, Recursive: false, Shift: false)
        {
            DeviceFile = file,
        };
        Assert.Equal(share, DeviceFile.Read("d", Keys("type=unix-char path=/dev/x")));
        Assert.Equal(share, DeviceFile.Read("d", Keys("type=unix-char source=/dev/x")));
        Assert.Equal(share with { Path = "/y", Required = false, DeviceFile = new DeviceFile(true, 7, 0, 1, 2, 0x180) },
            DeviceFile.Read("d", Keys("type=unix-block source=/dev/x path=/y major=7 minor=0 uid=1 gid=2 mode=600 required=no")));
    }

    [Fact]
    public void Parts_are_read_with_the_domain_of_a_pci_address_added() => Assert.Equal(
        new HardwareSpec("d", IsGpu: true, "8086", "abcd", 1, "0000:00:02.0", 3, 4, 0x1b6, Required: true),
        HardwareSpec.Read("d", Keys("type=gpu gputype=physical vendorid=8086 productid=ABCD id=1 pci=00:02.0 uid=3 gid=4 mode=0666")));

    [Theory]
    [InlineData("tcp:127.0.0.1:80", "tcp:127.0.0.1:80")]
    [InlineData("tcp:[::1]:80-82", "tcp:[::1]:80 tcp:[::1]:81 tcp:[::1]:82")]
    [InlineData("udp:0.0.0.0:53,5353", "udp:0.0.0.0:53 udp:0.0.0.0:5353")]
    [InlineData("unix:/run/x", "unix:/run/x")]
    [InlineData("unix:@x", "unix:@x")]
    public void An_address_is_one_for_each_port(string text, string each) =>
        Assert.Equal(each, string.Join(' ', ProxyAddress.Read("d", "listen", text).Each));

    [Theory]
    [InlineData("tcp:127.1:80")]
    [InlineData("tcp:[127.0.0.1]:80")]
    [InlineData("tcp:fe80::1%eth0:80")]
    [InlineData("tcp:127.0.0.1:80,80")]
    [InlineData("tcp:127.0.0.1:+80")]
    [InlineData("tcp:127.0.0.1:80 ")]
    [InlineData("unix:/run/x/")]
    [InlineData("unix:")]
    [InlineData("unix:/run/\u0001")]
    [InlineData("TCP:127.0.0.1:80")]
    public void What_is_no_address_is_refused(string text) =>
        Assert.Equal(400, Assert.Throws<Refusal>(() => ProxyAddress.Read("d", "listen", text)).Code);

    [Fact]
    public void A_unix_path_is_as_long_as_a_socket_takes()
    {
        Assert.Equal(54, ProxyAddress.Read("d", "listen", "unix:/" + new string('é', 53)).Host.Length);
        Assert.Throws<Refusal>(() => ProxyAddress.Read("d", "listen", "unix:/" + new string('é', 53) + "x"));
    }

    [Theory]
    [InlineData("type=disk source=/usb path=/mnt")]
    [InlineData("type=unix-char path=/dev/x")]
    [InlineData("type=unix-block path=/dev/x")]
    [InlineData("type=usb required=true vendorid=dead")]
    [InlineData("type=gpu vendorid=dead")]
    [InlineData("type=proxy listen=tcp:0.0.0.0:80 connect=tcp:127.0.0.1:80")]
    [InlineData("type=nic nictype=p2p")]
    public void None_takes_away_what_a_profile_gives(string device)
    {
        var keys = Keys(device);
        Assert.Contains(keys["type"], Devices.Types);
        var document = Document.Initial.With(new ProfileConfig { Name = "p", Devices = Of(keys) });
        var web = new InstanceConfig { Name = "web", Image = "x", Profiles = ["default", "p"] };
        Assert.Equal(1, Given(document, web));
        Assert.Equal(0, Given(document, web with { Devices = Of(Keys("type=none")) }));
    }

    private static ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Of(
        ImmutableSortedDictionary<string, string> device) => Maps.Empty<ImmutableSortedDictionary<string, string>>().Add("d", device);

    /// <summary>How much of all that a device can give an instance has, or waits for.</summary>
    private static int Given(Document document, InstanceConfig instance)
    {
        Rules.Check(document.With(instance));
        var expanded = Expansion.Expand(document, instance);
        var parts = HardwareShares.Of(expanded.Present, "/nonexistent");
        return ShareSpec.Of(expanded.Present).Count + ProxySpec.Of(expanded.Present).Count + Nics.Of(expanded).Length +
            parts.Shares.Count + (parts.Absent is null ? 0 : 1);
    }

    private static ImmutableSortedDictionary<string, string> Keys(string text) =>
        Maps.From(text.Split(' ').Select(w => w.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1])));
}
