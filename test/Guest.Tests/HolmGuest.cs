using System.Text.Json;

namespace Guest.Tests;

/// <summary>A guest with Holm's published programs in it, and a node that keeps its state on the state disk.</summary>
public sealed class HolmGuest : IAsyncDisposable
{
    private HolmGuest(Guest guest) => Guest = guest;

    /// <summary>The machine.</summary>
    public Guest Guest { get; }

    /// <summary>Boots, and starts the daemon.</summary>
    /// <param name="state">Disk for its state.</param>
    /// <param name="ports">Network ports; see <see cref="GuestOptions.Ports"/>.</param>
    public static async Task<HolmGuest> Boot(StateDisk state, int ports = 0)
    {
        var programs = Path.Combine(Repository.Root, "out");
        string[] all = ["holm", "holmd", "holm-init", "holm-launch", "holm-monitor", "holm-proxy"];
        var payload = all.ToDictionary(p => "bin/" + p, p => Path.Combine(programs, p));
        payload["sample.squashfs"] = Path.Combine(programs, "sample.squashfs");
        var holm = new HolmGuest(await Guest.Boot(new GuestOptions { Payload = payload, State = state, Ports = ports }));
        try
        {
            await holm.StartDaemon();
            return holm;
        }
        catch
        {
            await holm.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Runs a script beside the node; anything but exit code 0 fails the test. Shell variable <c>id</c> is the node's short id.
    /// </summary>
    public Task<string> Must(string script, TimeSpan? deadline = null) =>
        Guest.Must(Prelude + script, deadline ?? TimeSpan.FromMinutes(2));

    /// <summary>Runs a script that may end otherwise.</summary>
    public Task<GuestResult> Run(string script) => Guest.Run(Prelude + script, TimeSpan.FromMinutes(2));

    /// <summary>Makes an app of an image and starts it.</summary>
    public Task Launch(string app, string options = "") =>
        Must($"holm app create {app} sample {options} && timeout 60 holm app start {app}");

    /// <summary>Host process id of an app's init.</summary>
    public async Task<int> Init(string app) => int.Parse(await Must($"lxc-info -P /run/holm/instances -n {app} -p -H"));

    /// <summary>What the API says, through the command line.</summary>
    public async Task<JsonElement> Json(string arguments)
    {
        using var document = JsonDocument.Parse(await Must($"holm {arguments} --format json"));
        return document.RootElement.Clone();
    }

    /// <summary>Names and states of the apps, sorted.</summary>
    public async Task<IReadOnlyList<string>> Apps() =>
        [.. (await Json("list")).EnumerateArray().Select(a => $"{a.GetProperty("name")} {a.GetProperty("status")}").Order()];

    /// <summary>Waits until a script answers so.</summary>
    public async Task Until(string script, string expected)
    {
        var last = "";
        for (var i = 0; i < 100; i++)
        {
            last = (await Run(script)).Output.Trim();
            if (last == expected)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }
        Assert.Fail($"{script}\ndid not come to say '{expected}'; last: '{last}'\nthe daemon said:\n{await Guest.Must(
            "cat /run/holmd.log")}");
    }

    /// <summary>Does to the node what an orderly reboot does: the apps are stopped, HOLM_RUN is empty, the clock says something.</summary>
    /// <param name="clock">Seconds since 1970.</param>
    public async Task BootAgain(long clock)
    {
        await Must(
            $"""
            pid=$(holm info --format json | jq .environment.server_pid)
            kill -PWR $pid
            for i in $(seq 600); do [ -d /proc/$pid ] || break; sleep 0.1; done
            [ ! -d /proc/$pid ] && rm -rf /run/holm && date -s @{clock}
            """);
        await StartDaemon();
    }

    /// <summary>Takes the power away at this instant.</summary>
    public ValueTask PowerCut() => Guest.PowerCut();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Guest.DisposeAsync();

    private const string Prelude =
        """
        export HOLM_STATE=/state/holm HOLM_RUN=/run/holm
        id=$(cat /state/holm/id 2>/dev/null)

        """;

    /// <summary>kill -9 of the daemon.</summary>
    public Task KillDaemon() => Must("pid=$(holm info --format json | jq .environment.server_pid); kill -9 $pid; " +
        "while [ -d /proc/$pid ]; do sleep 0.1; done");

    /// <summary>Starts the daemon and waits until it answers.</summary>
    public async Task StartDaemon()
    {
        var started = await Run(
            """
            (setsid holmd < /dev/null > /run/holmd.log 2>&1 &)
            for i in $(seq 300); do grep -q ' answers on ' /run/holmd.log && exit 0; sleep 0.1; done
            cat /run/holmd.log; exit 1
            """);
        Assert.True(started.ExitCode == 0, $"holmd does not start:\n{started.Output}");
    }
}
