using System.Net;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Linux.Tests;

/// <summary>Messages as a broken or hostile sender would write them: true ones, cut and spoilt at random.</summary>
public sealed class NetlinkReaderTests : IDisposable
{
    private readonly NetlinkSpace _space = new();

    public void Dispose() => _space.Dispose();

    [Fact]
    public void Whatever_is_read_is_understood_or_refused_cleanly()
    {
        _space.Route.AddAltName(_space.AddPair("a", "b"), "another-name-of-it");
        var bridge = _space.Route.AddBridge("br0", new LinkOptions { Alias = "x" });
        _space.Route.AddAddress(bridge, IPAddress.Parse("10.0.0.1"), 24);
        _space.Route.AddAddress(bridge, IPAddress.Parse("fd00::1"), 64);
        byte[][] datagrams =
        [
            .. Answers(Rtnetlink.RTM_GETLINK, new LinkHead()), .. Answers(Rtnetlink.RTM_GETADDR, new AddressHead()),
            .. Answers(Rtnetlink.RTM_GETLINK, new LinkHead { Family = Rtnetlink.AF_BRIDGE }), PortWithVlans(),
        ];
        Assert.All(datagrams, d => Assert.True(Read(d) > 0));

        var random = new Random(20251);
        var refused = 0;
        for (var i = 0; i < 40_000; i++)
        {
            var spoilt = datagrams[random.Next(datagrams.Length)].AsSpan().ToArray();
            if (i % 2 == 0)
                spoilt = spoilt[..random.Next(spoilt.Length)];
            for (var flips = random.Next(4); flips > 0 && spoilt.Length > 0; flips--)
                spoilt[random.Next(spoilt.Length)] = random.Next(3) == 0 ? (byte)0xff : (byte)random.Next(256);
            try
            {
                Read(spoilt);
            }
            catch (LinuxException e)
            {
                Assert.Equal("read a message of the kernel's: Bad message (EBADMSG)", e.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 10_000, 39_000);
    }

    [Fact]
    public void Ranges_of_VLANs_are_spelt_out() => Assert.Equal(
        [new PortVlan(1, true, true), new PortVlan(10, false, false), new PortVlan(11, false, false), new PortVlan(12, false, false)],
        PortVlanList.Parse(Rtnetlink.RTM_NEWLINK, PortWithVlans().AsSpan(16))!.Vlans);

    // Reads every message in every way; how many said something.
    private static int Read(byte[] datagram)
    {
        var understood = 0;
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            understood += Link.Parse(messages.Head.Type, messages.Body) is null ? 0 : 1;
            understood += PortVlanList.Parse(messages.Head.Type, messages.Body) is null ? 0 : 1;
            understood += LinkAddress.Parse(messages.Head.Type, messages.Body) is null ? 0 : 1;
        }
        return understood;
    }

    private List<byte[]> Answers<T>(ushort type, T head)
        where T : unmanaged
    {
        var request = new MessageWriter();
        request.Begin(type, Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_DUMP, head);
        using var socket = NetNamespace.Run(_space.Namespace, () => NetlinkSocket.Open());
        Assert.Equal(0, NetlinkSocket.Send(socket, request.Finish(1)));
        List<byte[]> datagrams = [];
        // So small that it has to grow.
        var buffer = new byte[16];
        while (true)
        {
            var length = NetlinkSocket.Receive(socket, ref buffer);
            var datagram = buffer.AsSpan(0, length);
            var messages = new MessageReader(datagram);
            Assert.True(messages.Next());
            if (messages.Head.Type == Rtnetlink.NLMSG_DONE)
                return datagrams;
            datagrams.Add(datagram.ToArray());
        }
    }

    private static byte[] PortWithVlans()
    {
        var message = new MessageWriter();
        message.Begin(Rtnetlink.RTM_NEWLINK, 0, new LinkHead { Family = Rtnetlink.AF_BRIDGE, Index = 7 });
        message.AddName("port");
        var specific = message.OpenNested(Rtnetlink.IFLA_AF_SPEC);
        foreach (var (flags, vid) in ((int, int)[])[(6, 1), (8, 10), (16, 12)])
            message.Add(Rtnetlink.IFLA_BRIDGE_VLAN_INFO, new BridgeVlan { Flags = (ushort)flags, Vid = (ushort)vid });
        message.Close(specific);
        return message.Finish(1).ToArray();
    }
}
