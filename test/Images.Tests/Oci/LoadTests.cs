using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;

namespace Images.Tests.Oci;

/// <summary>Archives that other tools saved, and such as nobody should.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("skopeo copy -q --insecure-policy oci:L:1 oci-archive:a.tar:docker.io/tests/x:1", true)]
    [InlineData("skopeo copy -q --insecure-policy oci:L:1 oci-archive:b.tar:docker.io/tests/x:1 && gzip < b.tar > a.tar", true)]
    [InlineData("skopeo copy -q --insecure-policy oci:L:1 docker-archive:a.tar:tests/x:1", false)]
    [InlineData("skopeo copy -q --insecure-policy oci:L:1 docker-archive:b.tar:tests/x:1 && zstd -q b.tar -o a.tar", false)]
    public async Task What_others_save_is_loaded(string save, bool keepsManifest)
    {
        Build();
        _scratch.Shell(save);
        var store = Store();
        var (image, names) = Assert.Single(await Load(store, "a.tar"));
        Assert.Equal(["docker.io/tests/x:1"], names);
        Assert.Equal(image.Fingerprint, store.Find("x:1")?.Fingerprint);
        Assert.Equal(2, image.Layers.Count);
        Assert.Equal(["/bin/sh"], image.Oci!.ConfigDocument.Config!.Entrypoint);
        if (keepsManifest)
            Assert.Equal(_scratch.Shell("jq -r '.manifests[0].digest' L/index.json").Trim(), "sha256:" + image.Fingerprint);
        // Its layers are the same, whatever they came in: the other kind brings nothing new.
        _scratch.Shell("skopeo copy -q --insecure-policy oci:L:1 " +
            (keepsManifest ? "docker-archive:c.tar:tests/y:1" : "oci-archive:c.tar:docker.io/tests/y:1"));
        var (other, _) = Assert.Single(await Load(store, "c.tar"));
        Assert.Equal(image.Layers, other.Layers);
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        Assert.Equal(2, Directory.EnumerateFiles(_scratch["state/layers"]).Count());
    }

    [Fact]
    public async Task Several_images_are_loaded_with_their_names()
    {
        Build();
        _scratch.Shell("umoci tag --image L:1 docker.io/tests/second:2 && umoci config --image L:1 --tag docker.io/tests/first:1 " +
            "--config.cmd=x && umoci rm --image L:1 && tar -C L -cf a.tar .");
        var loaded = await Load(Store(), "a.tar");
        Assert.Equal(["docker.io/tests/first:1", "docker.io/tests/second:2"], loaded.SelectMany(l => l.Names).Order());
    }

    [Fact]
    public async Task A_layer_that_reaches_below_is_made_anew_for_each_stack()
    {
        _scratch.Shell("""
            umoci init --layout L && umoci new --image L:t/a.b:1 && umoci new --image L:t/a.b:2
            mkdir -p 1/usr/bin 2/bin 3/bin && ln -s usr/bin 1/bin && echo x > 3/bin/x && tar -C 3 -cf 3.tar bin/x
            for i in 1 2; do tar -C $i -cf $i.tar . && umoci raw add-layer --image L:t/a.b:$i $i.tar; done
            for i in 1 2; do umoci raw add-layer --image L:t/a.b:$i 3.tar && umoci unpack --image L:t/a.b:$i u$i; done; tar -C L -cf a.tar .
            """);
        var store = Store();
        var loaded = await Load(store, "a.tar");
        Assert.Single(loaded.Select(l => l.Image.Oci!.Layers[1].DiffId).Distinct());
        Assert.Equal(2, loaded.Select(l => l.Image.Layers[1]).Distinct().Count());
        foreach (var (image, which) in loaded.Zip([1, 2]))
            Assert.Equal(Stacks.Look(_scratch, _scratch[$"u{which}/rootfs"]), Stacks.Mounted(_scratch, store, image.Image));
    }

    [Theory]
    [InlineData("f=$(ls -S L/blobs/sha256 | head -1); echo x >> L/blobs/sha256/$f", "has other bytes than its name says")]
    [InlineData("rm L/blobs/sha256/$(ls -S L/blobs/sha256 | head -1)", "the archive lacks")]
    [InlineData("rm L/index.json", "the archive holds no image")]
    [InlineData("echo '{' > L/index.json", "cannot be read")]
    [InlineData("echo '{\"schemaVersion\":2,\"manifests\":[null]}' > L/index.json", "cannot be read")]
    [InlineData("echo '{\"schemaVersion\":2}' > L/index.json", "there is no image in the archive")]
    public async Task What_is_not_whole_is_refused_and_leaves_nothing(string damage, string why)
    {
        Build();
        _scratch.Shell(damage + "; tar -C L -cf a.tar .");
        var store = Store();
        var refused = await Assert.ThrowsAsync<Refusal>(() => Load(store, "a.tar"));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Empty(store.List());
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/layers"]));
    }

    [Fact]
    public async Task A_layer_with_an_owner_that_no_app_has_is_refused_by_name()
    {
        _scratch.Shell("umoci init --layout L && umoci new --image L:1 && echo x > owned && tar --owner=:65536 -cf 1.tar owned && " +
            "umoci raw add-layer --image L:1 1.tar && tar -C L -cf a.tar .");
        var refused = await Assert.ThrowsAsync<Refusal>(() => Load(Store(), "a.tar"));
        Assert.Contains("'owned' belongs to id 65536", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/layers"]));
    }

    [Fact]
    public async Task An_archive_that_was_cut_is_refused()
    {
        Build();
        _scratch.Shell("tar -C L -cf b.tar . && head -c 20000 b.tar > a.tar");
        var refused = await Assert.ThrowsAsync<Refusal>(() => Load(Store(), "a.tar"));
        Assert.Contains("it ends too early", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
    }

    private void Build() => _scratch.Shell("""
        umoci init --layout L && umoci new --image L:1
        mkdir -p 1/bin 2 && cp /bin/busybox 1/bin/sh && echo a > 1/a && echo b > 2/b
        for i in 1 2; do tar -C $i --mtime=@0 -cf $i.tar . && umoci raw add-layer --image L:1 $i.tar; done
        umoci config --image L:1 --config.entrypoint=/bin/sh && umoci gc --layout L
        """);

    private ImageStore Store()
    {
        Directory.CreateDirectory(_scratch["state"]);
        var store = new ImageStore(_scratch["state"], TimeProvider.System);
        store.Open();
        return store;
    }

    private Task<IReadOnlyList<(StoredImage Image, IReadOnlyList<string> Names)>> Load(ImageStore store, string file) =>
        new ImagePull(store, new RegistrySettings(), TimeProvider.System)
            .Load(_scratch[file], Platforms.Own, _ => { }, TestContext.Current.CancellationToken);
}
