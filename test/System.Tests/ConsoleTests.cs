namespace System.Tests;

/// <summary>The console of an app, typed into through a real terminal.</summary>
public sealed class ConsoleTests
{
    [Fact]
    public async Task Attach_shows_the_recent_screen_takes_a_login_and_leaves_on_prefix_q()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        await Shell.Until("the console asks for a login", async () => (await node.Holm("app", "logs", "web")).Out.Contains("login:",
            StringComparison.Ordinal));
        using var terminal = Terminal(node, "app attach web");
        await terminal.Sees("Type <Ctrl+p q> to exit the console, <Ctrl+p Ctrl+p> to enter Ctrl+p itself");
        await terminal.Sees("login:");
        await terminal.Types("root\r");
        await terminal.Sees("#");
        await terminal.Types("echo $((40+2))-$(hostname); tty\r");
        await terminal.Sees("42-web");
        await terminal.Types("\u0010q");
        Assert.Equal(0, await terminal.Ends());
        Assert.Equal("Running", await node.Status("web"));
    }

    [Fact]
    public async Task Two_attach_the_second_watches_and_types_once_the_first_has_left()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        using var first = Terminal(node, "app attach web");
        await first.Types("\r");
        await first.Sees("login:");
        using var second = Terminal(node, "app attach web");
        await second.Sees("login:");
        await first.Types("root\r");
        await second.Sees("#");
        await first.Types("echo seen-by-$((1+1))\r");
        await second.Sees("seen-by-2");
        await first.Types("\u0010\u0011");
        Assert.Equal(0, await first.Ends());
        await second.Types("echo typed-by-$((1+1))\r");
        await second.Sees("typed-by-2");
        await second.Types("\u0010q");
        Assert.Equal(0, await second.Ends());
    }

    [Fact]
    public async Task Who_types_and_leaves_at_once_does_no_harm()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        var first = await node.InitPid("web");
        for (var i = 0; i < 60; i++)
        {
            using var terminal = Terminal(node, "app attach web");
            await terminal.Sees("Type <Ctrl+p q>");
            await terminal.Types("root\r\u0010q");
            Assert.Equal(0, await terminal.Ends());
        }
        Assert.Equal(("Running", first), (await node.Status("web"), await node.InitPid("web")));
    }

    [Fact]
    public async Task A_killed_daemon_ends_the_attach_and_says_so()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        using var terminal = Terminal(node, "app attach web");
        await terminal.Types("\r");
        await terminal.Sees("login:");
        await node.KillDaemon();
        Assert.NotEqual(0, await terminal.Ends());
    }

    [Fact]
    public async Task Exec_on_a_terminal_has_job_control_and_the_terminals_size()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        using var terminal = Terminal(node, "exec web -- /bin/sh", "stty rows 33 cols 99;");
        await terminal.Types("stty size; tty\r");
        await terminal.Sees("33 99");
        await terminal.Sees("/dev/pts/");
        await terminal.Types("sleep 1000\r");
        await Task.Delay(500);
        await terminal.Types("\u001a");
        await terminal.Sees("Stopped");
        await terminal.Types("fg\r");
        await Task.Delay(500);
        await terminal.Types("\u0003");
        await terminal.Types("exit 7\r");
        Assert.Equal(7, await terminal.Ends());
    }

    private static TypedTerminal Terminal(TestNode node, string line, string before = "") =>
        new(Shell.Start("script", ["-qefc", $"{before} exec {TestNode.Programs}/holm {line}", "/dev/null"], node.Environment));
}
