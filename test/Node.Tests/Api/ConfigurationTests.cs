using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holm.Config;
using Holm.Node.Config;

namespace Node.Tests.Api;

/// <summary>The configuration as a session sees it: its text, its changes, all or nothing.</summary>
public sealed class ConfigurationTests(SmallNode node) : IClassFixture<SmallNode>, IDisposable
{
    private const string Path = "/1.0/configuration";

    public void Dispose()
    {
        node.Config.Change("clear", _ => Document.Initial, Saving.Whole);
        GC.SuppressFinalize(this);
    }

    private async Task<string> Text(string of = "running") =>
        (await node.Do("GET", $"{Path}?of={of}")).GetProperty("text").GetString()!;

    private async Task<bool> Saved() => (await node.Do("GET", Path)).GetProperty("saved").GetBoolean();

    private static JsonText Changes(bool save, params (string Name, string Was, string Becomes)[] changes) => new(new JsonObject
    {
        ["changes"] = new JsonArray([.. changes.Select(c => new JsonObject
        {
            ["object"] = c.Name,
            ["was"] = c.Was,
            ["becomes"] = c.Becomes,
        })]),
        ["save"] = save,
    }.ToJsonString());

    private static JsonText Whole(string text, bool save = false) =>
        new(new JsonObject { ["text"] = text, ["save"] = save }.ToJsonString());

    private static string App(string name, string more = "enable") => $"app {name} netbox\n    {more}\nend\n";

    private async Task<string> Refused(HttpStatusCode code, string method, string path, JsonText? body)
    {
        var (got, answer, _) = await node.Send(method, path, body);
        var error = answer.GetProperty("error").GetString()!;
        Assert.True(code == got, $"{got}: {error}");
        return error;
    }

    private static IEnumerable<string?> Listed(JsonElement operation, string key) =>
        operation.GetProperty("metadata").TryGetProperty(key, out var list) ? list.EnumerateArray().Select(e => e.GetString()) : [];

    [Fact]
    public async Task A_session_applies_what_it_changed_and_saves_when_asked()
    {
        var done = await node.Do("PATCH", Path, Changes(false, ("app web", "", App("web")), ("app db", "", App("db", "no enable"))));
        Assert.Equal("Applying configuration", done.GetProperty("description").GetString());
        Assert.Equal(["web is started"], Listed(done, "progress"));
        Assert.Contains("app web netbox", await Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("app web", await Text("startup"), StringComparison.Ordinal);
        Assert.False(await Saved());
        await node.Do("PUT", Path + "/startup", new JsonText("{}"));
        Assert.True(await Saved());

        var block = ConfigText.Block(ConfigText.Read(await Text()), "app web");
        var becomes = block.Replace("    enable\n", "    enable\n    cmd /bin/sh\n", StringComparison.Ordinal);
        done = await node.Do("PATCH", Path, Changes(true, ("app web", block, becomes)));
        Assert.Equal(["web is restarted: cmd changed"], Listed(done, "progress"));
        Assert.True(await Saved());
        done = await node.Do("PATCH", Path, Changes(true, ("app web", becomes, "")));
        Assert.Equal(["web is stopped and removed"], Listed(done, "progress"));
        Assert.DoesNotContain("app web", await Text("startup"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_comes_second_is_refused_whole_and_by_name()
    {
        await node.Do("PATCH", Path, Changes(true, ("app web", "", App("web"))));
        var seen = ConfigText.Block(ConfigText.Read(await Text()), "app web");
        node.Config.Change("somebody else", d => d.With(d.Instances["web"] with { Description = "mine" }));
        var said = await Refused(HttpStatusCode.PreconditionFailed, "PATCH", Path,
            Changes(true, ("app new", "", App("new")), ("app web", seen, App("web", "no enable"))));
        Assert.Contains("somebody else has changed app web meanwhile; nothing was applied", said, StringComparison.Ordinal);
        Assert.DoesNotContain("app new", await Text(), StringComparison.Ordinal);

        said = await Refused(HttpStatusCode.PreconditionFailed, "PATCH", Path, Changes(true, ("app web", "", App("web"))));
        Assert.Contains("app web", said, StringComparison.Ordinal);
        said = await Refused(HttpStatusCode.PreconditionFailed, "PATCH", Path, Changes(true, ("app gone", App("gone"), "")));
        Assert.Contains("app gone", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_node_notes_for_itself_is_no_change_and_stays()
    {
        await node.Do("PATCH", Path, Changes(true, ("app web", "", App("web"))));
        var seen = ConfigText.Block(ConfigText.Read(await Text()), "app web");
        node.Config.Change("note", d => d.With(d.Instances["web"] with
        {
            Config = d.Instances["web"].Config.SetItem("volatile.x", "1"),
        }), Saving.Volatile);
        var created = node.Config.Current.Instances["web"].CreatedAt;
        Assert.NotEqual(default, created);
        await node.Do("PATCH", Path, Changes(false, ("app web", seen, App("web", "config volatile.x 2"))));
        Assert.Equal("1", node.Config.Current.Instances["web"].Config["volatile.x"]);
        Assert.Equal(created, node.Config.Current.Instances["web"].CreatedAt);
    }

    [Fact]
    public async Task Wrong_changes_change_nothing()
    {
        var before = await Text();
        async Task Wrong(HttpStatusCode code, string reason, params (string, string, string)[] changes)
        {
            var said = await Refused(code, "PATCH", Path, Changes(true, [("app good", "", App("good")), .. changes]));
            Assert.Contains(reason, said, StringComparison.Ordinal);
        }

        await Wrong(HttpStatusCode.BadRequest, "app web: configuration line 2", ("app web", "", "app web netbox\n colour red\nend\n"));
        await Wrong(HttpStatusCode.BadRequest, "is also one of app other", ("app web", "", App("web") + App("other")));
        await Wrong(HttpStatusCode.BadRequest, "is also one of app other", ("app web", "", App("other")));
        await Wrong(HttpStatusCode.BadRequest, "app good is changed twice", ("app good", "", App("good")));
        await Wrong(HttpStatusCode.BadRequest, "is no object", ("appetite", "", ""));
        await Wrong(HttpStatusCode.NotFound, "there is no image nosuch", ("app web", "", "app web nosuch\nend\n"));
        await Wrong(HttpStatusCode.NotFound, "Profile not found", ("app web", "", App("web", "profile nosuch")));
        await Wrong(HttpStatusCode.Conflict, "profile default cannot be deleted",
            ("profile default", ConfigText.Block(Document.Initial, "profile default"), ""));
        await Wrong(HttpStatusCode.Conflict, "is used by",
            ("app b", "", App("b", "share veth x")), ("app c", "", App("c", "share veth x")));
        foreach (var odd in (string[])["{\"changes\":[null]}", "{\"changes\":[{}]}"])
            Assert.Contains(
                "is no object", await Refused(HttpStatusCode.BadRequest, "PATCH", Path, new JsonText(odd)), StringComparison.Ordinal);
        Assert.Contains(
            "text is missing", await Refused(HttpStatusCode.BadRequest, "PUT", Path, new JsonText("{}")), StringComparison.Ordinal);
        Assert.Equal(before, await Text());
    }

    [Fact]
    public async Task Apps_that_do_not_come_up_are_listed_and_the_configuration_stays()
    {
        var faulty = "enable\nconfig user.fault 1";
        var (_, answer, _) = await node.Send("PATCH", Path, Changes(
            false, ("app a", "", App("a", faulty)), ("app b", "", App("b")), ("app c", "", App("c", faulty))));
        var (_, final, _) = await node.Send("GET", answer.GetProperty("operation").GetString() + "/wait");
        Assert.Equal("the configuration is applied, but not all runs as it should: a: boom; c: boom",
            final.GetProperty("metadata").GetProperty("err").GetString());
        Assert.Contains("app a netbox", await Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_whole_text_takes_the_place_of_all()
    {
        await node.Create("lxd");
        await node.Do("PATCH", Path, Changes(true, ("app web", "", App("web")), ("profile small", "", "profile small\nend\n"),
            ("resources", "", "resources cpu 30 memory 40\n")));
        var done = await node.Do("PUT", Path, Whole(App("web", "enable\n    cmd /bin/sh") + App("new")));
        Assert.Equal(["lxd"], Listed(done, "kept"));
        Assert.Equal(["lxd is stopped and removed", "new is started", "web is restarted: cmd changed"], Listed(done, "progress"));
        Assert.Equal(["new", "web"], node.Config.Current.Instances.Keys);
        Assert.Equal(["default"], node.Config.Current.Profiles.Keys);
        Assert.Equal(Resources.Default, node.Config.Current.Resources);
        Assert.Equal(["lxd", "web"], node.Config.Startup.Instances.Keys);
        await node.Do("PUT", Path, Whole(App("only"), save: true));
        Assert.Equal(["only"], node.Config.Startup.Instances.Keys);
        Assert.Contains("line 1", await Refused(HttpStatusCode.BadRequest, "PUT", Path, Whole("nonsense\n")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_boot_can_be_given_a_text()
    {
        await node.Do("PATCH", Path, Changes(true, ("app web", "", App("web"))));
        await node.Do("PUT", Path + "/startup", Whole(App("factory")));
        Assert.Equal(["web"], node.Config.Current.Instances.Keys);
        Assert.Equal(["factory"], node.Config.Startup.Instances.Keys);
        Assert.Contains(
            "of=\"other\"", await Refused(HttpStatusCode.BadRequest, "GET", Path + "?of=other", null), StringComparison.Ordinal);
    }
}
