using System.Text.Json;

namespace System.Tests;

/// <summary>An app's life through the command line: made, started, entered, frozen, stopped, deleted.</summary>
public sealed class LifeTests
{
    [Fact]
    public async Task Two_apps_of_one_image_live_apart()
    {
        await using var node = await TestNode.Start();
        await node.Launch("one");
        await node.Launch("two");
        await node.In("one", "echo mine > /root/note");
        Assert.Equal(2, (await node.Holm("exec", "two", "--", "/bin/cat", "/root/note")).Code is 0 ? 0 : 2);
        Assert.Equal("one\n", await node.In("one", "hostname"));
        Assert.Equal("Running", await node.Status("two"));
        var mounts = File.ReadLines("/proc/self/mountinfo").Count(l => l.Contains(node.RunFolder, StringComparison.Ordinal));
        Assert.Equal(1, mounts);
    }

    [Fact]
    public async Task Exec_gives_exact_codes_and_keeps_streams_apart()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        var ran = await node.Holm("exec", "web", "--", "/bin/sh", "-c", "echo out; echo err >&2; exit 37");
        Assert.Equal((37, "out\n", "err\n"), (ran.Code, ran.Out, ran.Err));
        Assert.Equal(127, (await node.Holm("exec", "web", "--", "/no/such/program")).Code);
        Assert.Equal(126, (await node.Holm("exec", "web", "--", "/etc/passwd")).Code);
        Assert.Equal(128 + 15, (await node.Holm("exec", "web", "--", "/bin/sh", "-c", "kill -TERM $$")).Code);
        Assert.Equal(0, (await node.Holm("exec", "web", "--", "/bin/sh", "-c", "yes | head -1 > /dev/null")).Code);
        var through = await node.HolmWith(new string('x', 300_000), "exec", "web", "--", "/bin/cat");
        Assert.Equal(300_000, through.Well().Out.Length);
    }

    [Fact]
    public async Task A_restart_that_could_not_start_again_is_refused_and_the_app_goes_on()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        (await node.Holm("config", "device", "remove", "web", "root")).Well();
        var refused = await node.Holm("app", "restart", "web");
        Assert.Equal(1, refused.Code);
        Assert.StartsWith("holm: start web: it has no root disk", refused.Err);
        Assert.Equal("Running", await node.Status("web"));
    }

    [Theory]
    [InlineData("line\n", "line\r\nline\r\n")]
    [InlineData("part", "partpart")]
    public async Task Exec_on_a_terminal_ends_with_an_input_that_is_none(string typed, string seen)
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        Assert.Equal(seen, (await node.HolmWith(typed, "exec", "-t", "web", "--", "/bin/cat")).Well().Out);
    }

    [Fact]
    public async Task Exec_takes_user_folder_and_environment()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web", "sample", "--config", "environment.GREETING=good day");
        Assert.Equal("good day\n", (await node.Holm("exec", "web", "--", "/bin/sh", "-c", "echo \"$GREETING\"")).Well().Out);
        Assert.Equal("1000 100 /tmp it\n", (await node.Holm(
            "exec", "web", "--user", "1000", "--group", "100", "--cwd", "/tmp", "--env", "WHAT=it", "--",
            "/bin/sh", "-c", "echo $(id -u) $(id -g) $PWD $WHAT")).Well().Out);
        var nowhere = await node.Holm("exec", "web", "--cwd", "/no/such/folder", "--", "/bin/pwd");
        Assert.Equal((125, "", "holm: enter /no/such/folder: No such file or directory\n"), (nowhere.Code, nowhere.Out, nowhere.Err));
        var nobody = await node.Holm("exec", "web", "--user", "99999", "--", "/bin/true");
        Assert.Equal(125, nobody.Code);
        Assert.Contains("id 99999 does not exist there", nobody.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_written_to_pool_ram_is_gone_at_the_next_start_and_pool_default_keeps_it()
    {
        await using var node = await TestNode.Start();
        await node.Launch("brief");
        await node.Launch("kept", "sample", "--pool", "default");
        foreach (var app in (string[])["brief", "kept"])
        {
            await node.In(app, "echo hello > /root/note");
            (await node.Holm("app", "restart", app)).Well();
        }
        Assert.Equal(1, (await node.Holm("exec", "brief", "--", "/bin/cat", "/root/note")).Code);
        Assert.Equal("hello\n", await node.In("kept", "cat /root/note"));
        Assert.Equal("0", (await Shell.Sh($"stat -c %u {node.State}/pools/default/kept/u/root/note")).Out.Trim());
    }

    [Fact]
    public async Task Freeze_holds_every_process_and_unfreeze_lets_them_go()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        (await node.Holm("app", "freeze", "web")).Well();
        Assert.Equal("Frozen", await node.Status("web"));
        Assert.Contains("FROZEN", (await Shell.Run("lxc-info", ["-P", node.LxcPath, "-n", "web", "-s"])).Out, StringComparison.Ordinal);
        var refused = await node.Holm("exec", "web", "--", "/bin/true");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("frozen", refused.Err, StringComparison.Ordinal);
        (await node.Holm("app", "unfreeze", "web")).Well();
        Assert.Equal("Running", await node.Status("web"));
        (await node.Holm("exec", "web", "--", "/bin/true")).Well();
        (await node.Holm("app", "freeze", "web")).Well();
        (await node.Holm("app", "stop", "web")).Well();
        Assert.Equal("Stopped", await node.Status("web"));
    }

    [Fact]
    public async Task A_stop_is_asked_for_before_it_is_forced()
    {
        await using var node = await TestNode.Start();
        const string script = "trap 'echo asked > /dev/console; exit' TERM; echo up > /dev/console; while :; do sleep 0.1; done";
        await node.Launch("polite", "sample", "--config", $"init.cmd=/bin/sh -c \"{script}\"", "--config", "init.signal.halt=SIGTERM");
        await Shell.Until("it waits for the signal", async () =>
            (await node.Holm("app", "logs", "polite")).Out.Contains("up", StringComparison.Ordinal));
        (await node.Holm("app", "stop", "polite")).Well();
        Assert.Contains("asked", (await node.Holm("app", "logs", "polite")).Well().Out, StringComparison.Ordinal);
        // Process 1 does not hear what it has no handler for.
        await node.Launch("deaf", "sample", "--config", "init.cmd=/bin/sleep 1000", "--config", "init.signal.halt=SIGTERM");
        (await node.Holm("app", "stop", "deaf", "--timeout", "1")).Well();
        Assert.Equal("Stopped", await node.Status("deaf"));
    }

    [Fact]
    public async Task A_stop_of_LXDs_that_is_given_a_time_kills_nobody_and_two_wishes_at_once_are_told_apart()
    {
        await using var node = await TestNode.Start();
        await node.Launch("deaf", "sample", "--config", "init.cmd=/bin/sleep 1000");
        var init = await node.InitPid("deaf");
        await node.IsRefused("deaf", "has not ended within 1 s and goes on", "stop", "deaf", "--timeout", "1");
        await node.IsRefused("deaf", "has not ended within 1 s and goes on", "restart", "deaf", "--timeout", "1");
        Assert.Equal(init, await node.InitPid("deaf"));
        Assert.Equal("Running", await node.Status("deaf"));

        // What is being stopped can be looked into, and takes no other wish but a stronger one.
        var stop = node.TryLxc("stop", "deaf", "--timeout", "600");
        await Shell.Until("it is being stopped", async () => await node.Status("deaf") == "Stopping");
        Assert.Equal("here\n", await node.In("deaf", "echo here"));
        foreach (var verb in (string[])["start", "restart"])
            Assert.Contains("busy running a \"stop\" operation", (await node.TryLxc(verb, "deaf")).Err, StringComparison.Ordinal);
        await node.Lxc("stop", "deaf", "--force");
        Assert.Equal(0, (await stop).Code);

        // Who asked for a restart does not hear that it has, nor waits for ever.
        await node.Lxc("start", "deaf");
        var restart = node.TryLxc("restart", "deaf", "--timeout", "600");
        await Shell.Until("it is being stopped", async () => await node.Status("deaf") == "Stopping");
        await node.Lxc("stop", "deaf", "--force");
        Assert.Contains("it was stopped meanwhile", (await restart).Err, StringComparison.Ordinal);
        Assert.Equal("Stopped", await node.Status("deaf"));
    }

    [Fact]
    public async Task Reboot_inside_reboots_and_poweroff_inside_stays_off()
    {
        await using var node = await TestNode.Start();
        await node.Launch("web");
        var first = await node.InitPid("web");
        await node.Holm("exec", "web", "--", "/sbin/reboot");
        await Shell.Until("a new init runs", async () =>
            await Shell.Run("lxc-info", ["-P", node.LxcPath, "-n", "web", "-p", "-H"]) is { Code: 0 } info &&
            int.TryParse(info.Out, out var pid) && pid > 0 && pid != first);
        Assert.Equal("Running", await node.Status("web"));
        await node.Holm("exec", "web", "--", "/sbin/poweroff");
        await Shell.Until("it is off", async () => await node.Status("web") == "Stopped");
    }

    [Fact]
    public async Task A_failing_app_is_restarted_with_pauses_and_the_reason_is_shown()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "bad", "sample", "--config", "init.cmd=/bin/false")).Well();
        await node.Holm("app", "start", "bad");
        await Shell.Until("the reason is told", async () =>
        {
            using var list = JsonDocument.Parse((await node.Holm("list", "--format", "json")).Well().Out);
            var bad = list.RootElement.EnumerateArray().Single();
            return bad.GetProperty("status").GetString() == "Error" && bad.GetProperty("reason").GetString()!.Contains("exit code 1",
                StringComparison.Ordinal);
        });
        (await node.Holm("app", "stop", "bad")).Well();
        Assert.Equal("Stopped", await node.Status("bad"));
    }

    [Fact]
    public async Task A_start_ends_also_when_init_ends_at_once()
    {
        await using var node = await TestNode.Start();
        foreach (var (name, init) in (ValueTuple<string, string>[])[("well", "/bin/true"), ("badly", "/bin/false")])
        {
            (await node.Holm("app", "create", name, "sample", "--config", $"init.cmd={init}", "--config", "boot.autorestart=false")).Well();
            (await node.Holm("app", "start", name)).Well();
            await Shell.Until($"{name} is off", async () => await node.Status(name) == "Stopped");
        }
    }

    [Fact]
    public async Task A_start_that_cannot_be_says_what_and_why()
    {
        await using var node = await TestNode.Start();
        (await node.Holm("app", "create", "lost", "sample", "--no-enable", "--config", "boot.autorestart=false", "--config",
            "init.cmd=/no/such/init")).Well();
        var start = await node.Holm("app", "start", "lost");
        Assert.Equal(1, start.Code);
        Assert.Contains("lost", start.Err, StringComparison.Ordinal);
        await Shell.Until("nothing is left", async () => await node.Residue() == "");
        Assert.Equal("Error", await node.Status("lost"));
    }
}
