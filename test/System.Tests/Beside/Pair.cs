using Tests.Lxd;

namespace System.Tests.Beside;

/// <summary>
/// A real LXD and a node, each in a network of its own, with the same images, default profile and default pool, and a folder each to
/// work in.
/// </summary>
public sealed class Pair : IAsyncLifetime
{
    private LxdPeer? _lxd;
    private TestNode? _node;

    public async ValueTask InitializeAsync()
    {
        _lxd = await LxdPeer.TryStart(TestNode.SampleImage) ?? throw new InvalidOperationException("lxd (package lxd) does not come up");
        _node = await TestNode.Start(withSample: false, ownHost: true);
        Lxd = new Side(Path.Combine("/var/tmp", "work-" + _lxd.Host), _lxd.Folder, "storage-pools", _lxd.Environment);
        Holm = new Side(Path.Combine("/var/tmp", "work-" + _node.Host), _node.State, "pools", LxdPeer.Client(_node.Socket, _node.State));
        foreach (var host in (string[])[_lxd.Host, _node.Host!])
            foreach (var link in (string[])["port0", "port1"])
                (await Shell.Sh($"ip -n {host} link add {link} type veth peer far-{link} && ip -n {host} link set {link} up")).Well();
        // As in an image that LXD's own tools make.
        const string prepare = """
            mkdir templates out && tar -cf plain.tar -C "$FROM" metadata.yaml &&
            printf '%s\n' 'architecture: x86_64' 'creation_date: 1424284563' 'expiry_date: 1924284563' \
              'properties: {description: A box, os: Box, release: "7"}' \
              'templates: {/etc/made: {when: [create], template: made.tpl, properties: {greeting: hello}}}' > metadata.yaml &&
            echo '{{ instance.name }} {{ properties.greeting }}' > templates/made.tpl &&
            tar --sort=name --mtime=@1 --owner=0 --group=0 -cf box.tar metadata.yaml templates &&
            lxc image import box.tar "$ROOT" --alias box
            """;
        (await Holm.Run($"mkdir -p {Holm.Folder}", create: true)).Well();
        (await Holm.Run($"export FROM={_lxd.Folder} ROOT={TestNode.SampleImage}; {prepare}")).Well();
        (await Holm.Run($"lxc image import plain.tar {TestNode.SampleImage} --alias sample")).Well();
        (await Lxd.Run($"mkdir -p {Lxd.Folder}", create: true)).Well();
        (await Lxd.Run($"export FROM={_lxd.Folder} ROOT={TestNode.SampleImage}; {prepare}")).Well();
    }

    /// <summary>The real one.</summary>
    public Side Lxd { get; private set; } = null!;

    /// <summary>The node.</summary>
    public Side Holm { get; private set; } = null!;

    public async ValueTask DisposeAsync()
    {
        if (_lxd is not null)
            await _lxd.DisposeAsync();
        if (_node is not null)
            await _node.DisposeAsync();
        foreach (var side in new[] { Lxd, Holm }.Where(s => s is not null))
            Directory.Delete(side.Folder, recursive: true);
    }
}

/// <summary>Where command lines are run against one of the two.</summary>
/// <param name="Folder">Working folder.</param>
/// <param name="Home">The daemon's folder, which texts may name.</param>
/// <param name="PoolFolder">Name of the folder in it where its pools are.</param>
/// <param name="Environment">Of the client.</param>
public sealed record Side(string Folder, string Home, string PoolFolder, Dictionary<string, string> Environment)
{
    /// <summary>Where its pools are.</summary>
    public string Pools => Path.Combine(Home, PoolFolder);

    /// <summary>Runs a line of shell.</summary>
    /// <param name="line">The line.</param>
    /// <param name="create">True: before the working folder exists.</param>
    public Task<Ran> Run(string line, bool create = false) =>
        Shell.Run("/bin/sh", ["-c", $"{Patient}cd {(create ? "/" : Folder)} && {{ {line}\n}}"], Environment);

    // LXD's client waits for ever now and then where an operation fails before it listens: it is asked again.
    private const string Patient =
        "patient() { for i in 1 2 3 4 5; do timeout 8 \"$@\"; code=$?; [ $code = 124 ] || break; done; return $code; }\n";
}
