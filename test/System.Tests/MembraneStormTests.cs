using System.Globalization;

namespace System.Tests;

/// <summary>
/// Kills at random where apps have all that they can have. What is killed: the daemon, monitors, inits, and what serves and asks for
/// addresses. It is a <see cref="MembraneNode"/> that says what there is and what has to hold.
/// </summary>
public sealed class MembraneStormTests(ITestOutputHelper output)
{
    private static bool IsSoak => Environment.GetEnvironmentVariable("HOLM_SOAK") is "1";

    /// <summary>Kills in the storm; <c>./do test --soak</c> raises it to 10,000, or to what fits into an hour.</summary>
    private static int Kills => IsSoak ? 10_000 : 150;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Random _random = new(20260103);

    [Fact]
    public async Task A_storm_of_kills_leaves_every_nic_port_and_share_once_and_nothing_in_the_end()
    {
        await using var node = await TestNode.Start(ownHost: true);
        await using var world = await World.Beside(node);
        using var host = new HostFolder();
        var membranes = await MembraneNode.Make(node, world, host);
        await membranes.AllHold();

        var begun = DateTime.UtcNow;
        var (kills, killed) = (0, 0);
        for (; kills < Kills && (!IsSoak || DateTime.UtcNow - begun < Longest); kills++)
        {
            killed += await KillSomething(node, membranes);
            if (_random.Next(4) == 0)
                await Task.Delay(_random.Next(200));
            // Quick failures add up: whoever was given up is started again by hand, as a person would.
            if (kills % 10 == 9)
                await node.Holm(["app", "start", .. MembraneNode.Apps]);
            if (kills % 1000 == 999)
                await membranes.AllHold();
        }
        output.WriteLine($"{killed} processes killed in {kills} kills and {(DateTime.UtcNow - begun).TotalSeconds:F0} s");
        // Some find an app between two starts.
        Assert.True(killed > kills / 2, $"{killed} processes were killed in {kills} kills");
        await membranes.AllHold();
        await membranes.EndsWithNothingLeft();
    }

    /// <summary>Kills one process or several at once.</summary>
    /// <returns>How many were there to be killed.</returns>
    private async Task<int> KillSomething(TestNode node, MembraneNode membranes)
    {
        var app = MembraneNode.Apps[_random.Next(MembraneNode.Apps.Count)];
        var what = _random.Next(20);
        List<int> victims =
        [
            .. what is < 3 or 18 ? membranes.Monitors(app) : [],
            .. what is >= 3 and < 7 or 18 ? membranes.Inits(app) : [],
            .. what is >= 7 and < 11 ? await membranes.Servers(MembraneNode.Served[_random.Next(MembraneNode.Served.Count)]) : [],
            .. what is >= 11 and < 13 ? await membranes.Clients() : [],
            .. what is 19 ? MembraneNode.Apps.SelectMany(a => (int[])[.. membranes.Inits(a), .. membranes.Monitors(a)]) : [],
        ];
        var daemon = what >= 13;
        // In the midst of what it does because of the others, before them, or with them.
        var order = _random.Next(3);
        if (daemon && order == 0)
            await node.KillDaemon();
        if (victims.Count > 0)
            await Shell.Run("/bin/kill", ["-9", .. victims.Select(v => v.ToString(CultureInfo.InvariantCulture))]);
        if (daemon && order != 0)
        {
            if (order == 1)
                await Task.Delay(_random.Next(60));
            await node.KillDaemon();
        }
        if (daemon)
            await node.StartDaemon();
        return victims.Count + (daemon ? 1 : 0);
    }
}
