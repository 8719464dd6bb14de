using Holm.Linux;
using Holm.Linux.Netlink;

namespace Holm.Node.Networks;

/// <summary>Namespaces that ports went to are kept until those have left: <c>$HOLM_RUN/netns/APP</c>. All of it under the lock.</summary>
public sealed partial class InstanceNetworks
{
    private string Pin(string app) => Path.Combine(runFolder, "netns", app);

    /// <summary>Ending of the second pin, while ports move from one namespace of an app to its next.</summary>
    private const string Next = "~";

    /// <summary>Pins the namespace that ports are going to; the one they are in stays pinned until they have left it.</summary>
    private void NextPin(string app, Connection connection)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Pin(app))!, OnlyOwner);
        if (File.Exists(Pin(app) + Next))
            NetNamespace.Unpin(Pin(app) + Next);
        NetNamespace.Pin(connection.Namespace, Pin(app) + Next);
    }

    /// <summary>Its ports are in this namespace, and nowhere else.</summary>
    private void SettlePin(string app, Connection connection)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Pin(app))!, OnlyOwner);
        if (File.Exists(Pin(app)))
            NetNamespace.Unpin(Pin(app));
        NetNamespace.Pin(connection.Namespace, Pin(app));
        if (File.Exists(Pin(app) + Next))
            NetNamespace.Unpin(Pin(app) + Next);
    }

    private void Unpin(string app)
    {
        foreach (var pin in (string[])[Pin(app), Pin(app) + Next])
            if (File.Exists(pin))
                NetNamespace.Unpin(pin);
    }

    private List<Connection> OpenPins(string app) => [.. ((string[])[Pin(app), Pin(app) + Next])
        .Select(NetNamespace.OpenPinned).OfType<Fd>().Select(space => new Connection(space, RouteSocket.OpenIn(space)))];

    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private IEnumerable<string> PinnedApps() =>
        Directory.Exists(Path.Combine(runFolder, "netns")) ? Directory.EnumerateFiles(Path.Combine(runFolder, "netns"))
            .Select(f => Path.GetFileName(f)!.TrimEnd('~')) : [];
}
