using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Tests.Registry;

namespace Images.Tests.Oci;

/// <summary>Images out of a real registry, over links that break.</summary>
public sealed class PullTests(RegistryServer registry) : IClassFixture<RegistryServer>, IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly List<IReadOnlyList<PullLayer>> _told = [];

    public void Dispose() => _scratch.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_is_pulled_once()
    {
        Push("once");
        var store = Store();
        await using var link = new CuttingLink(registry.Port);
        var image = await Pull(store, link.Host + "/tests/once:1");
        Assert.Equal(2, image.Layers.Count);
        Assert.Equal(image.Fingerprint, store.Find($"{link.Host}/tests/once:1")?.Fingerprint);
        Assert.Equal(ManifestDigest("tests/once:1"), image.Fingerprint);
        Assert.All(_told[^1], l => Assert.Equal(("done", l.Size), (l.State, l.Here)));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        // The same bytes under another name: nothing but the manifest comes.
        var before = link.Bytes;
        registry.Sh($"skopeo copy -q --insecure-policy --src-tls-verify=false --dest-tls-verify=false " +
            $"docker://{registry.Host}/tests/once:1 docker://{registry.Host}/tests/again:2");
        var again = await Pull(store, link.Host + "/tests/again:2");
        Assert.Equal(image.Fingerprint, again.Fingerprint);
        Assert.InRange(link.Bytes - before, 1, 8000);
        // And after a restart it is still there.
        Assert.Equal(image.Layers, Store().Find(image.Fingerprint)!.Layers);
    }

    [Fact]
    public async Task A_pull_over_a_link_that_breaks_every_64_KiB_arrives()
    {
        Push("cut", megabytes: 2);
        await using var link = new CuttingLink(registry.Port) { CutAfter = 64 * 1024 };
        var image = await Pull(Store(), link.Host + "/tests/cut:1");
        Assert.Equal(ManifestDigest("tests/cut:1"), image.Fingerprint);
        Assert.InRange(link.Cuts, 30, 200);
        // What came before a cut is not sent again.
        Assert.InRange(link.Bytes, 2 << 20, 3 << 20);
    }

    [Fact]
    public async Task A_pull_that_is_given_up_goes_on_in_the_next_process()
    {
        Push("resumed", megabytes: 4);
        await using var link = new CuttingLink(registry.Port);
        var store = Store();
        await GiveUp(store, link, "tests/resumed:1");
        var kept = Directory.EnumerateFiles(_scratch["state/pulls"]).Sum(f => new FileInfo(f).Length);
        Assert.InRange(kept, 1 << 20, 4 << 20);
        Assert.Single(store.Unfinished);
        var before = link.Bytes;
        var image = await Pull(Store(), link.Host + "/tests/resumed:1");
        Assert.Equal(ManifestDigest("tests/resumed:1"), image.Fingerprint);
        Assert.InRange(link.Bytes - before, (4 << 20) - kept, (4 << 20) - kept + (64 << 10));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
    }

    [Fact]
    public async Task What_a_power_cut_garbled_is_fetched_again()
    {
        Push("garbled", megabytes: 1);
        var store = Store();
        var hex = registry.Sh(
            $"skopeo inspect --raw --tls-verify=false docker://{registry.Host}/tests/garbled:1 | jq -r '.layers[0].digest'").Trim()[7..];
        await File.WriteAllBytesAsync(_scratch["state/pulls/" + hex], new byte[100_000], Ct);
        var image = await Pull(store, registry.Host + "/tests/garbled:1");
        Assert.Equal(ManifestDigest("tests/garbled:1"), image.Fingerprint);
    }

    [Fact]
    public async Task Given_up_for_good_nothing_of_it_is_left()
    {
        Push("abandoned", megabytes: 2);
        await using var link = new CuttingLink(registry.Port);
        var store = Store();
        await GiveUp(store, link, "tests/abandoned:1");
        store.Abandon(store.Unfinished.Single());
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/layers"]));
    }

    [Fact]
    public async Task An_image_that_is_being_pulled_cannot_be_given_up_and_is_pulled_once()
    {
        Push("twice", megabytes: 1);
        var store = Store();
        var refused = 0;
        var name = registry.Host + "/tests/twice:1";
        var pulls = Enumerable.Range(0, 2).Select(_ => new ImagePull(store, Settings(registry.Host), TimeProvider.System, NoPause)
            .Pull(Request(name), layers =>
            {
                Assert.Empty(store.Unfinished);
                if (layers[0].State == "done" && Assert.Throws<Refusal>(() => store.Abandon(ManifestDigest("tests/twice:1"))).Code == 409)
                    refused++;
            }, Ct));
        var images = await Task.WhenAll(pulls);
        Assert.True(refused > 0);
        Assert.Same(images[0], images[1]);
        Assert.All(images[0].Layers, l => Assert.True(File.Exists(store.LayerPath(l))));
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
    }

    [Theory]
    [InlineData("tests/once:none", "has no such image")]
    [InlineData("tests/nothing:1", "has no such image")]
    public async Task What_is_not_there_is_told(string name, string why)
    {
        Push("once");
        var refused = await Assert.ThrowsAsync<Refusal>(() => Pull(Store(), $"{registry.Host}/{name}"));
        Assert.Equal(404, refused.Code);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_scratch["state/pulls"]));
    }

    [Fact]
    public async Task A_registry_without_TLS_is_spoken_to_only_when_the_settings_say_so()
    {
        Push("once");
        var refused = await Assert.ThrowsAsync<Refusal>(() => new ImagePull(Store(), new RegistrySettings(), TimeProvider.System, NoPause)
            .Pull(Request(registry.Host + "/tests/once:1"), _told.Add, Ct));
        Assert.Equal(503, refused.Code);
    }

    [Fact]
    public async Task Of_an_image_for_several_machines_the_wanted_one_is_pulled()
    {
        Push("own");
        var layout = Layout("arm", 0);
        _scratch.Shell($"umoci config --image {layout} --architecture arm64");
        registry.Push(layout, "tests/own:arm");
        registry.Sh($$"""
            of() {
              skopeo inspect --raw --tls-verify=false docker://{{registry.Host}}/tests/own:$1 > $1.json
              jq -n --arg d sha256:$(sha256sum < $1.json | cut -c1-64) --argjson s $(wc -c < $1.json) --arg a $2 '{digest: $d, size: $s,
                mediaType: "application/vnd.oci.image.manifest.v1+json", platform: {os: "linux", architecture: $a} }'
            }
            t=application/vnd.oci.image.index.v1+json
            (of 1 amd64; of arm arm64) | jq -s --arg t $t '{schemaVersion: 2, mediaType: $t, manifests: .}' |
              curl -sf -X PUT -H "Content-Type: $t" --data-binary @- http://{{registry.Host}}/v2/tests/own/manifests/all
            """);
        var store = Store();
        var name = registry.Host + "/tests/own:all";
        var pull = new ImagePull(store, Settings(registry.Host), TimeProvider.System, NoPause);
        foreach (var (platform, machine) in ((string, string)[])[("amd64", "x86_64"), ("arm64", "aarch64")])
        {
            var image = await pull.Pull(Request(name) with { Platform = Platforms.Parse(platform) }, _told.Add, Ct);
            Assert.Equal(machine, image.Architecture);
        }
        Assert.Equal(2, store.List().Count);
        var none = await Assert.ThrowsAsync<Refusal>(
            () => pull.Pull(Request(name) with { Platform = Platforms.Parse("arm/v7") }, _told.Add, Ct));
        Assert.Contains("is not there for arm/v7; it is for amd64, arm64", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_in_a_name_is_what_is_meant_wherever_the_tag_leads()
    {
        Push("moving");
        var store = Store();
        var old = await Pull(store, registry.Host + "/tests/moving:1");
        var pinned = $"{registry.Host}/tests/moving:1@sha256:{old.Fingerprint}";
        registry.Push(Layout("moved", 0), "tests/moving:1");
        var now = await Pull(store, registry.Host + "/tests/moving:1");
        Assert.NotEqual(old.Fingerprint, now.Fingerprint);
        foreach (var name in (string[])[pinned, pinned.Replace(":1@", "@", StringComparison.Ordinal),
            pinned[(registry.Host.Length + 1)..], $"moving@sha256:{old.Fingerprint}"])
            Assert.Equal(old.Fingerprint, store.Find(name)?.Fingerprint);
        Assert.Null(store.Find($"{registry.Host}/tests/moving:1@sha256:{new string('0', 64)}"));
        // By the digest of an index, too, which is none of its image's.
        var index = registry.Sh($$"""
            skopeo inspect --raw --tls-verify=false docker://{{registry.Host}}/tests/moving:1 > one.json
            t=application/vnd.oci.image.index.v1+json
            jq -nc --arg d sha256:$(sha256sum < one.json | cut -c1-64) --argjson s $(wc -c < one.json) --arg t $t '{schemaVersion: 2,
              mediaType: $t, manifests: [{digest: $d, size: $s, mediaType: "application/vnd.oci.image.manifest.v1+json"}]}' > index.json
            curl -sf -X PUT -H "Content-Type: $t" --data-binary @index.json http://{{registry.Host}}/v2/tests/moving/manifests/all
            sha256sum < index.json | cut -c1-64
            """).Trim();
        await Pull(store, $"{registry.Host}/tests/moving:all@sha256:{index}");
        Assert.Equal(now.Fingerprint, store.Find($"moving:all@sha256:{index}")?.Fingerprint);
    }

    [Fact]
    public async Task Who_asks_is_told_to_a_registry_that_wants_to_know()
    {
        await using var guarded = new RegistryServer { Password = "s3cr:et" };
        await guarded.InitializeAsync();
        guarded.Push(Layout("guarded", 1), "tests/guarded:1");
        var name = guarded.Host + "/tests/guarded:1";
        var pull = new ImagePull(Store(), Settings(guarded.Host), TimeProvider.System, NoPause);
        var nobody = await Assert.ThrowsAsync<Refusal>(() => pull.Pull(Request(name), _told.Add, Ct));
        Assert.Equal(401, nobody.Code);
        Assert.Contains($"holm login {guarded.Host}", nobody.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<Refusal>(() => pull.Pull(
            Request(name) with { Credentials = _ => new RegistryCredentials("anna", "wrong") }, _told.Add, Ct));
        Assert.Equal(401, wrong.Code);
        Assert.DoesNotContain("wrong", wrong.Message, StringComparison.Ordinal);
        await pull.Pull(Request(name) with { Credentials = _ => new RegistryCredentials("anna", "s3cr:et") }, _told.Add, Ct);
    }

    [Fact]
    public async Task A_mirror_is_asked_first_and_what_it_lacks_comes_from_the_registry()
    {
        Push("mirrored");
        await using var mirror = new RegistryServer();
        await mirror.InitializeAsync();
        await using var link = new CuttingLink(registry.Port);
        var settings = Settings(link.Host, mirror.Host) with
        {
            Mirrors = new Dictionary<string, IReadOnlyList<string>> { [link.Host] = [mirror.Host] },
        };
        var pull = new ImagePull(Store(), settings, TimeProvider.System, NoPause);
        var image = await pull.Pull(Request(link.Host + "/tests/mirrored:1"), _told.Add, Ct);
        Assert.True(link.Bytes > 0);
        // Now the mirror has it, and the registry is not asked.
        registry.Sh($"skopeo copy -q --insecure-policy --src-tls-verify=false --dest-tls-verify=false " +
            $"docker://{registry.Host}/tests/mirrored:1 docker://{mirror.Host}/tests/mirrored:1");
        var before = link.Bytes;
        Assert.Equal(image.Fingerprint, (await pull.Pull(Request(link.Host + "/tests/mirrored:1"), _told.Add, Ct)).Fingerprint);
        Assert.Equal(before, link.Bytes);
    }

    private ImageStore Store()
    {
        Directory.CreateDirectory(_scratch["state"]);
        var store = new ImageStore(_scratch["state"], TimeProvider.System);
        store.Open();
        return store;
    }

    private static RegistrySettings Settings(params string[] hosts) => new() { Insecure = hosts };

    private static PullRequest Request(string name) => new(ImageReference.Parse(name), Platforms.Own, _ => null);

    private static Task NoPause(TimeSpan time, CancellationToken ct) => Task.CompletedTask;

    private Task<StoredImage> Pull(ImageStore store, string name) =>
        new ImagePull(store, Settings(name[..name.IndexOf('/')]), TimeProvider.System, NoPause).Pull(Request(name), _told.Add, Ct);

    /// <summary>Pulls until the link breaks, after a part of it has come.</summary>
    private static async Task GiveUp(ImageStore store, CuttingLink link, string name)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        link.CutAfter = 3 << 19;
        var pull = new ImagePull(store, Settings(link.Host), TimeProvider.System, (_, _) =>
        {
            stop.Cancel();
            return Task.FromCanceled(stop.Token);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull.Pull(Request($"{link.Host}/{name}"), _ => { }, stop.Token));
        link.CutAfter = long.MaxValue;
    }

    private string ManifestDigest(string name) =>
        registry.Sh($"skopeo inspect --raw --tls-verify=false docker://{registry.Host}/{name} | sha256sum").Split(' ')[0];

    private void Push(string name, int megabytes = 0) => registry.Push(Layout(name, megabytes), $"tests/{name}:1");

    /// <summary>An image of two layers made by umoci, the first of some random megabytes.</summary>
    private string Layout(string name, int megabytes) => _scratch.Shell($"""
        umoci init --layout {name} && umoci new --image {name}:1
        umoci unpack --rootless --image {name}:1 {name}.bundle
        mkdir -p {name}.bundle/rootfs/data && echo {name} > {name}.bundle/rootfs/data/name
        head -c {megabytes}M /dev/urandom > {name}.bundle/rootfs/data/noise
        umoci repack --image {name}:1 {name}.bundle && rm -rf {name}.bundle
        umoci unpack --image {name}:1 {name}.bundle
        rm {name}.bundle/rootfs/data/noise && ln -s name {name}.bundle/rootfs/data/link
        umoci repack --image {name}:1 {name}.bundle >/dev/null && rm -rf {name}.bundle
        echo $PWD/{name}:1
        """).Trim().Split('\n')[^1];
}
