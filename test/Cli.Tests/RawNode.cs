using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Cli.Tests;

/// <summary>
/// A unix socket that answers with bytes which the test wrote: whole answers, cut ones, garbage, none. Each connection carries one request.
/// </summary>
internal sealed class RawNode : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Action<Talk> _answer;

    public RawNode(Action<Talk> answer)
    {
        _answer = answer;
        Folder = Directory.CreateTempSubdirectory("holm-cli-tests-").FullName;
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(50);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Answers by request line; what is not there gets LXD's 404.</summary>
    public static RawNode With(params (string Request, string Metadata)[] answers) => new(talk =>
    {
        var found = answers.FirstOrDefault(a => a.Request == talk.Request);
        talk.Answer(found.Request is null ? Error(404, $"no answer to {talk.Request}") : found.Metadata);
    });

    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "unix.socket");

    public List<string> Requests { get; } = [];

    public static string Sync(string metadata) =>
        $$"""{"type":"sync","status":"Success","status_code":200,"operation":"","error_code":0,"error":"","metadata":{{metadata}}}""";

    public static string Async(string operation) =>
        $$"""{"type":"async","status":"Operation created","status_code":"""
        + $$"""100,"operation":"/1.0/operations/u1","error_code":0,"error":"","metadata":{{operation}}}""";

    public static string Error(int code, string text) =>
        $$"""{"type":"error","status":"","status_code":0,"operation":"","error_code":{{code}},"error":"{{text}}","metadata":null}""";

    public static string Operation(int code, string metadata = "null", string err = "") =>
        $$"""{"id":"u1","class":"task","description":"d","created_at":"2026-11-23T01:00:00Z","updated_at":"""
        + $$""" "2026-11-23T01:00:00Z","status":"s","status_code":{{code}},"resources":"""
        + $$"""null,"metadata":{{metadata}},"may_cancel":true,"err":"{{err}}","location":"none"}""";

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket connection)
    {
        using (connection)
            try
            {
                var talk = Talk.Read(connection);
                lock (Requests)
                    Requests.Add(talk.Body.Length > 0 ? $"{talk.Request} {talk.Body}" : talk.Request);
                _answer(talk);
            }
            catch (Exception e) when (e is SocketException or IOException or WebSocketException)
            {
                // The caller went first.
            }
    }
}

/// <summary>One request, and what to say to it.</summary>
internal sealed class Talk(Socket connection, string request, Dictionary<string, string> headers, string body)
{
    public string Request => request;

    public string Body => body;

    public IReadOnlyDictionary<string, string> Headers => headers;

    public Socket Connection => connection;

    public void Raw(string bytes) => connection.Send(Encoding.Latin1.GetBytes(bytes));

    public void Answer(string json, string headers = "") =>
        connection.Send(Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}"));

    public void Plain(string text) =>
        Raw($"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {text.Length}\r\n\r\n{text}");

    /// <summary>Upgrades; <paramref name="early"/> is sent together with the 101 answer.</summary>
    public WebSocket Upgrade(params byte[] early)
    {
#pragma warning disable CA5350 // RFC 6455, 4.2.2 asks for SHA-1; it protects nothing.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(headers["Sec-WebSocket-Key"]
            + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        var head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {accept}\r\n\r\n";
        connection.Send([.. Encoding.ASCII.GetBytes(head), .. early]);
        return WebSocket.CreateFromStream(new NetworkStream(connection), isServer: true, null, Timeout.InfiniteTimeSpan);
    }

    public static Talk Read(Socket connection)
    {
        var text = "";
        var buffer = new byte[65536];
        while (!text.Contains("\r\n\r\n", StringComparison.Ordinal))
            text += More();
        var head = text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
        var rest = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var headers = head.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        if (headers.TryGetValue("Content-Length", out var length))
            while (rest.Length < int.Parse(length))
                rest += More();
        if (headers.ContainsKey("Transfer-Encoding"))
            while (!rest.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
                rest += More();
        return new(connection, head[0].Replace(" HTTP/1.1", "", StringComparison.Ordinal), headers, rest);

        string More()
        {
            var count = connection.Receive(buffer);
            return count > 0 ? Encoding.Latin1.GetString(buffer, 0, count) : throw new IOException("cut");
        }
    }
}
