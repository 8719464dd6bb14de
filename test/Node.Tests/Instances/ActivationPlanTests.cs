using Holm.Config;
using Holm.Config.Language;
using Holm.Node.Instances;

namespace Node.Tests.Instances;

/// <summary>What a session's lines mean for the apps there are.</summary>
public sealed class ActivationPlanTests
{
    private static Document Type(Document document, string lines)
    {
        var draft = new Draft { Document = document, Interactive = true };
        foreach (var line in lines.Split(';'))
            draft = Lines.Apply(draft, Words.Split(line), abbreviate: true);
        return draft.Document;
    }

    private static readonly Document Foo = Type(Document.Initial, "profile small; end; app foo netbox");

    private static string Plan(string lines, string state, Document? before = null) => string.Join("; ", ActivationPlan.Of(
        before ?? Foo, Type(before ?? Foo, lines), name => name == "foo" ? new AppNow(state == "up", state == "failed") : default)
        .Select(t => t.Turn == Turn.Live ? $"{t.Name} lives on" : t.ToString()));

    [Theory]
    [InlineData("app foo", "up", "")]
    [InlineData("no app foo", "up", "foo is stopped and removed")]
    [InlineData("no app foo", "off", "foo is stopped and removed")]
    [InlineData("app bar netbox", "up", "bar is started")]
    [InlineData("app bar netbox; no enable", "up", "")]
    [InlineData("app foo; no enable", "up", "foo is stopped")]
    [InlineData("app foo; no enable", "failed", "foo is stopped")]
    [InlineData("app foo; no enable", "off", "")]
    [InlineData("app foo; cmd /bin/sh; image other", "up", "foo is restarted: image, cmd changed")]
    [InlineData("app foo; environment A b; environment C d; loglevel 7", "up", "foo is restarted: environment, loglevel changed")]
    [InlineData("app foo; device root disk path=/ pool=default", "up", "foo is restarted: device root changed")]
    [InlineData("app foo; config limits.memory 64MiB", "up", "foo lives on")]
    [InlineData("app foo; share veth bar as eth1; no share veth foo", "up", "foo lives on")]
    [InlineData("iface foo; inet 10.0.0.1/24", "up", "foo lives on")]
    [InlineData("app foo; description hello", "up", "")]
    [InlineData("app foo; profile small", "up", "")]
    [InlineData("app foo; cmd /bin/sh", "off", "")]
    [InlineData("app foo; cmd /bin/sh", "failed", "foo is started")]
    [InlineData("app foo; no config boot.autostart", "up", "foo lives on")]
    [InlineData("profile default; cmd /bin/sh", "up", "foo is restarted: cmd changed")]
    [InlineData("profile default; config limits.memory 64MiB", "up", "foo lives on")]
    public void A_change_means(string lines, string state, string turns) => Assert.Equal(turns, Plan(lines, state));

    [Fact]
    public void An_app_that_is_enabled_anew_starts()
    {
        var off = Type(Foo, "app foo; no enable");
        Assert.Equal("foo is started", Plan("app foo; enable", "off", off));
        Assert.Equal("foo lives on", Plan("app foo; enable", "up", off));
        Assert.Equal("foo is restarted: cmd changed", Plan("app foo; enable; cmd /bin/sh", "up", off));
    }

    [Fact]
    public void What_two_apps_have_of_the_host_is_known()
    {
        var both = Type(Foo, "app bar netbox; share port eth4 as wan");
        Assert.Equal(["bar", "eth4"], HostThings.Of(both, "bar").Order());
        Assert.Empty(HostThings.Of(both, "nobody"));
    }
}
