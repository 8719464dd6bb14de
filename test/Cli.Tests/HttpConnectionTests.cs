using System.Text;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Cli.Tests;

public sealed class HttpConnectionTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    [Fact]
    public void Chunked_answer_in_pieces_of_one_byte()
    {
        var json = RawNode.Sync("\"hé\"");
        var half = Encoding.UTF8.GetBytes(json);
        using var node = new RawNode(talk =>
        {
            var bytes = Encoding.Latin1.GetBytes($"{Ok}Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\n").Concat(half[..3])
                .Concat(Encoding.Latin1.GetBytes($"\r\n{half.Length - 3:X}\r\n")).Concat(half[3..])
                .Concat("\r\n0\r\nTrailer: x\r\n\r\n"u8.ToArray());
            foreach (var b in bytes)
                talk.Connection.Send([b]);
        });
        Assert.Equal("hé", new Node(node.SocketPath).Ask("GET", "/1.0").Metadata.GetString());
    }

    [Fact]
    public void Answer_until_close()
    {
        using var node = new RawNode(talk => talk.Raw(Ok + "\r\n" + RawNode.Sync("7")));
        Assert.Equal(7, new Node(node.SocketPath).Ask("GET", "/1.0").Metadata.GetInt32());
    }

    [Fact]
    public void Megabytes_of_answer()
    {
        var text = new string('x', 3_000_000);
        using var node = new RawNode(talk => talk.Answer(RawNode.Sync($"\"{text}\"")));
        Assert.Equal(text, new Node(node.SocketPath).Ask("GET", "/1.0").Metadata.GetString());
    }

    [Theory]
    [InlineData("", "closed the connection without an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nConte", "was cut")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP/1.1")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n", "no HTTP/1.1")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "no HTTP/1.1")]
    [InlineData(Ok + "Content-Length: 100\r\n\r\n{}", "was cut")]
    [InlineData(Ok + "Content-Length: -1\r\n\r\n{}", "no number")]
    [InlineData(Ok + "Content-Length: 99999999999999999999\r\n\r\n{}", "no number")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "has no size")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n-5\r\n", "has no size")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n", "longer than it says")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{", "was cut")]
    [InlineData(Ok + "Content-Length: 3\r\n\r\nabc", "without JSON")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "answered 502 without JSON")]
    public void Wrong_answer_is_told_with_its_reason(string answer, string reason)
    {
        using var node = new RawNode(talk => talk.Raw(answer));
        var error = Assert.Throws<Unreachable>(() => new Node(node.SocketPath).Ask("GET", "/1.0"));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(node.SocketPath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_without_end_are_bounded()
    {
        using var node = new RawNode(talk =>
        {
            talk.Raw("HTTP/1.1 200 OK\r\n");
            while (true)
                talk.Raw($"X-More: {new string('x', 1000)}\r\n");
        });
        Assert.Contains("bytes of headers", Assert.Throws<Unreachable>(() => new Node(node.SocketPath).Ask("GET", "/1.0")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Slow_answer_ends_at_the_deadline_even_when_bytes_trickle()
    {
        using var stop = new ManualResetEventSlim();
        using var node = new RawNode(talk =>
        {
            talk.Raw(Ok + "Content-Length: 1000000\r\n\r\n");
            while (!stop.Wait(20))
                talk.Raw("x");
        });
        var error = Assert.Throws<Unreachable>(() =>
            new Node(node.SocketPath) { Deadline = TimeSpan.FromMilliseconds(300) }.Ask("GET", "/1.0"));
        stop.Set();
        Assert.Contains("did not answer in time", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_of_the_node_is_passed_on_as_it_is()
    {
        using var node = new RawNode(talk => talk.Answer(RawNode.Error(409, "start web: it is frozen; holm app unfreeze web")));
        var refusal = Assert.Throws<Refusal>(() => new Node(node.SocketPath).Ask("GET", "/1.0"));
        Assert.Equal((409, "start web: it is frozen; holm app unfreeze web"), (refusal.Code, refusal.Message));
    }

    [Fact]
    public void Node_that_refuses_a_stream_before_its_end_is_still_heard()
    {
        using var refusing = new RefusingNode(RawNode.Error(507, "import: no space left"));
        var refusal = Assert.Throws<Refusal>(() => new Node(refusing.SocketPath).Upload("/1.0/images", [], buffer => buffer.Length));
        Assert.Equal(507, refusal.Code);
    }

    [Fact]
    public void Missing_socket_closed_socket_and_too_long_path_are_told()
    {
        var folder = Directory.CreateTempSubdirectory("holm-cli-tests-");
        try
        {
            var path = Path.Combine(folder.FullName, "unix.socket");
            Assert.Contains("no such socket", Assert.Throws<Unreachable>(() => new Node(path).Ask("GET", "/1.0")).Message,
                StringComparison.Ordinal);
            using (var listener = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix,
                System.Net.Sockets.SocketType.Stream, 0))
                listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            File.WriteAllText(Path.Combine(folder.FullName, "plain"), "");
            Assert.Contains("nobody listens",
                Assert.Throws<Unreachable>(() => new Node(Path.Combine(folder.FullName, "plain")).Ask("GET", "/1.0")).Message,
                    StringComparison.Ordinal);
            Assert.Contains("107 bytes",
                Assert.Throws<Unreachable>(() => new Node("/" + new string('x', 200)).Ask("GET", "/1.0")).Message,
                    StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
