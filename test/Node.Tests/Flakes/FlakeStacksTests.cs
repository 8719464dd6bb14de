using System.Collections.Concurrent;
using Holm.Contract;
using Holm.Images;
using Holm.Linux.Files;
using Holm.Node.Flakes;
using Images.Tests;

namespace Node.Tests.Flakes;

/// <summary>What flakes are made of: real images in a real store, and files of this host.</summary>
public sealed class FlakeStacksTests : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private readonly ConcurrentQueue<string> _said = new();
    private ImageStore _images = null!;
    private FlakeIncludes _includes = null!;
    private FlakeStacks _stacks = null!;

    private string State => _scratch["state"];

    private string Flakes => Path.Combine(State, "flakes");

    /// <summary>A folder of the host that everybody may read.</summary>
    private string Host => _scratch["host"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Durable.CreateFolder(State, 0x1ED);
        Directory.CreateDirectory(Host);
        _scratch.Shell("chmod 755 . host; mkdir -p host/d/e host/shut; for f in a b d/e/f d/g; do echo h > host/$f; done; " +
            "echo s > host/secret; chmod 600 host/secret; echo s > host/shut/open; chmod 700 host/shut; mkfifo host/pipe");
        Open();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    private IReadOnlyList<string> Open()
    {
        _images = new ImageStore(State, TimeProvider.System) { AlsoKept = () => FlakeIncludes.Kept(Flakes) };
        var told = _images.Open();
        new FlakeFiles(Flakes).Open();
        _includes = new FlakeIncludes(Flakes, _images);
        _stacks = new FlakeStacks(_images, _includes, _said.Enqueue);
        return told;
    }

    /// <summary>Makes an image of what a script puts into its root.</summary>
    private async Task<string> Image(string name, string script)
    {
        _scratch.Shell(
            $"mkdir -p {name}-root/usr/bin; cd {name}-root; HOST='{Host}'; {script}\ncd ..; tar -C {name}-root -cf {name}.tar .");
        var image = await _images.Import(new ImportRequest(_scratch[name + ".tar"], NoInit: true), null, Ct);
        _images.SetAlias(name, image.Fingerprint);
        return image.Fingerprint;
    }

    private static Flake Flake(string image, string? below = null, params string[] layers) =>
        new() { Name = "f", Image = image, Base = below, Layers = layers, Commands = new Dictionary<string, string> { ["/f"] = "/" } };

    private async Task<Refusal> Refused(Flake flake) => await Assert.ThrowsAsync<Refusal>(() => _stacks.Of(flake, Ct));

    [Fact]
    public async Task Base_layers_and_image_lie_over_each_other_in_their_order()
    {
        var (low, mid, top) = (await Image("low", "echo 1 > a"), await Image("mid", "echo 2 > a"), await Image("top", "echo 3 > a"));
        Assert.Equal([top], (await _stacks.Of(Flake("top"), Ct)).Layers);
        var stack = await _stacks.Of(Flake("top", "low", "mid"), Ct);
        Assert.Equal([low, mid, top], stack.Layers);
        Assert.Equal(top, stack.Image.Fingerprint);
        Assert.Empty(stack.HostFiles);
        Assert.Equal([mid, low, top], (await _stacks.Of(Flake("top", "low", "mid", "low"), Ct)).Layers);
    }

    [Fact]
    public async Task Images_that_are_missing_are_named_once()
    {
        await Image("mid", "echo 2 > a");
        var missing = await Assert.ThrowsAsync<MissingImagesException>(() => _stacks.Of(Flake("top", "low", "mid", "low"), Ct));
        Assert.Equal(["low", "top"], missing.Names);
        Assert.Equal("flake f: not here yet: low, top; `holm pull` brings an image", missing.Message);
    }

    [Fact]
    public async Task What_deltas_removed_comes_from_the_host_where_no_layer_has_it()
    {
        await Image("low", "mkdir -p .$HOST; echo base > .$HOST/b");
        // As KIWI writes it: without the slash in front.
        await Image("top",
            "for f in a b d/e/f d/g none secret shut/open pipe; do echo ${HOST#/}/$f; done > removed; echo $HOST/d >> removed");
        Assert.Equal([$"{Host}/a", $"{Host}/d"], (await _stacks.Of(Flake("top", "low"), Ct)).HostFiles);
        Assert.Empty((await _stacks.Of(Flake("top"), Ct)).HostFiles);
        Assert.Empty(_said);
        File.Delete($"{Host}/a");
        Assert.Equal([$"{Host}/d"], (await _stacks.Of(Flake("top", "low"), Ct)).HostFiles);
    }

    [Fact]
    public async Task Host_dependencies_are_given_and_missed_by_name()
    {
        await Image("app", "printf '%s\\n' $HOST/a $HOST/gone > systemfiles");
        Assert.Empty((await _stacks.Of(Flake("app"), Ct)).HostFiles);
        var flake = Flake("app") with { HostDependencies = true };
        Assert.Contains($"not there, or not readable by everybody: {Host}/gone; %ignore_sync_error", (await Refused(flake)).Message,
            StringComparison.Ordinal);
        Assert.Equal([$"{Host}/a"], (await _stacks.Of(flake with { PilotOptions = ["%ignore_sync_error"] }, Ct)).HostFiles);
        File.WriteAllText($"{Host}/gone", "");
        Assert.Equal([$"{Host}/a", $"{Host}/gone"], (await _stacks.Of(flake, Ct)).HostFiles);
    }

    [Fact]
    public async Task A_script_is_not_run_and_is_told()
    {
        await Image("kiwi", "printf 'set -e\\nrpm --noghost -ql joe\\ntouch %s/ran\\n%s/a\\n' $HOST $HOST > systemfiles");
        var stack = await _stacks.Of(Flake("kiwi") with { HostDependencies = true }, Ct);
        Assert.Equal([$"{Host}/a"], stack.HostFiles);
        Assert.False(File.Exists($"{Host}/ran"));
        Assert.StartsWith("/systemfiles of image kiwi.tar looks like a script; Holm runs no script of an image, and takes 1 lines",
            Assert.Single(_said));
    }

    [Fact]
    public async Task Lists_that_lead_elsewhere_are_passed_over_or_refused()
    {
        await Image("sly", "printf '%s\\n' ../etc/passwd etc/../../x / . .. /dev/null proc/kcore run/holm 'a\tb' > removed");
        Assert.Empty((await _stacks.Of(Flake("sly", "sly"), Ct)).HostFiles);
        Assert.StartsWith("/removed of image sly.tar: 9 lines are passed over", Assert.Single(_said));
        await Image("binary", "printf 'a\\0b' > removed");
        Assert.Contains("/removed of image binary.tar is no text", (await Refused(Flake("binary", "sly"))).Message,
            StringComparison.Ordinal);
        await Image("latin", "printf 'a\\377b' > removed");
        Assert.Contains("is no text", (await Refused(Flake("latin", "sly"))).Message, StringComparison.Ordinal);
        await Image("huge", "head -c 2000000 /dev/zero > removed");
        Assert.Contains("/removed in it has 2000000 bytes", (await Refused(Flake("huge", "sly"))).Message, StringComparison.Ordinal);
        await Image("link", "ln -s /etc/passwd removed; mkdir etc; echo etc/hostname > etc/passwd; mkdir systemfiles");
        var link = await _stacks.Of(Flake("link", "sly") with { HostDependencies = true }, Ct);
        Assert.DoesNotContain(link.HostFiles, p => p != "/etc/hostname");
    }

    [Fact]
    public async Task Includes_become_one_layer_that_is_kept_and_made_again_when_a_source_changes()
    {
        var app = await Image("app", "echo 1 > a");
        _scratch.Shell("mkdir -p t/tmp t/opt; echo one > t/opt/f; echo tar > t/opt/g; tar -C t -czf one.tgz opt/f opt/g; " +
            "echo two > t/opt/f; tar -C t -cf two.tar opt/f; echo x > t/tmp/x; tar -C t -cf tmp.tar tmp/x");
        var flake = Flake("app") with
        {
            IncludeTar = [_scratch["one.tgz"], _scratch["two.tar"], _scratch["tmp.tar"]],
            IncludePath = [$"{Host}/d", $"{Host}/secret"],
        };
        var layer = (await _includes.Layer(flake, anew: true, Ct))!;
        Assert.Equal([app, layer], (await _stacks.Of(flake, Ct)).Layers);
        var tree = _scratch.SquashTree(_images.LayerPath(layer));
        _scratch.Shell($"cd '{layer}.out'; [ \"$(cat opt/f opt/g | xargs)\" = 'two tar' ]; [ \"$(cat .{Host}/d/e/f)\" = h ]; " +
            $"[ \"$(stat -c %a tmp)\" = \"$(stat -c %a /tmp)\" ]; [ \"$(stat -c %a .{Host}/secret)\" = 600 ]");
        Assert.DoesNotContain("/a f", tree, StringComparison.Ordinal);
        // The same content is the same layer, and it outlives a restart as long as the flake names it.
        Assert.Equal(layer, await _includes.Layer(flake, anew: true, Ct));
        File.WriteAllText(Path.Combine(Flakes, "f.yaml"), "image: app");
        Assert.Empty(Open());
        _images.Delete(app);
        Assert.True(File.Exists(_images.LayerPath(layer)));
        Assert.Equal(layer, await _includes.Layer(flake, anew: false, Ct));
        File.WriteAllText(_scratch["two.tar"], "");
        var empty = await Assert.ThrowsAsync<Refusal>(() => _includes.Layer(flake, false, Ct));
        Assert.StartsWith($"include {_scratch["two.tar"]}: ", empty.Message);
        _scratch.Shell("echo three > t/opt/f; tar -C t -cf two.tar opt/f opt/g");
        var second = await _includes.Layer(flake, anew: false, Ct);
        Assert.NotEqual(layer, second);
        Assert.Equal([second + ".squashfs"], Directory.GetFiles(Path.Combine(State, "layers")).Select(Path.GetFileName));
        File.Delete(Path.Combine(Flakes, "f.yaml"));
        _includes.Sweep();
        Assert.Empty(Directory.GetFiles(Path.Combine(State, "layers")));
    }

    [Fact]
    public async Task Includes_that_cannot_be_taken_are_named_and_leave_nothing()
    {
        await Image("app", "echo 1 > a");
        _scratch.Shell("mkdir t; echo x > t/x; tar -C t -Pcf up.tar --transform 's,^,../,' x; echo none > none.tar; mkfifo fifo.tar");
        foreach (var (tar, why) in ((string, string)[])[("up.tar", "has a '..' in it"), ("none.tar", "cannot use the archive"),
            ("fifo.tar", "it is no regular file"), ("gone.tar", "No such file")])
        {
            var refusal = await Refused(Flake("app") with { IncludeTar = [_scratch[tar]] });
            Assert.StartsWith($"include {_scratch[tar]}: ", refusal.Message);
            Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        }
        Assert.Equal(404, (await Refused(Flake("app") with { IncludePath = [$"{Host}/none"] })).Code);
        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(State, "layers")));
        Assert.Empty(Directory.GetFileSystemEntries(Flakes));
    }

    [Fact]
    public async Task What_a_vendor_wrote_is_read_from_the_topmost_layer_that_has_it()
    {
        await Image("aws", "echo 'container:' > aws.yaml");
        Assert.Equal("container:\n", _stacks.Info("aws"));
        _images.SetAlias("docker.io/amazon/other:latest", _images.Find("aws")!.Fingerprint);
        Assert.Null(_stacks.Info("amazon/other"));
        Assert.Equal("image nope is not here; `holm pull nope` brings it", Assert.Throws<Refusal>(() => _stacks.Info("nope")).Message);
    }
}
