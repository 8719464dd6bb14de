namespace System.Tests;

/// <summary>Flakes at a terminal, under a shell with job control.</summary>
public sealed class LaunchTerminalTests
{
    [Fact]
    public async Task A_terminal_is_the_programs_with_its_keys_size_and_jobs()
    {
        await using var flakes = await FlakeNode.Start();
        using var terminal = await Open(flakes);
        await terminal.Types("stty rows 33 cols 99; box\n", "$ ");
        await terminal.Types("PS1='in''side> '\n", "inside> ");
        await terminal.Types("stty size; tty | sed s/[0-9]*$/N/\n", "33 99\n/dev/pts/N\ninside> ");
        await terminal.Types("sleep 1000\n");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await terminal.Types("\x1a", "inside> ");
        await terminal.Types("jobs | grep -c Stopped\n", "1\ninside> ");
        await terminal.Types("fg\n");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        await terminal.Types("\x03", "inside> ");
        await terminal.Types("exit 9\n", "host> ");
        await terminal.Types("echo code $?; stty -a | grep -o -e -icanon -e icanon\n", "code 9\nicanon\nhost> ");
    }

    [Fact]
    public async Task A_program_stops_goes_on_and_is_interrupted_as_natively()
    {
        await using var flakes = await FlakeNode.Start();
        using var terminal = await Open(flakes);
        foreach (var line in (string[])["box -c 'echo go; sleep 1000'", "box -c 'echo go; sleep 1000' | cat"])
        {
            await terminal.Types(line + "\n", "go\n");
            await terminal.Types("\x1a", "host> ");
            await terminal.Types("jobs | grep -c Stopped; stty -a | grep -o -e -icanon -e icanon\n", "1\nicanon\nhost> ");
            await terminal.Types("fg\n");
            await Task.Delay(300, TestContext.Current.CancellationToken);
            await terminal.Types("\x03", "host> ");
            await terminal.Types("echo code $?\n", "code 130\nhost> ");
        }
        // Behind the shell it goes on without the keys, and has them again in front.
        await terminal.Types("box -c 'echo go; read a; echo got $a'\n", "go\n");
        await terminal.Types("\x1a", "host> ");
        await terminal.Types("bg; sleep 1; jobs | grep -c Running\n", "1\nhost> ");
        await terminal.Types("fg\n");
        await Task.Delay(800, TestContext.Current.CancellationToken);
        await terminal.Types("it\n", "got it\nhost> ");
        await terminal.Types("box -c 'sleep 0.3; exit 3' & wait $!; echo code $?\n", "code 3\nhost> ");
        // The loop ends with the program, which only its death by the signal tells.
        await terminal.Types("for i in 1 2 3; do box -c \"echo go $i; sleep 1000\"; done\n", "go 1\n");
        await terminal.Types("\x03", "host> ");
        Assert.DoesNotContain("go 2", terminal.Screen.Replace("$i", "", StringComparison.Ordinal), StringComparison.Ordinal);
        await terminal.Types("box -c 'trap \"echo caught\" INT; echo go; sleep 1; sleep 1; exit 6'\n", "go\n");
        await terminal.Types("\x03", "host> ");
        await terminal.Types("echo code $?\n", "code 6\nhost> ");
        Assert.Contains("caught", terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_that_is_gone_takes_the_program_along()
    {
        await using var flakes = await FlakeNode.Start();
        using (var terminal = await Open(flakes))
        {
            await terminal.Types("box -c 'echo go; sleep 1000'\n", "go\n");
            Assert.Single(await flakes.Instances());
            terminal.Cut();
        }
        await flakes.NoneLeft();
    }

    /// <summary>An interactive shell of the host, with command <c>box</c>.</summary>
    private static async Task<TypedTerminal> Open(FlakeNode flakes)
    {
        await flakes.Register("box", "--target", "/bin/sh");
        return await flakes.Terminal();
    }
}
