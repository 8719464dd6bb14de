using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace System.Tests;

/// <summary>A flake's command beside the same program natively: whoever calls it sees no difference.</summary>
public sealed class LaunchTests
{
    private static readonly string[] Lines =
    [
        "sh -c 'exit 0'; echo $?; sh -c 'exit 3'; echo $?; sh -c 'exit 255'; echo $?",
        "printf '%s|' a 'b c' '' '*' \"$(printf 'n\\nl')\" $'\\xff\\xfe' '\\' '\"' \"'\"",
        "printf '%s|' --help -x -- @y %z '%progress' | od -c",
        "sh -c 'echo out; echo err >&2' 2>/dev/null; sh -c 'echo out; echo err >&2' 2>&1 >/dev/null",
        "echo one two | tr a-z A-Z | cat; echo ${PIPESTATUS[@]}",
        "yes | head -n 2; echo ${PIPESTATUS[@]}",
        "sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -KILL $$'; echo $?; sh -c 'kill -USR1 $$'; echo $?",
        "seq 1 5 | sh -c 'read a; read b; echo $a $b; cat'",
        "sh -c 'cat; echo end' </dev/null; echo $?",
        "sh -c 'test -t 0; echo $?; test -t 1; echo $?; test -p /dev/stdout; echo $?' | cat",
        "sh -c 'echo x' >&- 2>/dev/null; echo $?; sh -c cat <&- 2>/dev/null; echo $?; sh -c 'echo x >&2' 2>&-; echo $?",
        "(ulimit -n 77; sh -c 'ulimit -n'; ulimit -S -c 0; sh -c 'ulimit -S -c; ulimit -t')",
        "(trap '' INT USR1; sh -c 'kill -INT $$; kill -USR1 $$; echo alive'); echo $?",
        "d=$(mktemp -d); cd $d; rmdir $d; sh -c 'echo here'; cd /",
        "umask 027; sh -c umask; umask 077; sh -c umask",
        "seq 20000 | sort -rn | head -n 3; echo ${PIPESTATUS[1]}",
        "true; echo $?; false; echo $?",
        "nohup sh -c 'sleep 1; echo survived' 2>/dev/null & p=$!; sleep 0.5; kill -HUP $p; wait $p; echo $?",
        "sh -c 'sleep 0.2; echo late' & sh -c 'echo early'; wait; echo done",
        "timeout -s INT 1 sh -c 'trap \"echo got; exit 9\" INT; sleep 5 & wait'; echo $?",
        "sh -c 'sleep 5' & p=$!; sleep 0.5; kill -TERM $p; wait $p; echo $?",
    ];

    [Fact]
    public async Task A_command_behaves_as_natively()
    {
        await using var flakes = await FlakeNode.Start();
        string[] names = ["sh", "printf", "cat", "tr", "yes", "head", "seq", "sort", "true", "false", "od"];
        (await flakes.Node.Holm(["flake", "register", "box", "--image", "busybox",
            .. names.SelectMany(n => (string[])["--app", $"{Path.Combine(flakes.Commands, n)}=/bin/{n}"])])).Well();
        var native = Path.Combine(flakes.Node.State, "native");
        Directory.CreateDirectory(native);
        foreach (var name in names)
            File.CreateSymbolicLink(Path.Combine(native, name), "/bin/busybox");
        var natively = new Dictionary<string, string> { ["PATH"] = native + ":/usr/bin:/bin" };
        foreach (var line in Lines)
        {
            var wanted = await FlakeNode.Native(line, natively, "");
            var got = await flakes.Bash(line, "");
            Assert.Equal((line, wanted.Code, wanted.Out, AnyPid(wanted.Err)), (line, got.Code, got.Out, AnyPid(got.Err)));
        }
        await flakes.NoneLeft();
    }

    /// <summary>bash names the process that a signal ended.</summary>
    private static string AnyPid(string errors) => Regex.Replace(errors, " *[0-9]{3,} (?=[A-Z])", " PID ");

    [Fact]
    public async Task Bytes_pass_untouched_in_any_number()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("cat", "--target", "/bin/cat");
        await flakes.Register("count", "--target", "/bin/sh", "--argument=-c", "--argument", "echo $#; printf %s \"$1\" | wc -c");
        var noise = Path.Combine(flakes.Node.State, "noise");
        await File.WriteAllBytesAsync(noise, RandomNumberGenerator.GetBytes(20 << 20), TestContext.Current.CancellationToken);
        (await flakes.Bash($"cat < {noise} | cmp - {noise} && cat < {noise} > {noise}.2 && cmp {noise} {noise}.2")).Well();
        // The longest argument the kernel passes, and 2 MiB of them.
        Assert.Equal("2\n131071\n", (await flakes.Bash("count sh $(head -c 131071 /dev/zero | tr '\\0' x) y")).Well().Out);
        const string many = "count sh $(seq 1000000 1015000 | sed s/$/$(printf %0120d 0)/) | head -n 1";
        Assert.Equal("15001\n", (await flakes.Bash(many)).Well().Out);
    }

    [Fact]
    public async Task What_cannot_be_run_is_told_in_one_line_with_the_codes_of_a_shell()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("none", "--target", "/bin/nothing");
        await flakes.Register("text", "--target", "/bin/locked");
        await flakes.Register("lost", "--target", "/bin/sh");
        foreach (var (command, code, word) in ((string, int, string)[])[("none", 127, "/bin/nothing"), ("text", 126, "/bin/locked")])
        {
            var ran = await flakes.Bash(command);
            Assert.Equal((code, ""), (ran.Code, ran.Out));
            Assert.StartsWith("holm: ", ran.Err, StringComparison.Ordinal);
            Assert.Contains(word, ran.Err, StringComparison.Ordinal);
            Assert.Single(ran.Err.TrimEnd('\n').Split('\n'));
        }
        File.CreateSymbolicLink(Path.Combine(flakes.Commands, "stranger"), Path.Combine(TestNode.Programs, "holm-launch"));
        var unknown = await flakes.Bash("stranger");
        Assert.Equal(125, unknown.Code);
        Assert.Contains("no flake has this command", unknown.Err, StringComparison.Ordinal);
        await flakes.Node.EndDaemon("TERM");
        var alone = await flakes.Bash("lost -c true");
        Assert.Equal(125, alone.Code);
        Assert.Contains("no node answers", alone.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_of_Holm_only_lead()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("show", "--target", "/bin/sh", "--argument=-c", "--argument", "echo \"$(hostname)\" \"$@\"",
            "--argument", "sh");
        var host = Environment.MachineName;
        Assert.Equal($"{host} a @b %progress\n", (await flakes.Bash("show a @b %progress")).Well().Out);
        Assert.Equal($"{host} @b\n", (await flakes.Bash("show @@b")).Well().Out);
        Assert.Equal($"{host} %b\n", (await flakes.Bash("show %%b")).Well().Out);
        Assert.Equal($"{host} @b\n", (await flakes.Bash("show -- @b")).Well().Out);
        Assert.Equal($"{host} -- -b\n", (await flakes.Bash("show -- -b")).Well().Out);
        Assert.Equal($"{host} -b\n", (await flakes.Bash("show @name %progress -- -b")).Well().Out);
        Assert.Equal($"{host} @scope/package\n", (await flakes.Bash("show @scope/package")).Well().Out);
    }

    [Fact]
    public async Task Who_calls_and_goes_takes_the_program_along()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("sh", "--target", "/bin/sh");
        using var called = flakes.Begin("sh", "-c", "echo up; sleep 1000");
        Assert.Equal("up", await called.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Single(await flakes.Instances());
        called.Kill();
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task Who_goes_while_it_starts_leaves_nothing()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("sh", "--target", "/bin/sh");
        await flakes.Register("kept", "--target", "/bin/sh", "--resume");
        for (var i = 0; i < 100; i++)
        {
            // Anywhere between the call and the program's end.
            using var called = flakes.Begin("sh", "-c", "sleep 0.1");
            using var other = i % 10 == 0 ? flakes.Begin("kept", "-c", "sleep 0.1") : null;
            await Task.Delay(i % 25, TestContext.Current.CancellationToken);
            called.Kill();
            other?.Kill();
            await called.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        // All at once: who waits for a start that nobody wants any more keeps no other from being served.
        for (var i = 0; i < 5; i++)
        {
            Process[] crowd = [.. Enumerable.Range(0, 30).Select(_ => flakes.Begin("sh", "-c", "sleep 0.1"))];
            await Task.Delay(i * 20, TestContext.Current.CancellationToken);
            foreach (var one in crowd)
                one.Kill();
            foreach (var one in crowd)
                one.Dispose();
        }
        await Shell.Until("only what is kept is left", async () => (await flakes.Instances()).All(n => n == "kept"), 30);
        // It serves the next.
        Assert.Equal("here\n", (await flakes.Bash("kept -c 'echo here'")).Well().Out);
        (await flakes.Node.Holm("flake", "reset", "kept")).Well();
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task A_killed_daemon_loses_no_launch()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("sh", "--target", "/bin/sh");
        using var called = flakes.Begin("sh", "-c", "echo up; read line; echo got $line; exit 5");
        Assert.Equal("up", await called.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await flakes.Node.KillDaemon();
        await flakes.Node.StartDaemon();
        Assert.Single(await flakes.Instances());
        await called.StandardInput.WriteLineAsync("this");
        Assert.Equal("got this", await called.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await called.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, called.ExitCode);
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task Calls_at_once_are_instances_of_their_own_and_a_named_one_is_locked()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("sh", "--target", "/bin/sh");
        using var first = flakes.Begin("sh", "@work", "-c", "echo up; read x");
        Assert.Equal("up", await first.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var second = await flakes.Bash("sh @work -c true");
        Assert.Equal(125, second.Code);
        Assert.Contains("instance sh-work is there already", second.Err, StringComparison.Ordinal);
        var fifty = await flakes.Bash("for i in $(seq 50); do sh -c \"sleep 0.2; echo $i\" & done | sort -n | tr '\\n' ' '; wait");
        Assert.Equal(string.Join(' ', Enumerable.Range(1, 50)) + " ", fifty.Well().Out);
        await first.StandardInput.WriteLineAsync();
        await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task The_layers_of_a_launch_stay_mounted_for_the_next_one_and_no_longer()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("true", "--target", "/bin/true");
        Task<string> Mounts() => File.ReadAllTextAsync("/proc/self/mountinfo", TestContext.Current.CancellationToken);
        (await flakes.Bash($"{flakes.Commands}/true")).Well();
        await flakes.NoneLeft();
        Assert.Contains(flakes.Node.RunFolder, await Mounts(), StringComparison.Ordinal);
        await Shell.Until("they are unmounted", async () => !(await Mounts()).Contains(flakes.Node.RunFolder, StringComparison.Ordinal), 5);
        (await flakes.Bash($"{flakes.Commands}/true")).Well();
        await flakes.NoneLeft();
        Assert.Equal(0, await flakes.Node.EndDaemon("TERM"));
        Assert.DoesNotContain(flakes.Node.RunFolder, await Mounts(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_has_the_hosts_own_files_but_those_it_is_not_to_have()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("given", "--target", "/bin/sh");
        await flakes.Register("less", "--target", "/bin/sh", "--without", "hosts", "--without", "localtime");
        foreach (var file in (string[])["/etc/hosts", "/etc/localtime", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"])
            if (File.Exists(file))
                (await flakes.Bash($"given -c 'cat {file}' | cmp - {file}")).Well();
        Assert.NotEqual(0, (await flakes.Bash("given -c 'echo x >> /etc/hosts' 2> /dev/null")).Code);
        Assert.NotEqual(0, (await flakes.Bash("less -c 'test -s /etc/hosts || test -s /etc/localtime' 2> /dev/null")).Code);
        await flakes.NoneLeft();
    }

    [Fact]
    public async Task A_kept_one_is_entered_and_ends_when_it_is_reset()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("kept", "--target", "/bin/sh", "--resume");
        (await flakes.Bash("kept -c 'echo mine > /tmp/note'")).Well();
        Assert.Equal("mine\n", (await flakes.Bash("kept -c 'cat /tmp/note'")).Well().Out);
        // A volume of the image that the image does not hold.
        (await flakes.Bash("kept -c 'echo x > /data/file'")).Well();
        Assert.NotEqual(0, (await flakes.Bash("kept @other -c 'cat /tmp/note' 2>/dev/null")).Code);
        Assert.Equal(["kept", "kept-other"], await flakes.Instances());
        await flakes.Register("where", "--target", "/bin/sh", "--resume", "--cwd", "share");
        var place = Path.Combine(flakes.Node.State, "place");
        Assert.Equal($"{place}/in\n", (await flakes.Bash(
            $"mkdir -p {place}/in; cd {place} && where -c : && cd in && where -c pwd")).Well().Out);
        var elsewhere = await flakes.Bash($"cd {flakes.Node.State} && where -c pwd");
        Assert.Equal(125, elsewhere.Code);
        Assert.Contains(
            $"was begun in {place} and does not see {flakes.Node.State}; call it there", elsewhere.Err, StringComparison.Ordinal);
        (await flakes.Node.Holm("flake", "reset", "where")).Well();
        await flakes.Node.KillDaemon();
        await flakes.Node.StartDaemon();
        Assert.Equal("mine\n", (await flakes.Bash("kept -c 'cat /tmp/note'")).Well().Out);
        // It is an instance as any other.
        Assert.Equal("mine\n", (await flakes.Node.Holm("exec", "kept", "--", "cat", "/tmp/note")).Well().Out);
        var busy = await flakes.Node.Holm("flake", "remove", "kept");
        Assert.Contains("it is running", busy.Err, StringComparison.Ordinal);
        Assert.Equal(["kept,root,kept", "kept@other,root,kept-other"],
            (await flakes.Node.Holm("flake", "instances", "--format", "csv")).Well().Out.Trim().Split('\n')[1..]
                .Select(l => string.Join(',', l.Split(',')[..3])));
        (await flakes.Node.Holm("flake", "reset", "kept", "--instance", "@other")).Well();
        Assert.Equal(["kept"], await flakes.Instances());
        (await flakes.Node.Holm("flake", "reset", "kept")).Well();
        await flakes.NoneLeft();
        Assert.NotEqual(0, (await flakes.Bash("kept -c 'cat /tmp/note' 2>/dev/null")).Code);
        (await flakes.Node.Holm("flake", "reset", "kept")).Well();
        (await flakes.Node.Holm("flake", "remove", "kept")).Well();
        Assert.False(Path.Exists(Path.Combine(flakes.Commands, "kept")));
    }

    [Fact]
    public async Task Why_an_instance_does_not_come_up_is_told_to_the_caller()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("work", "--target", "/bin/true");
        // Nobody inside reaches his root.
        (await Shell.Sh($"chmod 700 {flakes.Node.RunFolder}")).Well();
        var ran = await flakes.Bash("work");
        Assert.Equal(125, ran.Code);
        Assert.StartsWith("holm: launch work: start work-", ran.Err, StringComparison.Ordinal);
        await flakes.NoneLeft();
        (await Shell.Sh($"chmod 755 {flakes.Node.RunFolder}")).Well();
        (await flakes.Bash("work")).Well();
    }

    [Fact]
    public async Task Who_is_no_friend_of_the_node_launches_what_names_him_with_his_own_files()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("closed", "--target", "/bin/sh");
        await flakes.Register("open", "--target", "/bin/sh", "--allow", "nobody", "--cwd", "share", "--home", "share", "--run-as", "root");
        var home = Path.Combine(flakes.Node.State, "home");
        (await Shell.Sh($"mkdir -m 755 {home} && echo root > {home}/roots && chmod 600 {home}/roots && chown nobody {home} && " +
            $"chmod 711 {flakes.Node.RunFolder} {flakes.Node.State}")).Well();
        async Task<Ran> AsNobody(string line) => await Shell.Run("setpriv",
            ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/bin/sh", "-c", $"cd {home} && {line}"],
            new Dictionary<string, string>(flakes.Environment) { ["HOME"] = home });
        var refused = await AsNobody("closed -c true");
        Assert.Equal(125, refused.Code);
        Assert.Contains("neither root nor in group holm", refused.Err, StringComparison.Ordinal);
        var inside = (await AsNobody("open -c 'echo $(id -u) $(pwd) $HOME; echo his > own; ln -s roots link'")).Well();
        Assert.Equal($"0 {home} {home}\n", inside.Out);
        Assert.Equal("nobody nogroup 644\n", (await Shell.Sh($"stat -c '%U %G %a' {home}/own")).Well().Out);
        foreach (var line in (string[])["cat roots", "echo x > roots", "chown 5 own", "mount -o remount,dev .", "mknod dev c 1 3"])
            Assert.NotEqual(0, (await AsNobody($"open -c '{line}' 2>/dev/null")).Code);
        Assert.Equal("root\n", await File.ReadAllTextAsync(home + "/roots", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_thousand_launches_leave_nothing()
    {
        await using var flakes = await FlakeNode.Start();
        await flakes.Register("true", "--target", "/bin/true");
        for (var i = 0; i < 1000; i += 50)
            Assert.Equal("ok\n", (await flakes.Bash($"for i in $(seq 50); do {flakes.Commands}/true || exit; done; echo ok")).Well().Out);
        await flakes.NoneLeft();
        Assert.Empty(Directory.EnumerateFileSystemEntries(flakes.Node.LxcPath));
    }
}
