using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Holm.Linux;
using Holm.Linux.Terminals;
using Holm.Node.Api;

namespace Node.Tests.Api;

public sealed class StreamTests(SmallNode node) : IClassFixture<SmallNode>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exec_carries_three_streams_and_the_exit_code()
    {
        var exec = await Begin("streams", "\"/bin/sh\",\"-c\",\"cat; echo oops >&2; exit 7\"");
        await exec["0"].SendAsync("hello "u8.ToArray(), WebSocketMessageType.Binary, true, Ct);
        await exec["0"].SendAsync("island"u8.ToArray(), WebSocketMessageType.Binary, true, Ct);
        await exec["0"].SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, true, Ct);
        Assert.Equal("hello island", await ReadToEnd(exec["1"]));
        Assert.Equal("oops\n", await ReadToEnd(exec["2"]));
        Assert.Equal(7, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task Exec_carries_much_more_than_any_buffer()
    {
        var exec = await Begin("much", "\"/bin/sh\",\"-c\",\"cat /dev/zero | head -c 20000000\"");
        Assert.Equal(20_000_000, (await ReadToEnd(exec["1"])).Length);
        Assert.Equal(0, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task Exec_ends_with_the_command_though_a_child_holds_its_output()
    {
        var exec = await Begin("daemon", "\"/bin/sh\",\"-c\",\"sleep 1000 & echo $!\"");
        var child = await ReadToEnd(exec["1"]);
        Assert.Equal(200, (await exec.Final()).GetProperty("status_code").GetInt32());
        using var process = System.Diagnostics.Process.GetProcessById(int.Parse(child, System.Globalization.CultureInfo.InvariantCulture));
        process.Kill();
    }

    [Fact]
    public async Task A_signal_reaches_the_command()
    {
        var exec = await Begin("signal", "\"/bin/sleep\",\"1000\"");
        await exec["control"].SendAsync("{\"command\":\"signal\",\"args\":null,\"signal\":15}"u8.ToArray(), WebSocketMessageType.Text,
            true, Ct);
        Assert.Equal(143, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task A_client_that_goes_away_takes_the_command_along()
    {
        var exec = await Begin("gone", "\"/bin/sleep\",\"1000\"");
        await exec["control"].CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        Assert.Equal(137, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
        exec = await Begin("gone", "\"/bin/sleep\",\"1000\"");
        exec["control"].Abort();
        Assert.Equal(137, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task A_terminal_has_a_size_and_can_be_resized()
    {
        var exec = await Begin("tty", "\"/bin/sh\",\"-c\",\"stty size; read x; stty size\"",
            "\"interactive\":true,\"width\":100,\"height\":30,");
        Assert.Equal("30 100", await ReadUntil(exec["0"], "30 100"));
        await exec["control"].SendAsync(
            "{\"command\":\"window-resize\",\"args\":{\"height\":\"40\",\"width\":\"120\"},\"signal\":0}"u8.ToArray(),
            WebSocketMessageType.Text, true, Ct);
        await exec["control"].SendAsync("no JSON"u8.ToArray(), WebSocketMessageType.Text, true, Ct);
        // The two sockets are not ordered among themselves: ask until the size is there.
        await exec["0"].SendAsync("\n"u8.ToArray(), WebSocketMessageType.Binary, true, Ct);
        Assert.Contains(await ReadUntil(exec["0"], "40 120", "30 100"), (string[])["40 120", "30 100"]);
        Assert.Equal(0, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task A_missing_command_fails_the_operation_with_127()
    {
        var exec = await Begin("missing", "\"/bin/sh\",\"-c\",\"exit 127\"");
        var final = await exec.Final();
        Assert.Equal("Command not found", final.GetProperty("err").GetString());
        Assert.Equal(127, final.GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task Secrets_open_once_and_strangers_stay_out()
    {
        var exec = await Begin("secrets", "\"/bin/cat\"");
        await Assert.ThrowsAsync<WebSocketException>(() => node.Join($"{exec.Url}/websocket?secret={exec.Secrets["0"]}"));
        await Assert.ThrowsAsync<WebSocketException>(() => node.Join($"{exec.Url}/websocket?secret=guess"));
        await exec["0"].SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, true, Ct);
        Assert.Equal(0, (await exec.Final()).GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Fact]
    public async Task What_is_recorded_is_bounded_and_the_oldest_goes()
    {
        await Running("recorded");
        List<string> files = [];
        for (var i = 0; i < 17; i++)
        {
            var done = await node.Do("POST", "/1.0/instances/recorded/exec", new JsonText(
                """{"command":["/bin/sh","-c","head -c 2000000 /dev/zero; echo oops >&2; exit 7"],"record-output":true}"""));
            Assert.Equal(7, done.GetProperty("metadata").GetProperty("return").GetInt32());
            files.Add(done.GetProperty("metadata").GetProperty("output").GetProperty("1").GetString()!);
        }
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await node.Http.GetAsync(files[0], Ct)).StatusCode);
        foreach (var file in files[1..])
        {
            Assert.Equal(1 << 20, (await node.Http.GetByteArrayAsync(file, Ct)).Length);
            Assert.Equal("oops\n", await node.Http.GetStringAsync(file.Replace("stdout", "stderr", StringComparison.Ordinal), Ct));
        }
    }

    [Fact]
    public async Task Exec_without_websockets_only_tells_the_exit_code()
    {
        await Running("alone");
        var final = await node.Do("POST", "/1.0/instances/alone/exec", new JsonText(
            "{\"command\":[\"/bin/sh\",\"-c\",\"cat; head -c 1000000 /dev/zero; exit 3\"],\"wait-for-websocket\":false}"));
        Assert.Equal("task", final.GetProperty("class").GetString());
        Assert.Equal(3, final.GetProperty("metadata").GetProperty("return").GetInt32());
    }

    [Theory]
    [InlineData("{\"command\":[]}", "Missing command")]
    [InlineData("{\"command\":[\"a\\u0000b\"]}", "Missing command")]
    [InlineData("{\"command\":[\"a\"],\"environment\":{\"A=B\":\"x\"}}", "environment")]
    [InlineData("{\"command\":[\"a\"],\"cwd\":\"tmp\"}", "cwd")]
    public async Task Bad_commands_are_refused(string body, string reason)
    {
        await Running("bad");
        Assert.Contains(reason, (await node.Send("POST", "/1.0/instances/bad/exec",
            new JsonText(body))).Body.GetProperty("error").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_wants_a_running_instance()
    {
        await node.Create("asleep");
        Assert.Contains("Instance is not running", (await node.Send("POST", "/1.0/instances/asleep/exec",
            new JsonText("{\"command\":[\"a\"]}"))).Body
            .GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_tell_of_operations_and_of_lives()
    {
        using var all = await node.Join("/1.0/events");
        using var lives = await node.Join("/1.0/events?type=lifecycle");
        var operation = await node.Create("eventful");
        var life = JsonDocument.Parse(await ReadText(lives)).RootElement;
        Assert.Equal("lifecycle", life.GetProperty("type").GetString());
        Assert.Equal("instance-created", life.GetProperty("metadata").GetProperty("action").GetString());
        Assert.Equal("/1.0/instances/eventful", life.GetProperty("metadata").GetProperty("source").GetString());
        while (true)
        {
            var one = JsonDocument.Parse(await ReadText(all)).RootElement;
            if (one.GetProperty("type").GetString() == "operation"
                && one.GetProperty("metadata").GetProperty("status_code").GetInt32() == 200)
            {
                Assert.Equal(operation.GetProperty("id").GetString(), one.GetProperty("metadata").GetProperty("id").GetString());
                break;
            }
        }
        await lives.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
    }

    [Fact]
    public void A_listener_that_lags_is_cut_off()
    {
        var events = new Events(TimeProvider.System);
        using var slow = events.Listen(["logging"]);
        for (var i = 0; i <= Events.Backlog; i++)
            events.Log("info", "x");
        for (var i = 0; i < Events.Backlog; i++)
            Assert.True(slow.Reader.TryRead(out _));
        Assert.True(slow.Reader.Completion.IsFaulted);
    }

    [Fact]
    public async Task A_console_has_one_writer_and_many_readers()
    {
        using var devpts = Fd.Open("/dev/pts", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var (master, slave) = Pty.Open(devpts, 0, 0);
        using (slave)
        using (master)
        {
            var share = new ConsoleShare(master.SetNonBlocking(), (_, _) => { }, _ => Task.CompletedTask);
            var first = share.Attach("recent "u8.ToArray(), force: false, readOnly: false);
            var watcher = share.Attach([], force: false, readOnly: true);
            var second = share.Attach([], force: false, readOnly: false);
            Assert.Equal((true, false, false), (first.Writes, watcher.Writes, second.Writes));

            slave.WriteAll("hello"u8);
            Assert.Equal("recent ", Encoding.UTF8.GetString(await first.Output.ReadAsync(Ct)));
            Assert.Equal("hello", Encoding.UTF8.GetString(await first.Output.ReadAsync(Ct)));
            Assert.Equal("hello", Encoding.UTF8.GetString(await watcher.Output.ReadAsync(Ct)));

            first.Dispose();
            Assert.Equal((false, true), (watcher.Writes, second.Writes));
            var third = share.Attach([], force: true, readOnly: false);
            Assert.Equal((false, true), (second.Writes, third.Writes));

            await second.Write("unheard\n"u8.ToArray(), Ct);
            await third.Write("heard\n"u8.ToArray(), Ct);
            var buffer = new byte[100];
            Assert.Equal("heard\n", Encoding.UTF8.GetString(buffer, 0, slave.TryRead(buffer)));

            watcher.Dispose();
            second.Dispose();
            third.Dispose();
            await share.Left.WaitAsync(Ct);
        }
    }

    [Fact]
    public async Task The_console_log_is_read_and_cleared()
    {
        await Running("logged");
        node.Printed = "login: "u8.ToArray();
        Assert.Equal("login: ", await node.Http.GetStringAsync("/1.0/instances/logged/console", Ct));
        await node.Do("DELETE", "/1.0/instances/logged/console");
        Assert.Equal("", await node.Http.GetStringAsync("/1.0/instances/logged/console", Ct));
    }

    [Fact]
    public async Task An_argument_that_no_program_can_get_is_refused()
    {
        await Running("long");
        var (code, answer, _) = await node.Send("POST", "/1.0/instances/long/exec",
            new JsonText($$"""{"command":["/bin/true","{{new string('x', 128 * 1024)}}"]}"""));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, code);
        Assert.Contains("131071 bytes", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engines_log_is_read()
    {
        await Running("engine");
        Assert.Equal("lxc engine WARN", await node.Http.GetStringAsync("/1.0/instances/engine/logs/lxc.log", Ct));
    }

    [Theory]
    [InlineData("a\u001b[6nb\u001b[31mc\u001b[0cd\u001b[>cn", "ab\u001b[31mcdn")]
    [InlineData("\u001b[c\u001b[?6n\u001b[", "\u001b[")]
    [InlineData("\u001b[12;", "\u001b[12;")]
    public void A_replayed_console_asks_the_terminal_nothing(string log, string shown) =>
        Assert.Equal(shown, Encoding.UTF8.GetString(ConsoleHub.WithoutQuestions(Encoding.UTF8.GetBytes(log))));

    private async Task Running(string name)
    {
        if ((await node.Send("GET", "/1.0/instances/" + name)).Code == System.Net.HttpStatusCode.NotFound)
            await node.Create(name);
        await node.Power(name, "start");
    }

    private async Task<Stream3> Begin(string name, string command, string more = "")
    {
        await Running(name);
        var (_, answer, _) = await node.Send("POST", $"/1.0/instances/{name}/exec", new JsonText(
            $"{{{more}\"command\":[{command}],\"wait-for-websocket\":true}}"));
        var url = answer.GetProperty("operation").GetString()!;
        var secrets = answer.GetProperty("metadata").GetProperty("metadata").GetProperty("fds").EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value.GetString()!);
        var sockets = new Dictionary<string, ClientWebSocket>();
        foreach (var place in secrets.Keys.OrderByDescending(k => k))
            sockets[place] = await node.Join($"{url}/websocket?secret={secrets[place]}");
        return new Stream3(node, url, secrets, sockets);
    }

    private static async Task<string> ReadText(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), Ct);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }

    private static async Task<string> ReadToEnd(ClientWebSocket socket)
    {
        var (text, buffer) = (new StringBuilder(), new byte[64 * 1024]);
        while (await socket.ReceiveAsync(buffer.AsMemory(), Ct) is { MessageType: WebSocketMessageType.Binary } got)
            text.Append(Encoding.UTF8.GetString(buffer, 0, got.Count));
        return text.ToString();
    }

    private static async Task<string> ReadUntil(ClientWebSocket socket, params string[] wanted)
    {
        var (text, buffer) = ("", new byte[4096]);
        while (true)
        {
            if (wanted.FirstOrDefault(w => text.Contains(w, StringComparison.Ordinal)) is { } found)
                return found;
            var got = await socket.ReceiveAsync(buffer.AsMemory(), Ct);
            Assert.Equal(WebSocketMessageType.Binary, got.MessageType);
            text += Encoding.UTF8.GetString(buffer, 0, got.Count);
        }
    }

    private sealed record Stream3(SmallNode Node, string Url, Dictionary<string, string> Secrets, Dictionary<string,
        ClientWebSocket> Sockets)
    {
        public ClientWebSocket this[string name] => Sockets[name];

        public Task<JsonElement> Final() => Node.Do("GET", Url + "/wait");
    }
}
