using Holm.Contract;
using Holm.Images;
using Holm.Linux.Files;

namespace Images.Tests;

/// <summary>The store: who is found by what, what goes and what stays, and what a damaged file of its own does to it.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private string State => _scratch["state"];

    public StoreTests() => Directory.CreateDirectory(State);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task The_same_image_twice_at_once_is_kept_once()
    {
        var store = Opened();
        var file = await Image("one");
        var imports = Enumerable.Range(0, 4).Select(_ => Task.Run(() => Import(store, file))).ToList();
        await Task.WhenAll(imports.Select(i => i.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.Equal(1, imports.Count(i => i.IsCompletedSuccessfully));
        var refusals = imports.Where(i => i.IsFaulted).Select(i => i.Exception!.InnerException).ToList();
        Assert.Equal(3, refusals.Count(e => e is Refusal { Code: 409 }));
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(State, "layers")));
    }

    [Fact]
    public async Task A_beginning_of_several_fingerprints_is_refused_and_of_one_found()
    {
        var store = Opened();
        var image = await Import(store, await Image("one"));
        // A second image of the same beginning, made by hand: its fingerprint is what the file says.
        var twin = image.Fingerprint[..20] + new string('0', 44);
        File.WriteAllText(
            Path.Combine(State, "images", twin + ".json"),
            File.ReadAllText(Path.Combine(State, "images", image.Fingerprint + ".json"))
                .Replace($"\"Fingerprint\": \"{image.Fingerprint}", $"\"Fingerprint\": \"{twin}", StringComparison.Ordinal));
        Assert.Empty(store.Open());
        Assert.Contains("is ambiguous", Assert.Throws<Refusal>(() => store.Find(twin[..20])).Message, StringComparison.Ordinal);
        Assert.Equal(image.Fingerprint, store.Find(image.Fingerprint[..32])!.Fingerprint);
        Assert.Equal(twin, store.Find(twin)!.Fingerprint);
        Assert.Null(store.Find(twin[..3]));
        Assert.Null(store.Find("abcdef"));
    }

    [Fact]
    public async Task Names_that_lead_nowhere_are_gone_from_the_file_too()
    {
        var store = Opened();
        var image = await Import(store, await Image("one"));
        store.SetAlias("here", image.Fingerprint);
        var path = Path.Combine(State, "aliases.json");
        var good = File.ReadAllText(path);
        File.WriteAllText(path, good.Replace("{\n  \"here\"", "{\n  \"away\": { \"Target\": \"00\", \"Description\": \"\" },\n  \"here\"",
            StringComparison.Ordinal));
        Assert.NotEqual(good, File.ReadAllText(path));
        Assert.Empty(store.Open());
        Assert.Equal(["here"], store.Aliases.Keys);
        Assert.Equal(good, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("{ \"web\": ")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("")]
    public async Task Names_that_cannot_be_read_are_kept_aside(string content)
    {
        var image = await Import(Opened(), await Image("one"));
        var path = Path.Combine(State, "aliases.json");
        File.WriteAllText(path, content);
        var store = new ImageStore(State, TimeProvider.System);
        Assert.Contains("aliases.json.bad-", Assert.Single(store.Open()), StringComparison.Ordinal);
        var aside = Assert.Single(Directory.GetFiles(State, "aliases.json*"));
        Assert.Equal(content, File.ReadAllText(aside));
        store.SetAlias("web", image.Fingerprint);
        Assert.Empty(Opened().Aliases.Keys.Except(["web"]));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task An_image_that_cannot_be_read_loses_no_layer(string content)
    {
        var store = Opened();
        var (broken, other) = (await Import(store, await Image("a")), await Import(store, await Image("b")));
        var path = Path.Combine(State, "images", broken.Fingerprint + ".json");
        var good = File.ReadAllText(path);
        File.WriteAllText(path, content);
        store = new ImageStore(State, TimeProvider.System);
        Assert.Contains(broken.Fingerprint, Assert.Single(store.Open()), StringComparison.Ordinal);
        store.Delete(other.Fingerprint);
        Assert.False(File.Exists(store.LayerPath(other.Fingerprint)));
        Assert.True(File.Exists(store.LayerPath(broken.Fingerprint)));
        File.WriteAllText(path, good);
        Assert.Equal([broken.Fingerprint], Opened().List().Select(i => i.Fingerprint));
    }

    [Fact]
    public async Task A_file_of_the_store_that_the_disk_does_not_give_back_stops_nothing()
    {
        var image = await Import(Opened(), await Image("a"));
        var lost = Path.Combine(State, "images", new string('0', 64) + ".json");
        File.CreateSymbolicLink(lost, lost);
        var store = new ImageStore(State, TimeProvider.System);
        Assert.Contains(lost, Assert.Single(store.Open()), StringComparison.Ordinal);
        Assert.Equal([image.Fingerprint], store.List().Select(i => i.Fingerprint));
    }

    [Fact]
    public async Task An_upload_becomes_the_layer_itself_and_is_not_written_twice()
    {
        var store = Opened();
        using var upload = Durable.Stage(store.StagingFolder);
        upload.Write(File.ReadAllBytes(await Image("a")));
        var request = new ImportRequest(upload.Path, "a.sqfs", NoInit: true, Upload: upload);
        var image = await store.Import(request, null, TestContext.Current.CancellationToken);
        Assert.Equal(FileStat.Of(upload.File).Inode, FileStat.Of(store.LayerPath(image.Fingerprint)).Inode);
        Assert.Single(Directory.GetFileSystemEntries(store.StagingFolder));
    }

    [Fact]
    public async Task A_tar_that_unpacks_to_more_than_there_is_room_for_leaves_the_reserve()
    {
        // 2 MiB of noise, sixteen times over and shifted: zstd sees that they are the same, SquashFS with its small blocks does not.
        _scratch.Shell("head -c 2M /dev/urandom > noise; mkdir t; for i in $(seq 16); do tail -c +$((i * 4321)) noise > t/$i; done; " +
            "tar -C t -cf - . | zstd -q --long=24 > big.tar.zst");
        Directory.CreateDirectory(_scratch["small"]);
        _scratch.Shell("mount -t tmpfs -o size=48M holm-test small");
        try
        {
            var store = new ImageStore(_scratch["small"], TimeProvider.System);
            store.Open();
            var refusal = await Assert.ThrowsAsync<Refusal>(() => Import(store, _scratch["big.tar.zst"]));
            Assert.Equal(507, refusal.Code);
            Assert.Contains("kept in reserve", refusal.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(store.StagingFolder));
        }
        finally
        {
            _scratch.Shell("umount small");
        }
    }

    private ImageStore Opened()
    {
        var store = new ImageStore(State, TimeProvider.System);
        Assert.Empty(store.Open());
        return store;
    }

    private Task<string> Image(string content) => _scratch.Convert(new TarBytes().Add(content).End(), content);

    private static Task<StoredImage> Import(ImageStore store, string file) =>
        store.Import(new ImportRequest(file, NoInit: true), null, TestContext.Current.CancellationToken);
}
