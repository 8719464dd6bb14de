using System.Diagnostics;
using Holm.Cli.Output;
using Holm.Linux;

namespace Cli.Tests;

public sealed class ExecTests
{
    private static readonly string[] Three = ["0", "1", "2", "control"];

    [Fact]
    public async Task Streams_stay_apart_input_ends_and_the_code_is_the_commands_own()
    {
        using var stream = new StreamNode(Three);
        // An unmasked binary frame of two bytes, in the same packet as the 101 answer.
        stream.Early["1"] = [0x82, 0x02, (byte)'e', (byte)'a'];
        var run = Task.Run(() =>
            Run.Holm(stream.Node, "typed", ["exec", "web", "--user", "7", "--cwd", "/srv", "--env", "A=b", "--", "cmd", "-x", "--", "@y"]),
            TestContext.Current.CancellationToken);
        Assert.Equal("typed", stream.Receive("0"));
        Assert.Equal("text:", stream.Receive("0"));
        stream.Send("1", "rly\0out");
        stream.Send("2", "err");
        stream.Finish("1");
        stream.Finish("2");
        stream.End(RawNode.Operation(200, """{"return":7}"""));
        Assert.Equal(new Run.Result(7, "early\0out", "err"), await run);
        Assert.Equal("""POST /1.0/instances/web/exec {"command":["cmd","-x","--","@y"],"wait-for-websocket":true,"interactive":"""
            + """false,"environment":{"A":"b"},"width":0,"height":0,"record-output":false,"user":7,"group":0,"cwd":"/srv"}""",
            stream.Node.Requests[0]);
        Assert.Equal(["", "wait", "control", "0", "1", "2"], stream.Node.Requests.Select(Kind));
    }

    [Theory]
    [InlineData(127, "Command not found", 127)]
    [InlineData(126, "Command not executable", 126)]
    [InlineData(-1, "start failed", 125)]
    public async Task Command_that_cannot_be_run_is_told(int reported, string error, int code)
    {
        using var stream = new StreamNode(Three);
        var run = Task.Run(() => Run.Holm(stream.Node, "exec", "web", "--", "nothing"), TestContext.Current.CancellationToken);
        stream.Finish("1");
        stream.Finish("2");
        stream.End(RawNode.Operation(400, $$"""{"return":{{reported}}}""", error));
        Assert.Equal(new Run.Result(code, "", $"holm: {error}\n"), await run);
    }

    [Fact]
    public async Task Daemon_that_dies_is_125_and_says_so()
    {
        using var stream = new StreamNode(Three);
        var run = Task.Run(() => Run.Holm(stream.Node, "exec", "web", "--", "sleep", "9"), TestContext.Current.CancellationToken);
        _ = stream["2"];
        stream.Die();
        var result = await run;
        Assert.Equal(125, result.Code);
        Assert.Contains("closed the connection without an answer", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_told()
    {
        using var stream = new StreamNode(Three);
        var told = Path.Combine(stream.Node.Folder, "told");
        using var nothing = Fd.Open("/dev/null", OpenFlags.O_RDONLY);
        using var full = Fd.Open("/dev/full", OpenFlags.O_WRONLY);
        using var error = Fd.Open(told, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
        string[] line = ["exec", "web", "--", "cmd"];
        var run = Task.Run(() => Holm.Cli.Program.Run(line, new Screen(full, error), nothing, _ => stream.Node.Folder),
            TestContext.Current.CancellationToken);
        stream.Send("1", "lost");
        Assert.NotEqual(0, await run);
        Assert.Equal("holm: write the output: No space left on device (ENOSPC)\n",
            await File.ReadAllTextAsync(told, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Signals_are_passed_on()
    {
        using var stream = new StreamNode(Three);
        using var holm = Program(stream, "exec", "web", "--", "cmd");
        _ = stream["2"];
        stream.Send("2", "ready\n");
        Assert.Equal("ready", holm.StandardError.ReadLine());
        foreach (var (name, number) in new[] { ("TERM", 15), ("HUP", 1), ("INT", 2), ("USR1", 10) })
        {
            using var kill = Process.Start("kill", [$"-{name}", $"{holm.Id}"]);
            Assert.Equal($$"""text:{"command":"signal","args":null,"signal":{{number}}}""", stream.Receive("control"));
        }
        stream.Finish("1");
        stream.Finish("2");
        stream.End(RawNode.Operation(200, """{"return":143}"""));
        holm.WaitForExit();
        Assert.Equal(143, holm.ExitCode);
    }

    [Fact]
    public void Terminal_inside_gets_size_resizes_and_raw_keys_and_ours_gets_its_modes_back()
    {
        using var stream = new StreamNode("0", "control");
        using var pty = Pty(stream, "stty rows 33 cols 101; stty -g; TERM=xterm $HOLM exec web -- sh; echo \"code $?\"; stty -g");
        var before = pty.StandardOutput.ReadLine()!.TrimEnd('\r');
        stream.Send("0", "hello\r\n");
        Assert.Equal("hello", pty.StandardOutput.ReadLine()!.TrimEnd('\r'));
        pty.StandardInput.Write("\u0003\u0010q\u001a");
        pty.StandardInput.Flush();
        var typed = "";
        while (typed.Length < 4)
            typed += stream.Receive("0");
        Assert.Equal("\u0003\u0010q\u001a", typed);
        stream.Finish("0");
        stream.End(RawNode.Operation(200, """{"return":3}"""));
        Assert.Equal("code 3", pty.StandardOutput.ReadLine()!.TrimEnd('\r'));
        Assert.Equal(before, pty.StandardOutput.ReadLine()!.TrimEnd('\r'));
        Assert.Contains("\"interactive\":true,\"environment\":{\"TERM\":\"xterm\"},\"width\":101,\"height\":33", stream.Node.Requests[0],
            StringComparison.Ordinal);
    }

    internal static string Binary => Path.Combine(AppContext.BaseDirectory, "holm.dll");

    /// <summary>The program as a process of its own, which can get signals.</summary>
    internal static Process Program(StreamNode stream, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Binary, .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOLM_RUN"] = stream.Node.Folder;
        start.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        return Process.Start(start)!;
    }

    /// <summary>A shell line on a real terminal, which script(1) makes; its output and errors come as one.</summary>
    internal static Process Pty(StreamNode stream, string line)
    {
        var start = new ProcessStartInfo("script", ["-qec", line, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["HOLM_RUN"] = stream.Node.Folder;
        start.Environment["DOTNET_ROLL_FORWARD"] = "Major";
        start.Environment["HOLM"] = $"dotnet {Binary}";
        return Process.Start(start)!;
    }

    private static string Kind(string request) =>
        request.Contains("secret=s", StringComparison.Ordinal) ? request[(request.IndexOf("secret=s", StringComparison.Ordinal) + 8)..]
        : request.EndsWith("/wait", StringComparison.Ordinal) ? "wait" : "";
}
