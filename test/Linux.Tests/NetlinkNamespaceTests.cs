using System.Globalization;
using System.Runtime.InteropServices;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Linux.Tests;

/// <summary>Network namespaces, and what is heard of their links.</summary>
public sealed partial class NetlinkNamespaceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Namespaces_are_told_apart()
    {
        using var own = NetNamespace.Own();
        using var process = NetNamespace.Of(Environment.ProcessId);
        using var made = NetNamespace.Create();
        Assert.True(NetNamespace.IsSame(own, process));
        Assert.False(NetNamespace.IsSame(own, made));
        using var inside = NetNamespace.Run(made, NetNamespace.Own);
        Assert.True(NetNamespace.IsSame(inside, made));
        using var after = NetNamespace.Own();
        Assert.True(NetNamespace.IsSame(own, after));
        using var file = Fd.Open("/dev/null", OpenFlags.O_RDONLY);
        var e = Assert.Throws<LinuxException>(() => RouteSocket.OpenIn(file));
        Assert.Equal("enter a network namespace: Invalid argument (EINVAL)", e.Message);
    }

    [Fact]
    public async Task A_pinned_namespace_keeps_its_links_and_an_unpinned_one_loses_them()
    {
        var folder = Directory.CreateTempSubdirectory("holm-pin-");
        var path = Path.Combine(folder.FullName, "web");
        using var host = new NetlinkSpace();
        using (var made = NetNamespace.Create())
        {
            NetNamespace.Pin(made, path);
            Assert.Equal(Errnos.EEXIST, Assert.Throws<LinuxException>(() => NetNamespace.Pin(made, path)).Errno);
            host.Route.AddVeth("web-eth0", new LinkOptions(), new GuestEnd("eth0", made));
        }
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.NotNull(host.Route.Find("web-eth0"));
        using (var pinned = NetNamespace.OpenPinned(path)!)
        using (var inside = RouteSocket.OpenIn(pinned))
            Assert.NotNull(inside.Find("eth0"));

        using var events = LinkEvents.OpenIn(host.Namespace);
        NetNamespace.Unpin(path);
        NetNamespace.Unpin(path);
        Assert.False(File.Exists(path));
        for (; host.Route.Find("web-eth0") is not null; events.Drain())
            await events.Wait(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        folder.Delete();
    }

    [Fact]
    public void Only_a_pinned_network_namespace_is_one()
    {
        var folder = Directory.CreateTempSubdirectory("holm-pin-");
        var path = Path.Combine(folder.FullName, "plain");
        Assert.Null(NetNamespace.OpenPinned(path));
        File.WriteAllText(path, "");
        Assert.Null(NetNamespace.OpenPinned(path));
        Assert.Null(NetNamespace.OpenPinned("/proc/self/ns/mnt"));
        Assert.Null(NetNamespace.OpenPinned(folder.FullName));
        using (var file = Fd.Open(folder.FullName, OpenFlags.O_RDONLY))
            Assert.StartsWith(
                $"mount network namespace on {path}: ", Assert.Throws<LinuxException>(() => NetNamespace.Pin(file, path)).Message,
                StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Changes_are_heard_from_one_namespace_only()
    {
        using var host = new NetlinkSpace();
        using var other = new NetlinkSpace();
        using var links = LinkEvents.OpenIn(host.Namespace);
        using var addresses = LinkEvents.OpenIn(host.Namespace, addresses: true);
        Assert.False(links.Drain());
        other.AddPair("a", "b");
        Assert.False(links.Drain());

        var heard = links.Wait(TestContext.Current.CancellationToken);
        Assert.False(heard.IsCompleted);
        host.AddPair("a", "b");
        await heard.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(links.Drain());
        Assert.False(links.Drain());
        Assert.True(addresses.Drain());

        host.Route.AddAddress(host["a"].Index, System.Net.IPAddress.Parse("10.0.0.1"), 24);
        Assert.True(addresses.Drain());
        Assert.False(links.Drain());
    }

    [Fact]
    public void More_than_the_kernel_keeps_is_heard_as_something()
    {
        using var host = new NetlinkSpace();
        using var events = LinkEvents.OpenIn(host.Namespace);
        var index = host.AddPair("a", "b");
        for (var i = 0; i < 2000; i++)
            host.Route.Set(index, new LinkChange { Mtu = 1300 + i % 2 });
        Assert.True(events.Drain());
        Assert.False(events.Drain());
    }

    [Fact]
    public void Only_the_kernel_s_answers_count()
    {
        using var host = new NetlinkSpace();
        Assert.True(NetNamespace.Run(host.Namespace, Forge) >= 10);
        Assert.Equal("lo", Assert.Single(host.Route.Links()).Name);
        host.AddPair("a", "b");
        Assert.Equal(3, host.Route.Links().Count);
    }

    // Whoever is root in an app's namespace may send to a socket of Holm's there: refusals of the first ten requests, made up.
    private static int Forge()
    {
        var sent = 0;
        // Columns: socket, protocol (0: route), port, ….
        foreach (var line in File.ReadLines("/proc/thread-self/net/netlink").Skip(1))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, "0", var port, ..] || port == "0")
                continue;
            using var socket = NetlinkSocket.Open();
            var number = uint.Parse(port, CultureInfo.InvariantCulture);
            NetlinkSocket.SocketAddress[] to = [new() { Family = Rtnetlink.AF_NETLINK, Pid = number }];
            Assert.Equal(0, connect(socket.Number, MemoryMarshal.AsBytes(to.AsSpan()), 12));
            var refusal = new MessageWriter();
            for (var sequence = 1u; sequence <= 10; sequence++)
            {
                refusal.Begin(Rtnetlink.NLMSG_ERROR, 0, -Errnos.EPERM);
                refusal.Append(new MessageHead());
                sent += NetlinkSocket.Send(socket, refusal.Finish(sequence)) == 0 ? 1 : 0;
            }
        }
        return sent;
    }

    [LibraryImport("libc")]
    private static partial int connect(int socket, ReadOnlySpan<byte> to, uint length);
}
