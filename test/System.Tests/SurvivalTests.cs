using System.Text.Json;

namespace System.Tests;

/// <summary>Whatever is killed, whenever: what should live lives, what should be gone is gone.</summary>
public sealed class SurvivalTests
{
    /// <summary>Kills in the storm; <c>./do test --soak</c> raises it to 10,000.</summary>
    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("HOLM_SOAK") is "1" ? "10000" : "200");

    [Fact]
    public async Task Apps_outlive_the_daemon_and_are_taken_up_again()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        var pid = await node.InitPid("web");
        await node.KillDaemon();
        Assert.True(Directory.Exists($"/proc/{pid}"));
        await node.StartDaemon();
        Assert.Equal("Running", await node.Status("web"));
        Assert.Equal(pid, await node.InitPid("web"));
        (await node.Holm("exec", "web", "--", "/bin/true")).Well();
        Assert.Equal(0, await node.EndDaemon("TERM"));
        Assert.True(Directory.Exists($"/proc/{pid}"));
        await node.StartDaemon();
        (await node.Holm("app", "stop", "web")).Well();
    }

    [Fact]
    public async Task SIGPWR_stops_every_app_before_the_daemon_ends()
    {
        await using var node = await TestNode.Start();
        await node.Launch("one");
        await node.Launch("two");
        Assert.Equal(0, await node.EndDaemon("PWR"));
        Assert.Equal("", await node.Residue());
    }

    [Fact]
    public async Task SIGPWR_ends_also_with_an_app_that_does_not_listen_and_one_between_two_starts()
    {
        await using var node = await TestNode.Start();
        await node.Launch("deaf", "sample", "--config", "init.cmd=/bin/sh -c \"trap '' PWR TERM USR2 INT; while :; do sleep 1; done\"",
            "--config", "boot.host_shutdown_timeout=1", "--config", "boot.stop.priority=1");
        await node.Launch("failing", "sample", "--config", "init.cmd=/bin/sh -c \"sleep 0.3; exit 1\"");
        await node.Launch("web");
        Assert.Equal(0, await node.EndDaemon("PWR"));
        Assert.Equal("", await node.Residue());
        await node.LoseRunFolder();
        await node.StartDaemon();
        await Shell.Until("all are back", async () => await node.Status("deaf") == "Running" && await node.Status("web") == "Running" &&
            await node.Status("failing") is "Running" or "Error");
    }

    [Fact]
    public async Task What_ended_while_no_daemon_ran_is_judged_by_how_it_ended()
    {
        await using var node = await TestNode.Start();
        await node.Launch("off");
        await node.Launch("starting", "sample", "--config", "boot.autorestart=false");
        await node.KillDaemon();
        await Shell.Run("lxc-attach", ["-P", node.LxcPath, "-n", "off", "--", "/sbin/poweroff"]);
        // As it is between the record and init: nothing has ended, it is still to be started.
        var record = Path.Combine(node.LxcPath, "starting", "run.json");
        await File.WriteAllTextAsync(record, Text.RegularExpressions.Regex.Replace(
            await File.ReadAllTextAsync(record), "\"StartedAt\":\"[^\"]*\"", "\"StartedAt\":null"));
        await Shell.Run("/bin/kill", ["-9", $"{node.Monitors()["starting"]}"]);
        await Shell.Until("both are down", () => Task.FromResult(node.Monitors().Count == 0));
        await node.StartDaemon();
        await Shell.Until("it runs", async () => await node.Status("starting") == "Running");
        Assert.Equal("Stopped", await node.Status("off"));
    }

    [Fact]
    public async Task A_daemon_that_is_killed_while_it_makes_a_namespace_stands_in_no_other_ones_way()
    {
        await using var node = await TestNode.Start(withSample: false);
        for (var i = 0; i < 20; i++)
        {
            await node.KillDaemon();
            node.SpawnDaemon();
            // The process in which a user namespace is born outlives it.
            var pid = node.DaemonPid;
            SpinWait.SpinUntil(() => HasChild(pid), 500);
            await node.KillDaemon();
            await node.StartDaemon();
        }

        static bool HasChild(int pid)
        {
            try
            {
                return Directory.EnumerateDirectories($"/proc/{pid}/task").Any(t => File.ReadAllText(t + "/children").Length > 0);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_rename_that_was_cut_short_keeps_the_writes()
    {
        await using var node = await TestNode.Start();
        await node.Launch("old", "sample", "--pool", "default");
        await node.In("old", "echo hello > /root/note");
        (await node.Holm("app", "stop", "old")).Well();
        await node.KillDaemon();
        Directory.Move(Path.Combine(node.State, "pools/default/old"), Path.Combine(node.State, "pools/default/.old>new"));
        await node.StartDaemon();
        (await node.Holm("app", "rename", "old", "new")).Well();
        (await node.Holm("app", "start", "new")).Well();
        Assert.Equal("hello\n", await node.In("new", "cat /root/note"));
    }

    [Fact]
    public async Task A_frozen_app_whose_monitor_is_killed_can_be_stopped()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web", "sample", "--config", "boot.autorestart=false");
        (await node.Holm("app", "freeze", "web")).Well();
        await Shell.Run("/bin/kill", ["-9", $"{node.Monitors()["web"]}"]);
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task A_reboot_brings_back_what_should_run_and_nothing_else()
    {
        await using var node = await TestNode.Start();
        await node.Launch("enabled");
        (await node.Holm("app", "create", "disabled", "sample", "--no-enable")).Well();
        (await node.Holm("app", "start", "disabled")).Well();
        (await node.Holm("app", "create", "unsaid", "sample")).Well();
        (await node.Holm("config", "unset", "unsaid", "boot.autostart")).Well();
        (await node.Holm("app", "start", "unsaid")).Well();
        await node.EndDaemon("PWR");
        // What a boot does to tmpfs.
        await node.LoseRunFolder();
        await node.StartDaemon();
        await Shell.Until("two are back", async () => await node.Status("enabled") == "Running"
            && await node.Status("unsaid") == "Running");
        Assert.Equal("Stopped", await node.Status("disabled"));
    }

    [Fact]
    public async Task A_killed_monitor_or_init_leaves_nothing_and_the_app_comes_back()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        foreach (var victim in (Func<Task<int>>[])[() => Task.FromResult(node.Monitors()["web"]), () => node.InitPid("web")])
        {
            var before = await node.InitPid("web");
            await Shell.Run("/bin/kill", ["-9", $"{await victim()}"]);
            await Shell.Until("it runs again", async () =>
                await Shell.Run("lxc-info", ["-P", node.LxcPath, "-n", "web", "-p", "-H"]) is { Code: 0 } info &&
                int.TryParse(info.Out, out var pid) && pid > 0 && pid != before && await node.Status("web") == "Running");
        }
        (await node.Holm("app", "stop", "web")).Well();
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task A_stopped_monitor_holds_up_no_question_and_no_stop()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        var init = await node.InitPid("web");
        await Shell.Run("/bin/kill", ["-STOP", $"{node.Monitors()["web"]}"]);
        using var list = JsonDocument.Parse((await node.Holm("list", "--format", "json")).Well().Out);
        Assert.Equal(init, list.RootElement[0].GetProperty("state").GetProperty("pid").GetInt32());
        (await node.Holm("app", "stop", "web", "--timeout", "1")).Well();
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task A_storm_of_kills_loses_no_app_and_leaves_nothing()
    {
        const int apps = 20;
        await using var node = await TestNode.Start();
        var names = Enumerable.Range(0, apps).Select(i => $"app{i}").ToArray();
        foreach (var name in names)
            (await node.Holm("app", "create", name, "sample", "--config", "limits.memory=64MiB")).Well();
        (await node.Holm(["app", "start", .. names])).Well();
        var random = new Random(20260101);
        for (var kill = 0; kill < Kills; kill++)
        {
            if (random.Next(10) == 0)
            {
                await node.KillDaemon();
                await node.StartDaemon();
            }
            else
            {
                await KillOne(node, names[random.Next(apps)], monitor: random.Next(2) == 0);
            }
            if (random.Next(4) == 0)
                await Task.Delay(random.Next(200));
        }
        // Quick failures add up: whoever was given up is started again by hand, as a person would.
        await Shell.Until("every app runs", async () =>
        {
            foreach (var name in names)
                if (await node.Status(name) is not "Running")
                    await node.Holm("app", "start", name);
            var states = await Task.WhenAll(names.Select(node.Status));
            return states.All(s => s == "Running");
        }, 240);
        foreach (var name in names)
            (await node.Holm("exec", name, "--", "/bin/true")).Well();
        (await node.Holm(["app", "stop", "--force", .. names])).Well();
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
    }

    [Fact]
    public async Task Nothing_is_written_to_flash_while_idle()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        await Task.Delay(1000);
        var before = await Snapshot(node.State);
        var written = await Written(node.DaemonPid);
        await Task.Delay(5000);
        Assert.Equal(before, await Snapshot(node.State));
        Assert.Equal(written, await Written(node.DaemonPid));
        static async Task<string> Snapshot(string folder) => (await Shell.Sh($"find {folder} -printf '%p %s %T@ %C@ %i\\n' | sort")).Out;
        // write_bytes of proc_pid_io(5): bytes this process caused to be sent to storage.
        static async Task<string> Written(int pid) => (await File.ReadAllLinesAsync($"/proc/{pid}/io")).Single(l =>
            l.StartsWith("write_bytes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_nodes_on_one_machine_do_not_touch_each_other()
    {
        await using var left = await TestNode.Start();
        await using var right = await TestNode.Start();
        await left.Launch("web");
        await right.Launch("web");
        var survivor = await right.InitPid("web");
        await left.KillDaemon();
        await left.StartDaemon();
        (await left.Holm("app", "delete", "--force", "web")).Well();
        await Shell.Until("nothing of the left is left", async () => await left.Residue() == "");
        Assert.Equal(survivor, await right.InitPid("web"));
        (await right.Holm("exec", "web", "--", "/bin/true")).Well();
        var second = await Shell.Run(
            Path.Combine(TestNode.Programs, "holmd"), [], new Dictionary<string, string>
            {
                ["HOLM_STATE"] = right.State,
                ["HOLM_RUN"] = right.RunFolder
            });
        Assert.Equal(1, second.Code);
        Assert.Contains("already", second.Err, StringComparison.Ordinal);
    }

    private static async Task KillOne(TestNode node, string name, bool monitor)
    {
        var pid = monitor
            ? node.Monitors().GetValueOrDefault(name)
            : await Shell.Run("lxc-info", ["-P", node.LxcPath, "-n", name, "-p", "-H"]) is { Code: 0 } info && int.TryParse(info.Out,
                out var init) ? init : 0;
        if (pid > 1)
            await Shell.Run("/bin/kill", ["-9", $"{pid}"]);
    }
}
