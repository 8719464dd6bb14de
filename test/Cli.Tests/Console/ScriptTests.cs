using System.Text.Json;

namespace Cli.Tests.Console;

/// <summary>Sessions of the console, their lines from a pipe; the node is a book of answers.</summary>
public sealed class ScriptTests
{
    private const string Was =
        "profile default\n    device root disk path=/ pool=default\nend\napp old netbox\n    bare\n    profile default\nend\n";

    [Fact]
    public void Changed_objects_are_sent_with_what_they_were_and_nothing_else()
    {
        using var node = Node();
        var result = Run.Holm(node, """
            configure
            app foo netbox
                description "front door"
            end
            app old
                description older
            end
            leave
            """, []);
        Assert.Equal((0, "Applying configuration.\n" + Activated, ""), (result.Code, result.Out, result.Err));
        var changes = Changes(node).OrderBy(c => c.Name, StringComparer.Ordinal).ToList();
        Assert.Equal(["app foo", "app old"], changes.Select(c => c.Name));
        Assert.Equal("", changes[0].Was);
        Assert.StartsWith("app foo netbox\n    description \"front door\"\n", changes[0].Becomes);
        Assert.Equal("app old netbox\n    bare\n    profile default\nend\n", changes[1].Was);
        Assert.Equal("app old netbox\n    bare\n    description older\n    profile default\nend\n", changes[1].Becomes);
    }

    [Theory]
    [InlineData("configure app foo netbox\nend")]
    [InlineData("configure app foo netbox\ndescription x\nleave")]
    [InlineData("conf app foo netbox\nle")]
    [InlineData("configure\napp foo netbox\nend\nend")]
    [InlineData("configure no app old")]
    [InlineData("configure iface foo\nend\n", true)]
    public void Going_out_of_the_configuration_applies_it(string script, bool wrong = false)
    {
        using var node = Node();
        var result = Run.Holm(node, script, []);
        Assert.Equal(wrong, result.Code != 0);
        Assert.Equal(wrong ? "" : "Applying configuration.\n" + Activated, result.Out);
    }

    [Theory]
    [InlineData("configure\nend")]
    [InlineData("configure app old\nend")]
    [InlineData("configure\napp foo netbox\nabort")]
    [InlineData("configure\napp foo netbox\ndescription x\nabort\nlogout\nnonsense")]
    [InlineData("# nothing\n\n   \n")]
    [InlineData("exit")]
    public void What_is_forgotten_or_the_same_is_not_sent(string script)
    {
        using var node = Node();
        var result = Run.Holm(node, script, []);
        Assert.Equal((0, "", ""), (result.Code, result.Out, result.Err));
        Assert.DoesNotContain(node.Requests, r => r.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("show nothing\nshow app", 2, "holm: line 1: there is no verb 'nothing'; see holm show --help")]
    [InlineData("\n# a\nconfigure\napp foo nosuch\nleave", 1,
        "holm: line 4: app foo: there is no image nosuch; do show app image lists those there are")]
    [InlineData("configure\napp foo netbox\nenabel\nleave", 2, "holm: line 3: \"enabel\" is not known in app foo; did you mean enable")]
    [InlineData("configure\napp foo netbox\ndescription \"open\nleave", 2, "holm: line 3: a quote is not closed")]
    [InlineData("configure\nconfigure", 2, null)]
    [InlineData("configure\ndo configure", 2,
        "holm: line 2: configure cannot be done inside the configuration; leave or abort it first")]
    [InlineData("leave", 2, "holm: line 1: there is no verb 'leave'; see holm --help")]
    [InlineData("repeat show app", 2, "holm: line 1: repeat is for a terminal, where a key ends it")]
    [InlineData("app st web", 2, "holm: line 1: 'st' could be start or stop")]
    [InlineData("configure\napp foo netbox\nend\n", 2,
        "holm: line 3: the script ends inside the configuration, without leave; nothing of it was applied")]
    public void The_first_wrong_line_ends_it_by_its_number(string script, int code, string? error)
    {
        using var node = Node();
        var result = Run.Holm(node, script, []);
        Assert.Equal(code, result.Code);
        Assert.Equal("", result.Out);
        if (error is not null)
            Assert.Equal(error + "\n", result.Err);
        Assert.Single(result.Err.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain(node.Requests, r => r.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public void Keep_going_leaves_out_a_block_whose_first_line_is_wrong_and_ends_with_a_failure()
    {
        using var node = Node();
        var result = Run.Holm(node, """
            nonsense
            configure
            app 9bad netbox
                description lost
            end
            app foo netbox
                nonsense
                description kept
            end
            no app nosuch
            leave
            """, ["--keep-going"]);
        Assert.Equal(2, result.Code);
        Assert.Equal(["1", "3", "7", "10"], result.Err.TrimEnd('\n').Split('\n').Select(l => l.Split("line ")[1].Split(':')[0]));
        Assert.Equal("Applying configuration.\n" + Activated, result.Out);
        var change = Assert.Single(Changes(node));
        Assert.Equal("app foo", change.Name);
        Assert.Contains("description kept", change.Becomes);
        Assert.DoesNotContain("lost", change.Becomes);
    }

    [Fact]
    public void A_refused_leave_stays_where_it_was_and_loses_nothing()
    {
        var refuse = true;
        using var node = Node(talk =>
        {
            talk.Answer(refuse ? RawNode.Error(409, "app old was changed meanwhile") : RawNode.Sync("{}"));
            refuse = false;
        });
        var result = Run.Holm(node, "configure\napp old\ndescription x\nleave\nshow\nleave\n", ["--keep-going"]);
        Assert.Equal((1, "holm: line 4: app old was changed meanwhile\n"), (result.Code, result.Err));
        Assert.Contains("Description  : x\n", result.Out);
        Assert.EndsWith(Activated, result.Out);
    }

    [Fact]
    public void A_line_of_a_shell_applies_at_once_and_saves_when_it_is_said()
    {
        using var node = Node();
        var result = Run.Holm(node, "configure", "app", "foo", "netbox", ";", "no", "enable", "--save");
        Assert.Equal((0, "Applying configuration.\n" + Activated + "Copying running-config to startup-config ...\nDone.\n", ""),
            (result.Code, result.Out, result.Err));
        Assert.Contains("no enable", Changes(node)[0].Becomes);
        Assert.Equal("PUT /1.0/configuration/startup", node.Requests[^1]);
        Assert.Equal((2, "holm: nothing can follow leave; it leads out of the configuration; see holm configure --help\n"),
            (Run.Holm(node, "configure", "leave", ";", "leave") is var wrong ? wrong.Code : 0, wrong.Err));
    }

    [Fact]
    public void The_running_configuration_can_be_given_back()
    {
        using var node = Node();
        var text = Run.Holm(node, "show", "running-config").Out;
        Assert.Equal(Was, text);
        var result = Run.Holm(node, $"configure\n{text}leave\n", []);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.DoesNotContain(node.Requests, r => r.StartsWith("PATCH", StringComparison.Ordinal));
    }

    private const string Activated = "Configuration activated.  Remember \"copy run start\" to save to flash (NVRAM).\n";

    private static RawNode Node(Action<Talk>? patch = null) => new(talk =>
    {
        if (talk.Request == "GET /1.0/configuration")
            talk.Answer(RawNode.Sync($$"""{"text":{{JsonSerializer.Serialize(Was)}},"saved":true}"""));
        else if (talk.Request == "GET /1.0/images/aliases/netbox")
            talk.Answer(RawNode.Sync("""{"name":"netbox","target":"aa"}"""));
        else if (talk.Request == "PUT /1.0/configuration/startup")
            talk.Answer(RawNode.Sync("{}"));
        else if (talk.Request.StartsWith("PATCH /1.0/configuration", StringComparison.Ordinal))
            (patch ?? (t => t.Answer(RawNode.Sync("{}"))))(talk);
        else
            talk.Answer(RawNode.Error(404, "not found"));
    });

    private static List<(string Name, string Was, string Becomes)> Changes(RawNode node)
    {
        using var body = JsonDocument.Parse(node.Requests.First(r => r.StartsWith("PATCH", StringComparison.Ordinal))
            .Split("/1.0/configuration ", 2)[1]);
        return [.. body.RootElement.GetProperty("changes").EnumerateArray().Select(c => (c.GetProperty("object").GetString()!,
            c.GetProperty("was").GetString()!, c.GetProperty("becomes").GetString()!))];
    }
}
