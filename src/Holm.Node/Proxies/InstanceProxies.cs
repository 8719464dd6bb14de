using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Mounts;
using Holm.Linux.Netlink;
using Holm.Linux.Processes;

namespace Holm.Node.Proxies;

/// <summary>
/// The proxies of instances: one process each, holm-proxy, in the instance's control group. It outlives the daemon as the apps do, and ends
/// with the app's init. Nothing is remembered of it: who is in that group is found there, by the argument vector that says all.
/// </summary>
/// <remarks>
/// <code>
///   holmd                                           holm-proxy
///   opens the sockets that listen, on their side
///   spawns it                                       waits for a byte; the daemon's end before that is its own
///   puts it into the control group
///   gives the byte                                  goes over to the other side, and carries
/// </code>
/// </remarks>
/// <param name="program">Path of holm-proxy.</param>
/// <param name="instances"><c>$HOLM_RUN/instances</c>.</param>
/// <param name="services">Processes that work for an instance.</param>
/// <param name="count">Puts a process among those.</param>
public sealed class InstanceProxies(
    string program, string instances, Func<string, IReadOnlySet<int>> services, Action<string, int> count)
{
    private readonly ConcurrentDictionary<(int, long), bool> _watched = [];

    /// <summary>Called with the name of an instance of which a proxy has ended, whoever ended it.</summary>
    public Action<string> Ended { get; set; } = _ => { };

    /// <summary>True when an instance has proxies.</summary>
    public bool Any(string app)
    {
        var left = Left(app);
        left.ForEach(p => p.Dispose());
        return left.Count > 0;
    }

    /// <summary>Makes a running instance have these and no others. Idempotent; one that cannot be had holds up no other.</summary>
    /// <param name="app">The instance.</param>
    /// <param name="initPid">Its init, which the caller knows to live.</param>
    /// <param name="rootId">Its root, as the host counts.</param>
    /// <param name="wanted">What it should have.</param>
    /// <exception cref="Refusal">One is not to be had: which, where, why.</exception>
    public async Task Set(string app, int initPid, uint rootId, IReadOnlyList<ProxySpec> wanted)
    {
        using var init = PidFds.Open(initPid);
        var start = ProcStat.Read(initPid)?.StartTime ?? throw new LinuxException($"look at process {initPid}", Errnos.ESRCH);
        var id = string.Create(CultureInfo.InvariantCulture, $"{initPid}.{start}");
        var missing = wanted.ToDictionary(
            p => string.Join('\0', ProxyCommand.Of(Path.Combine(instances, app), id, rootId, p)), StringComparer.Ordinal);
        var ends = new List<Task>();
        foreach (var left in Left(app))
            if (missing.Remove(string.Join('\0', left.Arguments.Skip(1))))
                Watch(app, left.Process, null);
            else
                ends.Add(End(left));
        // What they listened on has to be free.
        await Task.WhenAll(ends).ConfigureAwait(false);
        string? failure = null;
        foreach (var proxy in missing.Values)
            try
            {
                Start(app, initPid, init, id, rootId, proxy);
            }
            catch (LinuxException e)
            {
                failure ??= $"carry connections from {proxy.Listen} to {proxy.Connect} (device {proxy.Device} of {app}): {e.Message}";
            }
        if (failure is not null)
            throw new Refusal(409, failure);
    }

    /// <summary>Ends all of an instance.</summary>
    public Task EndAll(string app) => Task.WhenAll(Left(app).Select(End));

    /// <summary>Removes the files of sockets of the host on which nobody listens any more.</summary>
    public static void RemoveFiles(IEnumerable<string> paths)
    {
        foreach (var path in paths)
            try
            {
                using var folder = Fd.OpenWithoutLinks(Path.GetDirectoryName(path)!, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
                ListeningSocket.RemoveDead(folder, Path.GetFileName(path));
            }
            catch (LinuxException)
            {
                // The folder is gone, and so is what was in it.
                continue;
            }
    }

    /// <summary>Files of sockets of the host that these listen on.</summary>
    public static IReadOnlyList<string> FilesOf(IReadOnlyList<ProxySpec> proxies) =>
        [.. proxies.Where(p => !p.ListensInside && p.Listen.IsPath).Select(p => p.Listen.Host)];

    private void Start(string app, int initPid, Fd init, string id, uint rootId, ProxySpec proxy)
    {
        using var network = Fd.Open($"/proc/{initPid}/ns/net", OpenFlags.O_RDONLY);
        using var root = ProcessRoot.TryOpen(initPid, () => PidFds.IdOf(init) == initPid) ??
            throw new LinuxException("find the app's root", Errnos.ESRCH);
        List<Fd> listening = [];
        var (go, say) = Fd.Pipe();
        try
        {
            foreach (var address in proxy.Listen.Each)
                listening.Add(Listen(address, proxy, network, root, rootId));
            var child = Child.Spawn(new Command
            {
                Path = program,
                Arguments = ProxyCommand.Of(Path.Combine(instances, app), id, rootId, proxy),
                Stdin = go,
                Extra = [init, network, root, .. listening],
                NewSession = true,
            });
            Watch(app, child.PidFd, child);
            count(app, child.Pid);
            say.WriteAll("x"u8);
        }
        finally
        {
            go.Dispose();
            say.Dispose();
            listening.ForEach(l => l.Dispose());
        }
    }

    private static Fd Listen(ProxyAddress address, ProxySpec proxy, Fd network, Fd root, uint rootId)
    {
        if (address.IsPath)
        {
            var (path, first) = (Path.GetDirectoryName(address.Host)!, proxy.ListensInside ? rootId : 0);
            using var folder = proxy.ListensInside ? Fd.OpenInRoot(root, path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY)
                : Fd.OpenWithoutLinks(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            return ListeningSocket.InFolder(folder, Path.GetFileName(address.Host), first + proxy.Uid, first + proxy.Gid, proxy.Mode);
        }
        Fd Here() => address.Kind == "unix" ? ListeningSocket.Abstract(address.Host[1..])
            : ListeningSocket.At(IPAddress.Parse(address.Host), int.Parse(address.Ports, CultureInfo.InvariantCulture), address.IsPackets);
        return proxy.ListensInside ? NetNamespace.Run(network, Here) : Here();
    }

    /// <summary>One that runs.</summary>
    private sealed record Running(Fd Process, string[] Arguments) : IDisposable
    {
        public void Dispose() => Process.Dispose();
    }

    private List<Running> Left(string app)
    {
        var (found, folder) = (new List<Running>(), Path.Combine(instances, app));
        foreach (var pid in services(app))
            if (ProcStat.Read(pid) is { } stat && ProcessTable.ArgumentsOf(pid) is { Length: > 2 } words && words[1] == folder &&
                Path.GetFileName(words[0]) == Path.GetFileName(program) && PidFds.OpenExact(pid, stat.StartTime) is { } process)
                found.Add(new Running(process, words));
        return found;
    }

    private static async Task End(Running proxy)
    {
        using (proxy)
        {
            PidFds.Signal(proxy.Process, Signals.SIGKILL);
            await Epoll.Readable(proxy.Process).ConfigureAwait(false);
        }
    }

    private void Watch(string app, Fd process, Child? child)
    {
        var key = PidFds.IdOf(process) is { } pid && ProcStat.Read(pid) is { } stat ? (pid, stat.StartTime) : default;
        if (_watched.TryAdd(key, true))
            _ = Wait();
        else
            process.Dispose();

        async Task Wait()
        {
            using (process)
            {
                var since = Environment.TickCount64;
                if (child is not null)
                    await child.Wait().ConfigureAwait(false);
                else
                    await Epoll.Readable(process).ConfigureAwait(false);
                _watched.TryRemove(key, out _);
                // One that cannot even begin is not started again and again without a pause.
                if (Environment.TickCount64 - since < ShortLife.TotalMilliseconds)
                    await Task.Delay(ShortLife).ConfigureAwait(false);
                Ended(app);
            }
        }
    }

    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(1);
}
