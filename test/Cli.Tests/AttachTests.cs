using System.Diagnostics;

namespace Cli.Tests;

public sealed class AttachTests
{
    private const string Banner = "Type <Ctrl+p q> to exit the console, <Ctrl+p Ctrl+p> to enter Ctrl+p itself";

    [Fact]
    public async Task Piped_keys_reach_the_app_and_the_way_out_detaches()
    {
        using var stream = new StreamNode("0", "control");
        var run = Task.Run(() => Run.Holm(stream.Node, "root\n\u0010\u0010\u0010q", ["app", "attach", "web"]),
            TestContext.Current.CancellationToken);
        Assert.Equal("root\n\u0010", stream.Receive("0"));
        Assert.Equal("close", stream.Receive("control"));
        var result = await run;
        Assert.Equal((0, Banner + "\n"), (result.Code, result.Err));
        Assert.Equal(
            """POST /1.0/instances/web/console {"width":0,"height":0,"type":"console","force":false,"read-only":false}""",
            stream.Node.Requests[0]);
    }

    [Fact]
    public async Task Read_only_sends_nothing_and_a_closed_console_is_told()
    {
        using var stream = new StreamNode("0", "control");
        var run = Task.Run(() => Run.Holm(stream.Node, "keys", ["app", "attach", "web", "--read-only", "--escape", "^a"]),
            TestContext.Current.CancellationToken);
        stream.Send("0", "recent screen");
        stream.Finish("0");
        // The node tells the end once it has been said goodbye to.
        Assert.Equal("close", stream.Receive("control"));
        stream.End(RawNode.Operation(200));
        // Not a key came before it.
        Assert.Equal("close", stream.Receive("0"));
        var result = await run;
        Assert.Equal((0, "recent screen"), (result.Code, result.Out));
        Assert.Equal(Banner.Replace("Ctrl+p", "Ctrl+a", StringComparison.Ordinal) + "\nholm: the console of web has closed\n", result.Err);
    }

    [Fact]
    public async Task Daemon_that_dies_is_3_and_tells_what_it_means()
    {
        using var stream = new StreamNode("0", "control");
        var run = Task.Run(() => Run.Holm(stream.Node, "", ["app", "attach", "web"]), TestContext.Current.CancellationToken);
        _ = (stream["0"], stream["control"]);
        stream.Die();
        var result = await run;
        Assert.Equal(3, result.Code);
        Assert.Contains("the connection broke while attached to web; the app itself is not touched", result.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("typed", "0")]
    [InlineData("TERM", "143")]
    [InlineData("HUP", "129")]
    [InlineData("died", "3")]
    [InlineData("closed", "0")]
    public void Terminal_gets_its_modes_back_on_every_way_out(string way, string code)
    {
        using var stream = new StreamNode("0", "control");
        using var pty = ExecTests.Pty(stream, "stty -g; echo $$; $HOLM app attach web; c=$?; echo; echo code=$c; stty -g");
        var before = Line(pty);
        var shell = Line(pty);
        Assert.Equal(Banner, Line(pty));
        stream.Send("0", "screen\r\n");
        Assert.Equal("screen", Line(pty));
        if (way == "typed")
            pty.StandardInput.Write("\u0010\u0011");
        else if (way == "died")
            stream.Die();
        else if (way == "closed")
        {
            stream.End(RawNode.Operation(200));
            stream.Finish("0");
        }
        else
            Process.Start("pkill", [$"-{way}", "-P", shell]).WaitForExit();
        pty.StandardInput.Flush();
        string line;
        while (!(line = Line(pty)).StartsWith("code=", StringComparison.Ordinal))
            Assert.DoesNotContain("Unhandled", line, StringComparison.Ordinal);
        Assert.Equal($"code={code}", line);
        Assert.Equal(before, Line(pty));
    }

    private static string Line(Process pty) =>
        (pty.StandardOutput.ReadLine() ?? throw new EndOfStreamException("the terminal ended")).TrimEnd('\r');
}
