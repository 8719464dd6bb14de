using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux.Files;

namespace Images.Tests.Oci;

/// <summary>Layers whose names lead through the layers below, or should not.</summary>
public sealed class WaysTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static readonly string Winding = string.Concat(Enumerable.Repeat("d/../", 800)) + "d";

    private static TarBytes Base => new TarBytes().Folder("d").Add("d/f", "old").Symlink("a", "b").Symlink("b", "a").Symlink("self", "self")
        .Symlink("file", "d/f").Symlink("l", "d").Pax(("linkpath", TarBytes.Text(Winding + "/../w2"))).Symlink("w1", "")
        .Pax(("linkpath", TarBytes.Text(Winding + "/../w3"))).Symlink("w2", "").Pax(("linkpath", TarBytes.Text(Winding))).Symlink("w3", "");

    public static TheoryData<string, byte[], string> Refused => new()
    {
        { "loop", new TarBytes().Add("a/x").End(), "'a/x' would be written through more than 40 symbolic links" },
        { "loop on the way", new TarBytes().Add("l/../b/c/x").End(), "has a '..'" },
        { "itself", new TarBytes().Add("self/x").End(), "more than 40" },
        { "loop of its own", new TarBytes().Symlink("m", "n").Symlink("n", "m").Add("m/x").End(), "more than 40" },
        { "below a file", new TarBytes().Add("d/f/x").End(), "would be written below 'd/f', in a layer below no folder" },
        { "through a link to a file", new TarBytes().Add("file/x").End(), "would be written below 'd/f'" },
        { "below its own file", new TarBytes().Add("g").Add("g/x").End(), "would be written below 'g', which is no folder" },
        { "too long a way", new TarBytes().Add("w1/x").End(), "by too long a way" },
        { "long name", new TarBytes().Long('K', TarBytes.Text(new string('n', 300))).Symlink("m", "").Add("m/x").End(), "longer than 255" },
        { "whiteout in a loop", new TarBytes().Add("a/.wh.x").End(), "more than 40" },
        { "link to nothing", new TarBytes().Link("h", "d/nothing").End(), "which no earlier entry made" },
        { "link to a folder", new TarBytes().Link("h", "d").End(), "which is a folder" },
        { "link through a loop", new TarBytes().Link("h", "a/f").End(), "which passes through more than 40 symbolic links" },
        { "link below a file", new TarBytes().Link("h", "d/f/x").End(), "which passes below 'd/f'" },
        { "link to what is gone", new TarBytes().Add("d/.wh.f").Link("h", "d/f").End(), "which no earlier entry made" },
        { "link to what is hidden", new TarBytes().Add("d/.wh..wh..opq").Link("h", "d/f").End(), "which no earlier entry made" },
        { "link into what is replaced", new TarBytes().Add(".wh.d").Folder("d").Link("h", "d/f").End(), "which no earlier entry made" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_leads_nowhere_is_refused_by_name(string what, byte[] layer, string why)
    {
        var refused = await Assert.ThrowsAsync<Refusal>(() => Convert(layer, what));
        Assert.Equal(400, refused.Code);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_is_a_copy_of_what_is_below_and_what_hides_that_does_not_hide_the_copy()
    {
        // The mark that hides what is below comes after the link.
        var hidden = await Convert(new TarBytes().Link("h", "l/f").Add("d/.wh..wh..opq").Add("d/new").End(), "hidden");
        _scratch.Shell($"unsquashfs -n -q -d out {hidden} >/dev/null");
        Assert.Equal("old", await File.ReadAllTextAsync(_scratch["out/h"], TestContext.Current.CancellationToken));
        Assert.Equal(["new"], Directory.EnumerateFileSystemEntries(_scratch["out/d"]).Select(f => Path.GetFileName(f)));
        // In a root of its own nothing is below.
        await Assert.ThrowsAsync<Refusal>(() => _scratch.Convert(new TarBytes().Link("h", "d/f").End()));
    }

    [Fact]
    public async Task More_than_fits_is_not_brought_up()
    {
        var limits = new TarLimits { UnpackedBytes = 2 };
        var refused = await Assert.ThrowsAsync<Refusal>(() => Convert(new TarBytes().Link("h", "d/f").End(), "large", limits));
        Assert.Contains("brings more than 2 bytes up", refused.Message, StringComparison.Ordinal);
    }

    private async Task<string> Convert(byte[] layer, string name, TarLimits? limits = null)
    {
        var below = await _scratch.Convert(Base.End(), "base");
        using var staged = Durable.Stage(_scratch.Folder);
        using var under = new LayersBelow([below]);
        await TarImage.ConvertLayer(
            _scratch.File("layer.tar", layer), staged, under, limits ?? new TarLimits(), null, TestContext.Current.CancellationToken);
        staged.Commit(_scratch[name]);
        return _scratch[name];
    }
}
