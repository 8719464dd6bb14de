using Holm.Config;
using Holm.Config.Language;

namespace Node.Tests.Config;

/// <summary>The table as completion and help see it.</summary>
public sealed class MatcherTests
{
    private sealed class Sample(string syntax) : Form(syntax, "a sample");

    private static Draft Foo { get; } = Lines.Apply(
        new Draft { Document = Document.Initial, Interactive = true }, ["app", "foo", "netbox"], abbreviate: false);

    private static string After(string line) =>
        string.Join(' ', Lines.After(Foo, Words.Split(line), abbreviate: true).Next.Select(f => f.Text));

    [Theory]
    [InlineData("share", "path port veth")]
    [InlineData("sh v", "IFNAME")]
    [InlineData("sh v x", "as bridge")]
    [InlineData("sh v x as eth1", "bridge")]
    [InlineData("sh v x bridge br0", "as tagged untagged")]
    [InlineData("sh v x bridge br0 tagged 1", "as untagged")]
    [InlineData("share path /usb", "as no-shift optional recursive ro")]
    [InlineData("share path /usb optional ro", "as no-shift recursive")]
    [InlineData("cmd /bin/sh", "ARGUMENT")]
    [InlineData("cmd /bin/sh -c", "ARGUMENT")]
    [InlineData("no share veth", "IFNAME")]
    [InlineData("end", "")]
    [InlineData("enable now", "")]
    public void These_may_follow(string line, string next) => Assert.Equal(next, After(line));

    [Fact]
    public void A_line_that_may_end_says_so()
    {
        Assert.Null(Lines.After(Foo, ["share", "veth"], true).Complete);
        Assert.Equal("no share veth [IFNAME]", Lines.After(Foo, ["no", "share", "veth"], true).Complete?.Syntax);
        Assert.Contains("too much", Lines.After(Foo, ["enable", "now"], true).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Abbreviation_is_a_switch()
    {
        Assert.NotNull(Lines.Read(Foo, ["ena"], abbreviate: true).Form);
        Assert.Contains("did you mean", Lines.Read(Foo, ["enabl"], abbreviate: false).Error, StringComparison.Ordinal);
        Assert.Contains("ambiguous: description and device", Lines.Read(Foo, ["de", "x"], true).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_side_by_side_come_in_any_order()
    {
        Form[] forms = [new Sample("do [as NAME:text] [cpu N:cpu] [memory N:memory]")];
        var read = Matcher.Read(forms, Words.Split("do memory 3 as x cpu 2"), abbreviate: false, "here");
        Assert.Equal(("3", "x", "2"), (read.Arguments["memory"], read.Arguments["text"], read.Arguments["cpu"]));
        var twice = Matcher.Read(forms, Words.Split("do cpu 1 cpu 2"), abbreviate: false, "here");
        Assert.Contains("is not known after do", twice.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_can_be_nothing_else_is_no_word()
    {
        var iface = Lines.Apply(Lines.Apply(Foo, ["end"], false), ["iface", "foo"], false);
        Assert.Equal("inet ADDRESS/LEN", Lines.Read(iface, ["inet", "10.0.0.1/24"], true).Form?.Syntax);
        Assert.Equal("inet dhcp", Lines.Read(iface, ["inet", "d"], true).Form?.Syntax);
        Assert.Equal("inet static ADDRESS/LEN", Lines.Read(iface, ["in", "s", "10.0.0.1/24"], true).Form?.Syntax);
    }

    [Fact]
    public void Every_word_and_placeholder_has_its_help()
    {
        foreach (var place in Enum.GetValues<PlaceKind>())
        {
            var lines = Lines.At(new Place(place, "x")).ToList();
            Assert.Equal(lines.Count, lines.Select(l => l.Syntax).Distinct().Count());
            foreach (var line in lines)
            {
                Assert.Matches("^([a-z0-9]|DHCP|IPv4|VLAN).*[^.]$", line.Help);
                foreach (var follower in Matcher.After(lines, [], false, "here").Next)
                    Assert.Matches("^([a-z0-9]|DHCP|IPv4|VLAN).*[^.]$", follower.Help);
            }
        }
    }

    [Fact]
    public void Names_of_the_document_are_offered()
    {
        string Offered(string line) => string.Join(' ', Foo.Offers(Lines.After(Foo, Words.Split(line), true).Next[0].Placeholder!));
        Assert.Equal("foo", Offered("no share veth"));
        Assert.Equal("eth0 root", Offered("no device"));
        Assert.Equal("default", Offered("profile"));
        Assert.StartsWith("boot.autorestart ", Offered("config"), StringComparison.Ordinal);
        Assert.Equal("disk nic none", Offered("device x"));
    }
}
