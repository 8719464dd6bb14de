namespace System.Tests;

/// <summary>Flakes with <c>life: attach</c>: a command goes on without its caller, and the next call joins it.</summary>
public sealed class LaunchAttachTests
{
    [Fact]
    public async Task A_command_goes_on_without_its_caller_and_the_next_call_joins_it()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("box", "--target", "/bin/sh", "--attach");
        using var first = await flakes.Terminal();
        await first.Types("box\n", "$ ");
        await first.Types("PS1='in''side> '\n", "inside> ");
        await first.Types("a=41; trap 'echo bye' EXIT\n", "inside> ");
        await first.Types("\x10q", "host> ");
        await first.Types("echo code $?; stty -a | grep -o -e -icanon -e icanon\n", "code 0\nicanon\nhost> ");
        Assert.Equal(["box"], await flakes.Instances());

        // Another terminal, of another size.
        using var second = await flakes.Terminal();
        await second.Types("stty rows 31 cols 91; box\n");
        await second.Types("echo $((a+1)); stty size\n", "42\n31 91\ninside> ");

        // It moves; who had it is told, and the program does not notice.
        await first.Types("box\n");
        await second.Ends("it goes on in the terminal that has joined it\nhost> ");
        await first.Types("echo $((a+2))\n", "43\ninside> ");

        // A window that is closed takes nothing along, and no daemon is needed.
        first.Cut();
        await second.Types("box\n");
        await second.Types("echo $((a+3))\n", "44\ninside> ");
        await flakes.Node.KillDaemon();
        await flakes.Node.StartDaemon();
        await second.Types("echo $((a+4))\n", "45\ninside> ");
        await second.Types("exit 7\n", "bye\nhost> ");
        await second.Types("echo code $?\n", "code 7\nhost> ");
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task One_that_has_ended_is_begun_anew_at_once()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("box", "--target", "/bin/sh", "--attach");
        using var terminal = await flakes.Terminal();
        await terminal.Types("for i in 1 2 3 4 5 6 7 8 9 10; do box -c \"exit $i\"; printf '%s ' $?; done; echo\n",
            "1 2 3 4 5 6 7 8 9 10 \nhost> ");
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task What_nobody_reads_holds_it_up_no_longer()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("box", "--target", "/bin/sh", "--attach");
        using var terminal = await flakes.Terminal();
        await terminal.Types("box -c 'echo go; read x; head -c 3000000 /dev/zero; exit 5'\n", "go\n");
        await terminal.Types("\n\x10q", "host> ");
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task Where_there_is_no_terminal_nobody_joins()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("box", "--target", "/bin/sh", "--attach");
        using var piped = flakes.Begin("box", "-c", "read x; exit 6");
        await Shell.Until("it runs", async () => (await flakes.Instances()).Count == 1);
        using var terminal = await flakes.Terminal();
        await terminal.Types("box; echo code $?\n",
            "holm: it runs, and cannot be joined: it was not called in a terminal\ncode 125\nhost> ");
        var other = await flakes.Bash("box");
        Assert.Equal((125, "holm: it runs, and cannot be joined: it was not called in a terminal\n"), (other.Code, other.Err));
        await piped.StandardInput.WriteLineAsync("x");
        await piped.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(6, piped.ExitCode);

        await terminal.Types("box\n", "$ ");
        var pipe = await flakes.Bash("box");
        Assert.Equal((125, "holm: it runs, and is joined in a terminal only\n"), (pipe.Code, pipe.Err));
        await terminal.Types("\x10q", "host> ");
        (await flakes.Node.Holm("flake", "reset", "box")).Well();
        await flakes.NoneLeft();
    }
}
