using System.Security.Cryptography;
using Holm.Contract;
using Holm.Images;
using Holm.Linux;
using Holm.Linux.Files;

namespace Images.Tests;

/// <summary>Images of LXD's in the store: what is the root, what is beside it, and what the fingerprint is of.</summary>
public sealed class LxdTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly ImageStore _store;

    public LxdTests()
    {
        Directory.CreateDirectory(_scratch["state"]);
        _store = new ImageStore(_scratch["state"], TimeProvider.System);
        _store.Open();
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Of_a_unified_image_the_root_is_rootfs_and_the_rest_is_kept_beside_it()
    {
        var image = await Import(Unified("one"));
        Assert.Equal(Fingerprint(image), image.Fingerprint);
        Assert.Equal("one", image.Properties["said"]);
        Assert.Equal("hello\n", image.Lxd!.Templates["t.tpl"]);
        var tree = _scratch.SquashTree(_store.LayerPath(image.Layers.Single()));
        Assert.Contains("etc/hard f", tree, StringComparison.Ordinal);
        Assert.DoesNotContain("metadata", tree, StringComparison.Ordinal);
        Assert.DoesNotContain("rootfs", tree, StringComparison.Ordinal);
        Assert.Equal(409, (await Assert.ThrowsAsync<Refusal>(() => Import(Unified("one")))).Code);
    }

    [Fact]
    public async Task Images_of_one_root_share_its_layer_and_go_one_by_one()
    {
        var (one, two) = (await Import(Unified("one")), await Import(Unified("two")));
        Assert.Equal(one.Layers, two.Layers);
        Assert.NotEqual(one.Fingerprint, two.Fingerprint);
        _store.Delete(one.Fingerprint);
        Assert.False(File.Exists(_store.MetadataPath(one.Fingerprint)));
        Assert.True(File.Exists(_store.LayerPath(two.Layers.Single())));
        var again = new ImageStore(_scratch["state"], TimeProvider.System);
        Assert.Empty(again.Open());
        Assert.Equal("two", again.List().Single().Lxd!.Metadata.Properties["said"]);
    }

    public static TheoryData<string, byte[], string> Halves { get; } = new()
    {
        { "none", new TarBytes().Folder("templates").Add("templates/t.tpl").End(), "Metadata tarball is missing metadata.yaml" },
        { "link", new TarBytes().Symlink("metadata.yaml", "/etc/shadow").End(), "is no file" },
        { "long", new TarBytes().Add("metadata.yaml", new string('#', 300_000)).End(), "is longer than 256 KiB" },
        { "nested", new TarBytes().Add("metadata.yaml").Add("templates/a/b").End(), "is no template" },
        { "bytes", new TarBytes().Add("metadata.yaml", "\u00ff").End(), "no UTF-8 text" },
        { "no tar", "architecture: x86_64"u8.ToArray(), "Unsupported compression" },
        { "cut", new TarBytes().Add("metadata.yaml", "x").End()[..700], "cannot use the archive" },
    };

    [Theory]
    [MemberData(nameof(Halves))]
    public async Task A_half_that_is_none_is_refused(string name, byte[] half, string why)
    {
        _scratch.Shell("mkdir r; echo x > r/f; mksquashfs r r.sqfs -quiet -no-progress >/dev/null");
        using var staged = Durable.Stage(_store.StagingFolder);
        staged.Write(half);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => _store.Import(
            new ImportRequest(_scratch["r.sqfs"], name, NoInit: true) { Metadata = staged, Describe = Describe }, null, Ct));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        staged.Dispose();
        Assert.Empty(Directory.GetFiles(_scratch["state"], "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_root_that_is_published_has_all_that_was_in_it()
    {
        _scratch.Shell("""
            mkdir r; cd r; echo x > f; ln f hard; ln -s f soft; mkdir -m 1777 d; mkfifo d/p; chmod 4711 f; chown 5:6 f; mkdir -p a/b/c
            echo y > $'a/b/\xff'; setfattr -n user.k -v v f; mknod d/null c 1 3; touch -d @1000 f . d a a/b a/b/* d/*
            touch -h -d @1000 soft
            """);
        using var root = Fd.Open(_scratch["r"], OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var metadata = new ImageMetadata { CreationDate = 1000, Properties = new Dictionary<string, string> { ["said"] = "me" } };
        var image = await _store.Publish(
            root, metadata, "creation_date: 1000", new Dictionary<string, string> { ["t"] = "x" }, noInit: true, Ct);
        Assert.Equal(Fingerprint(image), image.Fingerprint);
        Assert.Equal(_scratch.Tree(_scratch["r"]), _scratch.SquashTree(_store.LayerPath(image.Layers.Single())));
        Assert.Equal("creation_date: 1000x", _scratch.Shell($"tar xOf {_store.MetadataPath(image.Fingerprint)} metadata.yaml templates/t"));
    }

    private string Unified(string said)
    {
        _scratch.Shell($"""
            rm -rf u; mkdir -p u/rootfs/etc u/templates; echo x > u/rootfs/etc/f; ln u/rootfs/etc/f u/rootfs/etc/hard
            echo hello > u/templates/t.tpl; printf '{said}' > u/metadata.yaml; touch -d @1000 u u/* u/rootfs/* u/rootfs/etc/*
            tar -C u -czf {said}.tar.gz .
            """);
        return _scratch[said + ".tar.gz"];
    }

    private Task<StoredImage> Import(string file) =>
        _store.Import(new ImportRequest(file, NoInit: true) { Describe = Describe }, null, Ct);

    private static ImageMetadata Describe(string yaml, IReadOnlyDictionary<string, string> templates) =>
        new() { CreationDate = 1000, Properties = new Dictionary<string, string> { ["said"] = yaml } };

    private string Fingerprint(StoredImage image) => Convert.ToHexStringLower(SHA256.HashData(
        [.. File.ReadAllBytes(_store.MetadataPath(image.Fingerprint)), .. File.ReadAllBytes(_store.LayerPath(image.Layers.Single()))]));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;
}
