namespace System.Tests;

/// <summary>Launches without a pause, while whatever takes part in them is killed.</summary>
public sealed class LaunchStormTests
{
    private static int Kills => Environment.GetEnvironmentVariable("HOLM_SOAK") is { Length: > 0 } ? 1000 : 40;

    [Fact]
    public async Task A_storm_of_kills_hangs_no_caller_and_leaves_nothing()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("work", "--target", "/bin/sh", "--argument=-c", "--argument", "echo begun; sleep 0.2; echo ended; exit 7");
        await flakes.Register("kept", "--target", "/bin/sh", "--resume", "--argument=-c", "--argument", "echo begun; sleep 0.1; exit 7");
        using var over = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 6).Select(i => Call(flakes, i % 3 == 0 ? "kept" : "work", over.Token)).ToList();
        var random = new Random(Kills);
        for (var i = 0; i < Kills; i++)
        {
            await Task.Delay(random.Next(10, 400), TestContext.Current.CancellationToken);
            if (i % 4 == 0)
            {
                await flakes.Node.KillDaemon();
                await flakes.Node.StartDaemon();
            }
            else if (flakes.Node.Monitors().Values.ToList() is { Count: > 0 } monitors)
            {
                // A monitor, or what it started.
                var victim = monitors[random.Next(monitors.Count)];
                await Shell.Sh(i % 4 == 1 ? $"kill -9 {victim}" : $"kill -9 $(cat /proc/{victim}/task/{victim}/children) 2>/dev/null");
            }
        }
        await over.CancelAsync();
        var (whole, all) = (0, 0);
        foreach (var (wholeOnes, calls) in await Task.WhenAll(callers))
            (whole, all) = (whole + wholeOnes, all + calls);
        Assert.InRange(whole, 1, all);
        (await flakes.Node.Holm("flake", "reset", "kept")).Well();
        await flakes.NoneLeft();
        // Nobody is the worse for it.
        Assert.Equal(7, (await flakes.Bash("work")).Code);
    }

    [Fact]
    public async Task An_init_that_is_killed_on_its_way_up_together_with_the_daemon_is_taken_down()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("work", "--target", "/bin/sleep", "--argument", "1000");
        var call = flakes.Bash("work");
        await Shell.Until("it runs", async () => (await flakes.Instances()).Count == 1 && await IsUp(flakes.Node));
        await flakes.Node.KillDaemon();
        // What such a moment leaves: a monitor that waits for a child it will never hear of, and a record that nobody came to complete.
        var (name, monitor) = flakes.Node.Monitors().Single();
        (await Shell.Sh($"kill -STOP {monitor} && kill -9 $(cat /proc/{monitor}/task/{monitor}/children) && " +
            $"sed -i 's/\"StartedAt\":\"[^\"]*\"/\"StartedAt\":null/' {flakes.Node.LxcPath}/{name}/run.json")).Well();
        await flakes.Node.StartDaemon();
        await flakes.NoneLeft();
        Assert.Equal(125, (await call).Code);
        Assert.Empty(flakes.Node.Monitors());
    }

    private static async Task<bool> IsUp(TestNode node) =>
        await Shell.Sh($"grep -q '\"StartedAt\":\"' {node.LxcPath}/*/run.json") is { Code: 0 };

    /// <summary>Calls again and again: every call ends, one that says it is well has run to its end. How many did, of how many.</summary>
    private static async Task<(int Whole, int All)> Call(FlakeNode flakes, string command, CancellationToken over)
    {
        var (whole, all) = (0, 0);
        for (; !over.IsCancellationRequested; all++)
        {
            var ran = await flakes.Bash(command);
            Assert.True(ran.Code is 7 or 125 or 137, $"{command} ended with {ran.Code}: {ran.Out}{ran.Err}");
            if (ran.Code != 7)
                continue;
            Assert.Equal(command == "work" ? "begun\nended\n" : "begun\n", ran.Out);
            whole++;
        }
        return (whole, all);
    }
}
