using Holm.Config;
using Holm.Config.Language;
using Holm.Contract;

namespace Node.Tests.Config;

/// <summary>The lines of WeOS and Holm's own, typed by a person and read from a file.</summary>
public sealed class LinesTests
{
    private static Draft Console { get; } = new()
    {
        Document = Document.Initial,
        Interactive = true,
        HasImage = name => name is "netbox" or "foo" or "dhcp-boot",
    };

    private static Draft Type(Draft draft, string lines)
    {
        foreach (var line in lines.Split('\n', ';'))
            if (Words.Split(line) is { Count: > 0 } words)
                draft = Lines.Apply(draft, words, abbreviate: true);
        return draft;
    }

    private static string Refused(string lines) => Assert.Throws<Refusal>(() => Type(Console, lines)).Message;

    private static string Block(string lines, string name = "app foo") => ConfigText.Block(Type(Console, lines).Document, name);

    [Fact]
    public void A_new_app_is_made_as_on_WeOS()
    {
        Assert.Equal("""
            app foo netbox
                config boot.autorestart true
                enable
                config limits.partition apps
                share veth foo as eth0
                device root disk path=/ pool=ram
                profile default
            end

            """, Block("app foo netbox"));
        Assert.Equal("foo", Type(Console, "app foo").Document.Instances["foo"].Image);
        var again = Type(Console, "app foo netbox; end; app foo");
        Assert.Equal("config/app-foo/", again.Prompt);
        Assert.Equal("foo", Type(again, "end; app foo foo").Document.Instances["foo"].Image);
    }

    [Theory]
    [InlineData("app bar", "there is no image bar; do show app image lists those there are")]
    [InlineData("app eth0 netbox", "eth0 is reserved for the host")]
    [InlineData("app averylongappname netbox", "it has 16 characters, 15 are allowed")]
    [InlineData("app a/b netbox", "Invalid instance name")]
    [InlineData("app bar netbox; share veth foo as eth1; end; app foo netbox", "as one of app bar is already")]
    [InlineData("app foo netbox; share veth bar", "only the first one is called eth0 by itself")]
    [InlineData("app foo netbox; share veth eth3 as eth1", "eth3 is reserved for the host")]
    [InlineData("app foo netbox; share veth bar as eth0", "app foo has a device eth0 already")]
    [InlineData("app foo netbox; share port eth4 as eth0", "app foo has a device eth0 already")]
    [InlineData("app foo netbox; no share veth bar", "shares no veth \"bar\"; it shares foo")]
    [InlineData("app foo netbox; colour red", "\"colour\" is not known in app foo; bare, cmd,")]
    [InlineData("app foo netbox; enabel", "\"enabel\" is not known in app foo; did you mean enable")]
    [InlineData("app foo netbox; e", "\"e\" is ambiguous: enable, end, environment and ephemeral")]
    [InlineData("app foo netbox; share", "share: a word is missing; veth, port or path may follow")]
    [InlineData("app foo netbox; share veth", "share veth: IFNAME is missing; write share veth IFNAME [as IFNAME]")]
    [InlineData("app foo netbox; share veth bar as", "share veth as: IFNAME is missing")]
    [InlineData("app foo netbox; share tube x", "\"tube\" is not known after share; path, port and veth are")]
    [InlineData("app foo netbox; no environment X", "app foo has no environment variable \"X\"; it has none")]
    [InlineData("app foo netbox; no environment X Y", "\"Y\" is too much; write no environment [NAME]")]
    [InlineData("app foo netbox; loglevel 8", "it takes 0 to 7")]
    [InlineData("app foo netbox; cmd bin/sh", "it takes absolute path")]
    [InlineData("app foo netbox; profile small", "there is no profile \"small\"; there are default")]
    [InlineData("no app bar", "there is no app \"bar\"; there are none")]
    [InlineData("iface foo", "there is no host end \"foo\" of an app; share veth in an app makes one")]
    [InlineData("app foo netbox; share veth foo bridge br0; end; iface foo", "it is a port of a bridge")]
    [InlineData("app foo netbox; end; iface foo; inet 10.0.0.0/24", "no address of a host")]
    [InlineData("app foo netbox; end; iface foo; dhcp-server; end", "DHCP and NAT need an address of its own")]
    [InlineData("app foo netbox; end; iface foo; dhcp-server 10.0.0.9 10.0.0.2", "is no range")]
    [InlineData("app foo netbox; end; iface foo; inet dhcp; option 0", "it takes numbers from 1 to 254")]
    [InlineData("resources", "nothing is said; write resources cpu 25 memory 50")]
    [InlineData("resources cpu 0", "a whole number of percent from 1 to 100")]
    [InlineData("network lan; config colour red", "\"colour\" is not known")]
    [InlineData("no profile default", "profile default cannot be removed")]
    [InlineData("app foo netbox; no profile small", "app foo has no profile \"small\"; it has default")]
    public void These_are_refused_with_the_mend(string lines, string reason) =>
        Assert.Contains(reason, Refused(lines), StringComparison.Ordinal);

    [Fact]
    public void Every_line_of_an_app_can_be_taken_back()
    {
        var foo = Type(Console, "app foo netbox");
        var changed = Type(foo, """
            cmd /bin/sh -c "sleep 1"
            description the shop's front  door
            environment A b; environment EMPTY
            log 7
            share veth lan as eth1 bridge br0 untagged none tagged 2,5-7
            share port eth4; share port eth5 as wan
            share path /usb as /mnt optional ro
            share path /sys no-shift rec
            device data disk path=/ pool=ram
            config limits.memory 64MiB
            ephemeral
            no enable
            """);
        Assert.Equal("""
            app foo netbox
                ephemeral
                description "the shop's front door"
                config boot.autorestart true
                no enable
                environment A b
                environment EMPTY ""
                cmd "/bin/sh -c \"sleep 1\""
                config limits.memory 64MiB
                config limits.partition apps
                loglevel 7
                device data disk path=/ pool=ram
                share veth foo as eth0
                share veth lan as eth1 bridge br0 untagged none tagged 2,5-7
                share port eth4 as eth4
                share path /usb as /mnt ro optional
                share path /sys as /sys recursive no-shift
                device root disk path=/ pool=ram
                share port eth5 as wan
                profile default
            end

            """, ConfigText.Block(changed.Document, "app foo"));
        var back = Type(changed, """
            no cmd; no desc; no env; no log; no share veth lan; no share port; no share path; no device data; no config limits.memory
            no ephemeral; enable
            """);
        Assert.Equal(ConfigText.Write(foo.Document), ConfigText.Write(back.Document));
        Assert.Equal(["root"], Type(foo, "no share veth").Devices.Keys);
    }

    [Fact]
    public void A_share_of_the_same_host_end_changes_it()
    {
        var foo = Type(Console, "app foo netbox; end; iface foo; inet 10.0.0.1/24; end; app foo");
        var renamed = Type(foo, "share veth foo as net0");
        Assert.Equal(["net0", "root"], renamed.Devices.Keys);
        Assert.Equal("10.0.0.1/24", renamed.Devices["net0"][Nic.AddressKey]);
        Assert.Equal("eth0", Type(foo, "share veth foo bridge br0").Devices["eth0"]["name"]);
        Assert.False(Type(foo, "share veth foo bridge br0").Devices["eth0"].ContainsKey(Nic.AddressKey));
        Assert.Equal(["eth0", "path-mnt", "root"], Type(foo, "share path /a as /mnt; share path /b as /mnt").Devices.Keys);
        Assert.Equal(["eth0", "root", "wan"], Type(foo, "share port eth4; share port eth4 as wan").Devices.Keys);
    }

    [Fact]
    public void The_first_profile_of_a_new_app_takes_the_place_of_default()
    {
        var small = Type(Console, "profile small; end; profile big; end; app foo");
        Assert.Equal(["small"], Type(small, "profile small").App.Profiles);
        Assert.Equal(["small", "big"], Type(small, "profile small; profile big; profile small").App.Profiles);
        Assert.Equal(["default", "big"], Type(small, "end; app foo; profile big").App.Profiles);
        Assert.Empty(Type(small, "no profile").App.Profiles);
        Assert.Contains("used by foo", Assert.Throws<Refusal>(() => Type(small, "profile small; end; no profile small")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_lines_of_the_demo_dhcp_boot_are_read()
    {
        var draft = Type(Console, "app cfg dhcp-boot; share path /usb as /mnt; end; iface cfg; inet dhcp");
        Assert.Equal("config/iface-cfg/inet-dhcp/", draft.Prompt);
        draft = Type(draft, "option 66, 67; end; end");
        Assert.Equal("config/", draft.Prompt);
        Assert.Equal("""
            iface cfg
                inet dhcp
                    option 66,67
                end
            end

            """, ConfigText.Block(draft.Document, "app cfg").Split("end\n", 2)[1]);
        Assert.Equal([66, 67], Nic.Read("eth0", draft.Document.Instances["cfg"].Devices["eth0"]).Host.RequestOptions);
        Assert.Contains("    end\nend\n", ConfigText.Write(Type(draft, "iface cfg; inet dhcp; no option; end; end").Document),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_is_set_and_cleared()
    {
        var draft = Type(Console, """
            app foo netbox; end
            iface foo; inet static 192.168.2.1/24; dhcp-server 192.168.2.10 192.168.2.20; lease 600; dns 1.1.1.1 9.9.9.9; domain shop.lan
            nat; end
            """);
        Assert.Equal("""
            iface foo
                inet 192.168.2.1/24
                dhcp-server 192.168.2.10 192.168.2.20
                lease 600
                nat
                domain shop.lan
                dns 1.1.1.1 9.9.9.9
            end

            """, ConfigText.Block(draft.Document, "app foo").Split("end\n", 2)[1]);
        var bare = ConfigText.Write(Type(Console, "app foo netbox").Document);
        Assert.Equal(bare, ConfigText.Write(Type(draft, "no iface foo").Document));
        Assert.Equal(bare, ConfigText.Write(Type(draft, "iface foo; no inet; no dhcp; no lease; no dns; no dom; no nat; end").Document));
    }

    [Fact]
    public void What_is_shown_can_be_pasted_where_a_person_sits()
    {
        const string lines = """
            resources cpu 30 memory 40; profile small; config limits.memory 32MiB; end; network lan; config ipv4.address 10.9.0.1/24; end
            app foo netbox; share path /usb as /mnt; end; iface foo; inet dhcp; option 66; end; end
            app bar netbox; no share veth; no config boot.autorestart; no profile; end
            app baz netbox; bare; profile small; share port eth4 as eth0; end
            app sea netbox; no share veth; share veth wave; enable; end
            """;
        var document = Type(Console, lines).Document;
        var text = ConfigText.Write(document);
        Assert.Equal(text, ConfigText.Write(Type(Console, text).Document));
        Assert.Equal(text, ConfigText.Write(ConfigText.Read(text)));
        Assert.Equal(text, ConfigText.Write(Type(Type(Console, lines), text).Document));
    }

    [Fact]
    public void Old_files_with_devices_only_are_read()
    {
        var document = ConfigText.Read("""
            app foo netbox
                config boot.autorestart true
                device eth0 nic host_name=foo ipv4.host_address=10.0.0.1/24 name=eth0 nictype=p2p
                device root disk path=/ pool=ram
            end
            """);
        Assert.Equal(["eth0", "root"], document.Instances["foo"].Devices.Keys);
        Assert.Contains("iface foo\n    inet 10.0.0.1/24\nend\n", ConfigText.Write(document), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_line_of_an_interface_leaves_its_app_out()
    {
        var (document, problems) = ConfigText.Salvage("""
            app bad netbox
                share veth bad
            end
            iface bad
                inet nowhere
            end
            app good netbox
                share veth good
            end
            iface nobody
                inet dhcp
                end
            end
            app ../x netbox
                share veth x
            end
            """);
        Assert.Equal(["good"], document.Instances.Keys);
        Assert.Equal(3, problems.Count);
        Assert.Contains("line 5", problems[0], StringComparison.Ordinal);
    }
}
