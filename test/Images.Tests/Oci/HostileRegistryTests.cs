using System.IO.Compression;
using System.Net;
using System.Text;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Tests.Registry;

namespace Images.Tests.Oci;

/// <summary>A registry that lies: whatever it says is refused in one sentence, and nothing of it stays.</summary>
public sealed class HostileRegistryTests : IDisposable
{
    private const string Type = "application/vnd.oci.image.manifest.v1+json", IndexType = "application/vnd.oci.image.index.v1+json";
    private static readonly byte[] Tar = new TarBytes().Folder("etc").Add("etc/name", "hostile\n").End();
    private static readonly byte[] Layer = Gzip(Tar);
    private static readonly string Config = $$"""
        {"architecture":"amd64","os":"linux","config":{"Env":["A=b"],"Cmd":["/x"],"WorkingDir":"/w","User":"u"},
        "rootfs":{"type":"layers","diff_ids":["{{Of(Tar)}}"] } }
        """;

    private readonly Scratch _scratch = new();
    private readonly Dictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);

    public void Dispose() => _scratch.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_as_it_says_is_taken()
    {
        Blob(Layer);
        var image = await Pull(Manifest());
        Assert.Single(image.Layers);
    }

    [Theory]
    [InlineData("\"digest\":\"sha256:", "\"digest\":null,\"x\":\"sha256:", "cannot be read")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.config", "\"mediaType\":null,\"x\":\"", "cannot be read")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.layer", "\"mediaType\":null,\"x\":\"", "cannot be read")]
    [InlineData("\"size\":", "\"size\":-1,\"x\":", "")]
    [InlineData("\"size\":", "\"size\":9223372036854775807,\"x\":", "")]
    [InlineData("\"size\":", "\"size\":1e400,\"x\":", "cannot be read")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":1", "Docker's first kind")]
    [InlineData("\"layers\":[", "\"layers\":[null,", "cannot be read")]
    [InlineData("\"layers\":[", "\"layers\":[],\"x\":[", "has no layers")]
    [InlineData("\"layers\":[", "\"layers\":null,\"x\":[", "neither a manifest nor an index")]
    [InlineData("\"config\":", "\"config\":null,\"x\":", "neither a manifest nor an index")]
    [InlineData("{", "", "cannot be read")]
    [InlineData("sha256:", "sha256:../../../../etc/", "no other kind")]
    [InlineData("sha256:", "sha512:", "no other kind")]
    public async Task A_manifest_that_lies_is_refused(string was, string becomes, string why)
    {
        Blob(Layer);
        await Refused(Replace(Manifest(), was, becomes), why);
    }

    [Theory]
    [InlineData("\"architecture\":\"amd64\"", "\"architecture\":null", "")]
    [InlineData("\"architecture\":\"amd64\"", "\"architecture\":\"mips\"", "is for mips")]
    [InlineData("\"os\":\"linux\"", "\"os\":null", "")]
    [InlineData("\"os\":\"linux\"", "\"os\":\"windows\"", "is for windows")]
    [InlineData("\"diff_ids\":[", "\"diff_ids\":[null],\"x\":[", "no other kind")]
    [InlineData("\"diff_ids\":[", "\"diff_ids\":[],\"x\":[", "its config speaks of 0")]
    [InlineData("\"rootfs\":", "\"rootfs\":null,\"x\":", "its config speaks of 0")]
    [InlineData("\"Env\":[", "\"Env\":[null,", "cannot be read")]
    [InlineData("\"Env\":[\"A=b\"]", "\"Env\":\"A=b\"", "cannot be read")]
    [InlineData("\"/w\"", "\"/w\\u0000/etc\"", "holds a NUL")]
    [InlineData("\"/x\"", "\"/x\\u0000-y\"", "holds a NUL")]
    [InlineData("\"A=b\"", "\"A=b\\u0000C=d\"", "holds a NUL")]
    [InlineData("\"u\"", "\"u\\u0000\"", "holds a NUL")]
    [InlineData("\"u\"", "\"\\ud800\"", "cannot be read")]
    [InlineData("{", "[", "cannot be read")]
    public async Task A_config_that_lies_is_refused(string was, string becomes, string why)
    {
        Blob(Layer);
        await Refused(Manifest(config: Replace(Config, was, becomes)), why);
    }

    [Fact]
    public async Task Bytes_that_are_others_than_their_names_are_refused()
    {
        // Of the right length, of the wrong one, and a layer that unpacks to another tar than its config says.
        _blobs[Of(Layer)] = [.. Layer[..^1], (byte)(Layer[^1] ^ 1)];
        await Refused(Manifest(), "are others than it names");
        _blobs[Of(Layer)] = [.. Layer, 0];
        await Refused(Manifest().Replace($"\"size\":{Layer.Length}", $"\"size\":{Layer.Length + 1}", StringComparison.Ordinal),
            "are others than it names");
        Blob(Layer);
        await Refused(Manifest().Replace($"\"size\":{Layer.Length}", $"\"size\":{Layer.Length - 1}", StringComparison.Ordinal),
            "are others than it names");
        await Refused(Manifest().Replace($"\"size\":{Layer.Length}", $"\"size\":{Layer.Length + 9}", StringComparison.Ordinal),
            $"stopped at {Layer.Length} of {Layer.Length + 9} bytes");
        var other = Gzip(new TarBytes().Add("other").End());
        Blob(other);
        await Refused(Manifest(layer: other), "");
    }

    [Fact]
    public async Task Documents_without_end_are_refused()
    {
        Blob(Layer);
        await Refused(new string(' ', 5 << 20) + Manifest(), "larger than 4 MiB");
        await Refused(Replace(Manifest(), "{", "{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + ","), "cannot be read");
        var many = string.Join(',', Enumerable.Repeat(Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", Layer), 501));
        await Refused(Replace(Manifest(), "\"layers\":[", $"\"layers\":[{many},"), "502 layers; the kernel stacks 500");
        var huge = Encoding.UTF8.GetBytes(Config + new string(' ', 9 << 20));
        await Refused(Manifest(config: Encoding.UTF8.GetString(huge)), "larger than 8 MiB");
    }

    [Fact]
    public async Task Names_with_a_slash_in_front_are_below_the_images_root()
    {
        // As buildpacks and older builders write them.
        var tar = new TarBytes().Folder("/d").Add("/d/f", "x").Link("/h", "/d/f").Symlink("/l", "/d").Add("//d//.wh.g").End();
        var layer = Gzip(tar);
        Blob(layer);
        var image = await Pull(Manifest(Config.Replace(Of(Tar), Of(tar), StringComparison.Ordinal), layer));
        var tree = _scratch.SquashTree(Store("state").LayerPath(Assert.Single(image.Layers)));
        foreach (var line in (string[])["d d ", "d/f f ", "h f ", "l l ", "d/g c "])
            Assert.Contains("\n" + line, "\n" + tree, StringComparison.Ordinal);
        var outside = Gzip(new TarBytes().Add("/../etc/x").End());
        Blob(outside);
        await Refused(Manifest(layer: outside), "has a '..' in it");
    }

    [Fact]
    public async Task Of_keys_that_are_there_twice_one_counts_everywhere()
    {
        Blob(Layer);
        var image = await Pull(Replace(Manifest(), "{", "{\"layers\":[{\"mediaType\":\"evil\",\"digest\":\"evil\",\"size\":1}],"));
        Assert.Single(image.Layers);
    }

    [Fact]
    public async Task An_index_may_name_an_index_and_no_further()
    {
        Blob(Layer);
        var manifest = Manifest();
        _blobs[Of(manifest)] = Encoding.UTF8.GetBytes(manifest);
        string Index(string of, string platform = ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}")
        {
            var index = $$"""{"schemaVersion":2,"mediaType":"{{IndexType}}","manifests":[{{Descriptor(Type, of)[..^1]}}{{platform}}}]}""";
            _blobs[Of(index)] = Encoding.UTF8.GetBytes(index);
            return index;
        }
        Assert.Single((await Pull(Index(manifest))).Layers);
        Assert.Single((await Pull(Index(Index(manifest)))).Layers);
        // An index of one image need not say for what machine that is; the image says it itself.
        Assert.Single((await Pull(Index(manifest, ""))).Layers);
        await Refused(Index(Index(Index(manifest))), "an index names an index names an index");
        var lying = Index(manifest);
        _blobs[Of(manifest)] = Encoding.UTF8.GetBytes(manifest + " ");
        await Refused(lying, "the manifest that came is not");
    }

    [Fact]
    public async Task A_registry_that_leads_in_circles_or_answers_another_part_is_given_up()
    {
        Blob(Layer);
        await using var circle = new HttpServer("127.0.0.1", c =>
        {
            c.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
            c.Response.RedirectLocation = c.Request.Url!.ToString();
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<Refusal>(() => From(circle, Store("circle")));
        Assert.InRange(circle.Asked.Count, 1, 50);
    }

    private string Manifest(string? config = null, byte[]? layer = null)
    {
        Blob(Encoding.UTF8.GetBytes(config ?? Config));
        return $$"""
            {"schemaVersion":2,"mediaType":"{{Type}}","config":{{Descriptor("application/vnd.oci.image.config.v1+json", config ?? Config)}},
            "layers":[{{Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer ?? Layer)}}]}
            """;
    }

    private static string Descriptor(string type, string bytes) => Descriptor(type, Encoding.UTF8.GetBytes(bytes));

    private static string Descriptor(string type, byte[] bytes) =>
        $$"""{"mediaType":"{{type}}","digest":"{{Of(bytes)}}","size":{{bytes.Length}}}""";

    private void Blob(byte[] bytes) => _blobs[Of(bytes)] = bytes;

    /// <summary>The first of them.</summary>
    private static string Replace(string text, string was, string becomes)
    {
        var at = text.IndexOf(was, StringComparison.Ordinal);
        Assert.True(at >= 0, $"'{was}' is not in {text}");
        return text[..at] + becomes + text[(at + was.Length)..];
    }

    private async Task Refused(string manifest, string why)
    {
        var before = Layers();
        var refused = await Assert.ThrowsAsync<Refusal>(() => Pull(manifest));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(before, Layers());
        IEnumerable<string> Layers() => Store("state").List().Select(i => i.Fingerprint)
            .Concat(Directory.EnumerateFiles(_scratch["state/layers"])).Order().ToList();
    }

    private async Task<StoredImage> Pull(string manifest)
    {
        await using var server = new HttpServer("127.0.0.1", c =>
        {
            var name = c.Request.RawUrl!.Split('/')[^1];
            var body = name == "1" ? Encoding.UTF8.GetBytes(manifest) : _blobs.GetValueOrDefault(name);
            if (body is null)
                c.Response.StatusCode = 404;
            else if (c.Request.Headers["Range"] is { } range && long.Parse(range[6..^1]) is var from)
                c.Response.StatusCode = from < body.Length ? 206 : 416;
            return c.Response.StatusCode == 200 ? c.Response.OutputStream.WriteAsync(body).AsTask() : Task.CompletedTask;
        });
        return await From(server, Store("state"));
    }

    private static Task<StoredImage> From(HttpServer server, ImageStore store) =>
        new ImagePull(store, new RegistrySettings { Insecure = [server.Host] }, TimeProvider.System, (_, _) => Task.CompletedTask)
            .Pull(new PullRequest(ImageReference.Parse(server.Host + "/tests/x:1"), Platforms.Parse("amd64"), _ => null), _ => { }, Ct);

    private ImageStore Store(string name)
    {
        Directory.CreateDirectory(_scratch[name]);
        var store = new ImageStore(_scratch[name], TimeProvider.System);
        store.Open();
        return store;
    }

    private static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    private static string Of(byte[] bytes) => Digest.Of(bytes).ToString();

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
