using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;

namespace Images.Tests.Oci;

/// <summary>Images that are sent out again, as other tools and other nodes take them.</summary>
public sealed class SaveTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DifferentialTests.Builds), MemberType = typeof(DifferentialTests))]
    public async Task What_is_saved_is_what_was_stored(string what, string build)
    {
        TestContext.Current.SendDiagnosticMessage(what);
        _scratch.Shell($"O='--storage-driver vfs --root '$PWD/s' --runroot '$PWD/r\n{build}\numoci gc --layout L\ntar -C L -cf was.tar .");
        var store = Store("state");
        var (image, _) = Assert.Single(await Load(store, "was.tar"));
        store.SetAlias("docker.io/tests/saved:1", image.Fingerprint);
        await Save(store, "a.tar", "saved:1");
        await Save(store, "b.tar", "saved:1");
        _scratch.Shell("cmp a.tar b.tar && mkdir A && tar -C A -xf a.tar && umoci unpack --image A:docker.io/tests/saved:1 unpacked");
        var mounted = Stacks.Mounted(_scratch, store, image);
        Assert.Equal(mounted, Stacks.Look(_scratch, _scratch["unpacked/rootfs"]));

        // Another node takes it, and gives it on unchanged.
        var other = Store("other");
        var (loaded, names) = Assert.Single(await Load(other, "a.tar"));
        Assert.Equal(["docker.io/tests/saved:1"], names);
        Assert.Equal(mounted, Stacks.Mounted(_scratch, other, loaded));
        await Save(other, "c.tar", "saved:1");
        _scratch.Shell("cmp a.tar c.tar");
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
    }

    [Fact]
    public async Task What_an_image_says_of_itself_is_kept()
    {
        Build("x");
        _scratch.Shell("""
            umoci config --image x:1 --config.env=A=b --config.label=l=m --config.volume=/v --author=anna --manifest.annotation=k=v
            umoci gc --layout x && tar -C x -cf was.tar .
            """);
        var store = Store("state");
        var (image, _) = Assert.Single(await Load(store, "was.tar"));
        await Save(store, "a.tar", image.Fingerprint[..12]);
        const string Config = "skopeo inspect --config --raw oci-archive:{0} | jq -S 'del(.rootfs.diff_ids)'";
        var was = _scratch.Shell(Config.Replace("{0}", "was.tar"));
        Assert.Contains("anna", was, StringComparison.Ordinal);
        Assert.Equal(was, _scratch.Shell(Config.Replace("{0}", "a.tar")));
        Assert.Equal("v\nnull\n", _scratch.Shell(
            "skopeo inspect --raw oci-archive:a.tar | jq -r .annotations.k; tar -xOf a.tar index.json | jq .manifests[0].annotations"));
        Assert.Equal("b", _scratch.Shell("skopeo inspect oci-archive:a.tar | jq -r '.Env[] | select(startswith(\"A=\"))[2:]'").Trim());
    }

    [Fact]
    public async Task Several_images_share_their_layers_and_others_take_each_by_its_name()
    {
        Build("x");
        _scratch.Shell("""
            umoci tag --image x:1 docker.io/tests/first:1
            umoci config --image x:1 --tag docker.io/tests/second:2 --config.cmd=x && umoci rm --image x:1 && tar -C x -cf was.tar .
            """);
        var store = Store("state");
        await Load(store, "was.tar");
        await Save(store, "a.tar", "first:1", "docker.io/tests/second:2", "first:1");
        Assert.Equal("6\n", _scratch.Shell("tar -tf a.tar | grep -c blobs/"));
        _scratch.Shell("""
            skopeo copy -q --insecure-policy oci-archive:a.tar:docker.io/tests/second:2 docker-archive:d.tar:tests/second:2
            b="buildah --storage-driver vfs --root $PWD/s --runroot $PWD/r"
            m=$($b mount $($b from oci-archive:a.tar:docker.io/tests/first:1)) && cmp $m/bin/sh /bin/busybox && test "$(cat $m/b)" = b
            """);
        await Save(store, "b.tar", "second:2");
        Assert.Equal("docker.io/tests/second:2 x\n", _scratch.Shell("""
            run=$(mktemp -d /run/XXXXXX) && trap 'rm -r $run' EXIT
            p="podman --storage-driver vfs --root $PWD/s --runroot $run --tmpdir $run"
            $p load -q -i b.tar > loaded
            $p image inspect docker.io/tests/second:2 --format '{{index .RepoTags 0}} {{index .Config.Cmd 0}}'
            """));
        var other = Store("other");
        Assert.Equal(["docker.io/tests/first:1", "docker.io/tests/second:2"], (await Load(other, "a.tar")).SelectMany(l => l.Names));
        Assert.Equal(2, Directory.EnumerateFiles(_scratch["other/layers"]).Count());
    }

    [Fact]
    public async Task A_root_that_was_imported_is_saved_as_one_layer()
    {
        _scratch.Shell("mkdir -p 1/sbin && cp /bin/busybox 1/sbin/init && ln 1/sbin/init 1/busybox && tar -C 1 -cf root.tar .");
        var store = Store("state");
        var image = await store.Import(new ImportRequest(_scratch["root.tar"]), null, Ct);
        store.SetAlias("netbox", image.Fingerprint);
        await Save(store, "a.tar", "netbox");
        Assert.Equal("linux amd64 1 [\"/sbin/init\"] SIGUSR2\n", _scratch.Shell(
            "skopeo inspect --config oci-archive:a.tar:netbox | " +
            "jq -r '\"\\(.os) \\(.architecture) \\(.rootfs.diff_ids | length) \\(.config.Cmd) \\(.config.StopSignal)\"'"));
        var (loaded, _) = Assert.Single(await Load(store, "a.tar"));
        Assert.Equal(Stacks.Look(_scratch, _scratch["1"]), Stacks.Mounted(_scratch, store, loaded));
    }

    [Fact]
    public async Task A_name_that_would_mean_something_else_in_a_layer_is_refused()
    {
        _scratch.Shell("mkdir 1 && touch 1/.wh.x && tar -C 1 -cf root.tar .");
        var store = Store("state");
        var image = await store.Import(new ImportRequest(_scratch["root.tar"], NoInit: true), null, Ct);
        var refused = await Assert.ThrowsAsync<Refusal>(() => Save(store, "a.tar", image.Fingerprint));
        Assert.Contains("'.wh.x' begins with .wh.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_scratch["a.tar"]).Length);
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
    }

    [Fact]
    public async Task Who_goes_away_leaves_nothing_and_who_stays_gets_what_is_deleted_meanwhile()
    {
        Build("x");
        _scratch.Shell("tar -C x -cf was.tar .");
        var store = Store("state");
        var (image, _) = Assert.Single(await Load(store, "was.tar"));
        await Save(store, "a.tar", image.Fingerprint);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var leaving = new Watched(() => stop.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new ImageSave(store).Write([image.Fingerprint], leaving, stop.Token));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        var staying = new Watched(() => store.Delete(image.Fingerprint));
        await new ImageSave(store).Write([image.Fingerprint], staying, Ct);
        Assert.Empty(store.List());
        Assert.Equal(await File.ReadAllBytesAsync(_scratch["a.tar"], Ct), staying.ToArray());
    }

    [Fact]
    public async Task Without_room_for_the_largest_layer_nothing_is_begun()
    {
        _scratch.Shell("head -c 12M /dev/urandom > noise && tar -cf r.tar noise && mkdir state && " +
            "mount -t tmpfs -o size=48M holm-test state");
        try
        {
            var store = Store("state");
            var image = await store.Import(new ImportRequest(_scratch["r.tar"], NoInit: true), null, Ct);
            var refused = await Assert.ThrowsAsync<Refusal>(() => Save(store, "a.tar", image.Fingerprint));
            Assert.Equal(507, refused.Code);
            Assert.Equal(404, (await Assert.ThrowsAsync<Refusal>(() => Save(store, "a.tar", "nothing"))).Code);
            Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        }
        finally
        {
            _scratch.Shell("umount state");
        }
    }

    /// <summary>Does something at the first write.</summary>
    private sealed class Watched(Action first) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Length == 0)
                first();
            return base.WriteAsync(buffer, cancellationToken);
        }
    }

    /// <summary>A layout with two layers.</summary>
    private void Build(string name) => _scratch.Shell($"""
        umoci init --layout {name} && umoci new --image {name}:1
        mkdir -p 1/bin 2 && cp /bin/busybox 1/bin/sh && echo a > 1/a && echo b > 2/b
        for i in 1 2; do tar -C $i --mtime=@0 -cf $i.tar . && umoci raw add-layer --image {name}:1 $i.tar; done && umoci gc --layout {name}
        """);

    private ImageStore Store(string folder)
    {
        Directory.CreateDirectory(_scratch[folder]);
        var store = new ImageStore(_scratch[folder], TimeProvider.System);
        store.Open();
        return store;
    }

    private async Task Save(ImageStore store, string file, params string[] names)
    {
        await using var target = File.Create(_scratch[file]);
        await new ImageSave(store).Write(names, target, Ct);
    }

    private Task<IReadOnlyList<(StoredImage Image, IReadOnlyList<string> Names)>> Load(ImageStore store, string file) =>
        new ImagePull(store, new RegistrySettings(), TimeProvider.System).Load(_scratch[file], Platforms.Own, _ => { }, Ct);
}
