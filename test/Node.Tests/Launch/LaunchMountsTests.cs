using Holm.Contract;
using Holm.Linux;
using Holm.Node.Flakes;
using Holm.Node.Launch;

namespace Node.Tests.Launch;

/// <summary>What a launch sees of its caller's folders.</summary>
public sealed class LaunchMountsTests : IDisposable
{
    private static readonly Flake Flake = new() { Name = "tool", Image = "tool", ShareCwd = true, ShareHome = true };
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1000, "/opt", "leads elsewhere")]
    [InlineData(1000, "/usr/lib", "leads elsewhere")]
    [InlineData(1000, "/nowhere", "leads elsewhere")]
    [InlineData(1000, "/usr", "the container has its own")]
    [InlineData(0, "/usr", "the container has its own")]
    public void A_folder_is_mounted_nowhere_but_where_it_is(uint uid, string path, string why)
    {
        Assert.Contains(why, Assert.Throws<Refusal>(() => Folders(uid, path, _scratch.Root)).Message, StringComparison.Ordinal);
        Assert.Contains(why, Assert.Throws<Refusal>(() => Folders(uid, _scratch.Root, path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_may_be_reached_by_a_link()
    {
        var link = Path.Combine(_scratch.Root, "link");
        File.CreateSymbolicLink(link, _scratch.Root);
        Assert.Equal([_scratch.Root, link], Folders(1000, link, _scratch.Root));
    }

    /// <summary>Where the two folders are mounted, both of which are the scratch folder by the caller's word.</summary>
    private List<string> Folders(uint uid, string folder, string home)
    {
        Fd Opened(string path) => Fd.Open(path, OpenFlags.O_PATH);
        var call = new LaunchCall { Command = "/usr/bin/tool", Folder = folder, Home = home };
        List<Fd> files = [Fd.Memory("arguments", "0\0"u8), Opened("/dev/null"), Opened("/dev/null"), Opened("/dev/null"),
            Opened(_scratch.Root), Opened(_scratch.Root)];
        try
        {
            using var request = LaunchRequest.Read(call.Write(), new Peer(1, uid, uid, []), files);
            using var mounts = LaunchMounts.Of(Flake, new FlakeStack(null!, [], []), request);
            return [.. mounts.All.Where(m => m.Caller is not null).Select(m => m.Path)];
        }
        finally
        {
            files.ForEach(f => f.Dispose());
        }
    }
}
