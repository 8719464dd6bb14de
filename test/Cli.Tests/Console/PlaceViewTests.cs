using System.Collections.Immutable;
using Holm.Cli.Console;
using Holm.Config;
using Holm.Config.Language;

namespace Cli.Tests.Console;

public sealed class PlaceViewTests
{
    [Fact]
    public void An_app_is_shown_as_in_WeOS() => Assert.Equal(
        """
        Status       : Enabled
        Name         : foo
        Description  :
        Image        : netbox
        Init cmd     : /sbin/init
                                                           
        Shared Resources                                   
        TYPE  HOST              GUEST             OPTS     
        veth  bar               eth0
        """, After("app foo netbox", "no share veth", "share veth bar"));

    [Fact]
    public void Paths_come_before_ports_and_these_before_pairs() => Assert.Equal(
        """
        Status       : Disabled
        Name         : foo
        Description  : a firewall
        Image        : netbox
        Init cmd     : /bin/sh
        Loglevel     : 7
                                                           
        Shared Resources                                   
        TYPE  HOST              GUEST             OPTS     
        path  /a/long/path/of/the/host /mnt              ro optional
        port  eth4              wan
        veth  foo               eth0
        veth  fw0               lan               bridge br0 untagged 1 tagged 2-4
        """, Show(new InstanceConfig
        {
            Name = "foo",
            Image = "netbox",
            Description = "a firewall",
            Config = Maps.Of(("init.cmd", "/bin/sh"), ("log.level", "7")),
            Devices = Maps.Empty<ImmutableSortedDictionary<string, string>>()
                .Add("eth0", Maps.Of(("type", "nic"), ("nictype", "p2p"), ("host_name", "foo"), ("name", "eth0")))
                .Add("lan", Maps.Of(("type", "nic"), ("nictype", "bridged"), ("host_name", "fw0"), ("name", "lan"), ("parent", "br0"),
                    ("vlan", "1"), ("vlan.tagged", "2-4")))
                .Add("path-mnt", Maps.Of(("type", "disk"), ("source", "/a/long/path/of/the/host"), ("path", "/mnt"), ("shift", "true"),
                    ("readonly", "true"), ("required", "false")))
                .Add("root", Maps.Of(("type", "disk"), ("path", "/"), ("pool", "ram")))
                .Add("wan", Maps.Of(("type", "nic"), ("nictype", "physical"), ("parent", "eth4"), ("name", "wan"))),
        }));

    [Fact]
    public void An_interface_is_shown_as_the_lines_that_make_it() => Assert.Equal(
        """
        iface cfg
            inet dhcp
                option 66,67
            end
        end
        """, After("app cfg netbox", "end", "iface cfg", "inet dhcp", "option 66, 67"));

    [Fact]
    public void The_outermost_place_is_the_whole_configuration() =>
        Assert.StartsWith(
            "profile default\n    device root disk path=/ pool=default\nend\napp foo netbox\n", After("app foo netbox", "end"));

    private static string After(params string[] lines)
    {
        var draft = new Draft { Document = Document.Initial, Interactive = true };
        foreach (var line in lines)
            draft = Lines.Apply(draft, Words.Split(line), abbreviate: true);
        return PlaceView.Render(draft);
    }

    private static string Show(InstanceConfig app) => PlaceView.Render(new Draft
    {
        Document = Document.Initial.With(app),
        Path = [new Place(PlaceKind.App, app.Name)],
    });
}
