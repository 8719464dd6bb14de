using System.Text;
using Holm.Cli.Streams;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Cli.Tests;

/// <summary>Websocket frames written by hand, right and wrong; RFC 6455, 5.2.</summary>
public sealed class ChannelTests
{
    private static readonly byte[] Closed = [0x88, 0x02, 0x03, 0xe8];

    [Fact]
    public void Fragments_lengths_of_each_kind_and_pings_between()
    {
        var (middle, large) = (new byte[300], new byte[70_000]);
        Array.Fill(middle, (byte)'m');
        Array.Fill(large, (byte)'l');
        byte[] frames =
        [
            0x02, 0x01, (byte)'a', 0x89, 0x01, (byte)'p', 0x80, 0x7e, 0x01, 0x2c, .. middle,
            0x82, 0x7f, 0, 0, 0, 0, 0, 0x01, 0x11, 0x70, .. large, .. Closed,
        ];
        var (end, bytes) = Drain(frames);
        Assert.Equal(ChannelEnd.Closed, end);
        Assert.Equal("a" + Encoding.ASCII.GetString(middle) + Encoding.ASCII.GetString(large), Encoding.ASCII.GetString(bytes));
        using var node = new RawNode(talk => talk.Upgrade(frames));
        using var channel = Channel.Open(new Node(node.SocketPath), "/x");
        List<int> messages = [];
        Assert.Equal(ChannelEnd.Closed, channel.Messages(m => messages.Add(m.Length)));
        Assert.Equal([301, 70_000], messages);
    }

    [Theory]
    [InlineData(new byte[] { 0x82, 0x05, 1 })]
    [InlineData(new byte[] { 0x82, 0x81, 1, 2, 3, 4, 5 })]
    [InlineData(new byte[] { 0xc2, 0x00 })]
    [InlineData(new byte[] { 0x83, 0x00 })]
    [InlineData(new byte[] { 0x89, 0x7e, 0x01, 0x00 })]
    [InlineData(new byte[] { 0x82, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { })]
    public void Cut_or_wrong_frames_are_a_lost_connection(byte[] frames) => Assert.Equal(ChannelEnd.Lost, Drain(frames).End);

    [Fact]
    public void Endless_message_is_bounded()
    {
        using var node = new RawNode(talk => talk.Upgrade(0x82, 0x7f, 0, 0, 0, 0x7f, 0, 0, 0, 0));
        using var channel = Channel.Open(new Node(node.SocketPath), "/x");
        Assert.Equal(ChannelEnd.Lost, channel.Messages(_ => { }));
    }

    [Fact]
    public void Wrong_secret_is_told_as_the_node_says_it()
    {
        using var node = new RawNode(talk => talk.Raw(
            $"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n{RawNode.Error(403, "the secret is wrong")}"));
        var refusal = Assert.Throws<Refusal>(() => Channel.Open(new Node(node.SocketPath), "/1.0/operations/u1/websocket?secret=x"));
        Assert.Equal("open /1.0/operations/u1/websocket: the secret is wrong", refusal.Message);
    }

    private static (ChannelEnd End, byte[] Bytes) Drain(byte[] frames)
    {
        using var node = new RawNode(talk => talk.Upgrade(frames));
        using var channel = Channel.Open(new Node(node.SocketPath), "/x");
        var bytes = new MemoryStream();
        return (channel.Drain(b => bytes.Write(b)), bytes.ToArray());
    }
}
