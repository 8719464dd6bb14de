using Holm.Cli;
using Holm.Cli.Output;
using Holm.Linux;

namespace Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("holm: a verb is missing; see holm app --help", "app")]
    [InlineData("holm: there is no verb 'strat'; see holm app --help", "app", "strat", "web")]
    [InlineData("holm: there is no verb 'li\\nst'; see holm --help", "li\nst")]
    [InlineData("holm: name the apps, or say --all; see holm app start --help", "app", "start")]
    [InlineData("holm: name the apps, or say --all; see holm app start --help", "app", "start", "web", "--all")]
    [InlineData("holm: unrecognized command or argument '--nope'; see holm list --help", "list", "--nope")]
    [InlineData("holm: --timeout wants a whole number from 0 to 86400, not 'soon'; see holm app stop --help", "app", "stop", "web",
        "--timeout", "soon")]
    [InlineData("holm: 'limits.memory' is not KEY=VALUE; see holm config set --help", "config", "set", "web", "limits.memory")]
    [InlineData("holm: 'user.a=' sets nothing; to take the key away: holm config unset web user.a; see holm config set --help", "config",
        "set", "web", "user.a=")]
    [InlineData("holm: '..' names no app; see holm app show --help", "app", "show", "..")]
    [InlineData("holm: there is no verb 'start'; did you mean holm app start; see holm --help", "start", "web")]
    [InlineData("holm: 'st' could be start or stop; see holm --help", "app", "st", "web")]
    [InlineData("holm: LINE is missing; holm alone begins the console, where configure can stand alone; see holm configure --help",
        "configure")]
    [InlineData("holm: there is no verb 'list'; did you mean holm list; see holm app --help", "app", "list")]
    [InlineData("holm: there is no option '--timeout'; see holm app start --help", "app", "start", "web", "--timeout", "5")]
    [InlineData("holm: NAME is missing; see holm app create --help", "app", "create", "--start")]
    [InlineData("holm: PATH is missing; see holm image import --help", "image", "import")]
    [InlineData("holm: argument 'xml' not recognized. Must be one of: 'table' 'json' 'csv'; see holm list --help", "list", "-f", "xml")]
    [InlineData("holm: 'caf\ufffd' is not UTF-8; see holm app show --help", "app", "show", "caf\ufffd")]
    [InlineData("holm: the name of the profile is empty; see holm profile show --help", "profile", "show", "")]
    [InlineData("holm: the name of the network is empty; see holm network create --help", "network", "create", "")]
    [InlineData("holm: 'nat' is not KEY=VALUE; see holm network create --help", "network", "create", "br0", "nat")]
    [InlineData("holm: 'ipv4.nat=' sets nothing; to take the key away: holm network unset br0 ipv4.nat; see holm network set --help",
        "network", "set", "br0", "ipv4.nat=")]
    public void Wrong_command_line_is_2_and_one_line(string error, params string[] words)
    {
        var result = Run.Holm(null, words);
        Assert.Equal((2, "", error + "\n"), (result.Code, result.Out, result.Err));
    }

    [Fact]
    public void No_daemon_is_3_and_names_socket_and_mend()
    {
        var result = Run.Holm(null, "list");
        Assert.Equal(3, result.Code);
        Assert.Equal("holm: cannot talk to the node at /nonexistent/unix.socket: there is no such socket; "
            + "start the daemon with systemctl start holmd, or set HOLM_RUN\n", result.Err);
    }

    [Fact]
    public void Exec_keeps_all_other_codes_for_the_command()
    {
        Assert.Equal(125, Run.Holm(null, "exec", "web", "--", "true").Code);
        Assert.Equal(125, Run.Holm(null, "exec", "web").Code);
        Assert.Equal(125, Run.Holm(null, "exec", "web", "--user", "root", "--", "true").Code);
        var wrong = Run.Holm(null, "exec", "--usr", "web", "--", "true");
        Assert.Equal((125, "holm: there is no option '--usr'; see holm exec --help\n"), (wrong.Code, wrong.Err));
    }

    [Fact]
    public void Standard_error_that_cannot_be_written_changes_nothing()
    {
        using var closed = Fd.Open("/dev/null", OpenFlags.O_RDONLY);
        Assert.Equal(2, Program.Run(["nosuch"], new Screen(closed, closed), closed, _ => null));
        Assert.Equal(1, Program.Run(["--version"], new Screen(closed, closed), closed, _ => null));
    }

    [Fact]
    public void Hostile_names_travel_escaped_and_hostile_errors_are_made_visible()
    {
        using var node = new RawNode(talk => talk.Answer(RawNode.Error(404, "no app \\u001b[31m\\n\\u0000")));
        var result = Run.Holm(node, "app", "show", "a/b\n../x?y");
        Assert.Equal((1, "holm: no app \\x1b[31m\\n\\x00\n"), (result.Code, result.Err));
        Assert.Equal(["GET /1.0/instances/a%2Fb%0A..%2Fx%3Fy?recursion=1"], node.Requests);
    }

    [Fact]
    public void At_signs_brackets_and_dashes_are_plain_words()
    {
        using var node = new RawNode(talk => talk.Answer(RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "config", "set", "@web", "user.a=-t", "user.b=@x").Code);
        Assert.StartsWith("PATCH /1.0/instances/%40web ", node.Requests[0]);
    }

    [Fact]
    public void Debug_prints_the_requests()
    {
        using var node = RawNode.With(("GET /1.0/instances?recursion=2", RawNode.Sync("[]")));
        Assert.StartsWith("debug: GET /1.0/instances?recursion=2\ndebug: 200 sync (", Run.Holm(node, "list", "--debug").Err);
    }
}
