using Holm.Contract;
using Holm.Node.Flakes;

namespace Node.Tests.Flakes;

/// <summary>Records and commands on a real disk.</summary>
public sealed class FlakeStoreTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Bin(string name) => Path.Combine(_folder.Root, "bin", name);

    private string Record(string name) => Path.Combine(AnyFlake.Folder(_folder), name + ".yaml");

    public void Dispose() => _folder.Dispose();

    private FlakeStore Store(params string[] running)
    {
        var store = AnyFlake.Store(_folder, running);
        Assert.Empty(store.Open());
        return store;
    }

    private static string Refused(int code, Action act)
    {
        var refusal = Assert.Throws<Refusal>(act);
        Assert.Equal(code, refusal.Code);
        return refusal.Message;
    }

    private string? Target(string name) => new FileInfo(Bin(name)).LinkTarget;

    [Fact]
    public void A_flake_is_registered_found_by_its_commands_and_removed()
    {
        var store = Store();
        var flake = AnyFlake.Of("aws", Bin("aws"), Bin("deep/er/other")) with { Allow = ["*"] };
        store.Register(flake, force: false);
        Assert.Equal(AnyFlake.Launcher(_folder), Target("aws"));
        Assert.Equal(AnyFlake.Json(flake), AnyFlake.Json(store.Find("aws")!));
        Assert.Equal(AnyFlake.Json(flake), AnyFlake.Json(AnyFlake.Store(_folder).ByCommand(Bin("deep/er/other"))!.Value.Flake));
        Assert.Equal("/", store.ByCommand(Bin("aws"))!.Value.Target);
        Assert.Null(store.ByCommand(Bin("none")));
        Assert.Null(store.Find("none"));
        Assert.Empty(store.Problems);
        store.Remove("aws");
        Assert.Null(Target("aws"));
        Assert.Empty(store.All);
        Assert.Empty(Directory.GetFileSystemEntries(AnyFlake.Folder(_folder)));
        Refused(404, () => store.Remove("aws"));
    }

    [Fact]
    public void What_is_not_ours_is_not_touched()
    {
        var store = Store();
        Directory.CreateDirectory(Bin(""));
        File.WriteAllText(Bin("file"), "mine");
        File.CreateSymbolicLink(Bin("link"), "/nowhere");
        File.CreateSymbolicLink(Bin("stray"), AnyFlake.Launcher(_folder));
        Directory.CreateDirectory(Bin("folder"));
        foreach (var name in (string[])["file", "link", "folder"])
            foreach (var force in (bool[])[false, true])
                Assert.Contains("is there already and is not Holm's",
                    Refused(409, () => store.Register(AnyFlake.Of("a", Bin(name)), force)), StringComparison.Ordinal);
        Refused(409, () => store.Register(AnyFlake.Of("a", Bin("stray")), false));
        Refused(409, () => store.Register(AnyFlake.Of("a", Bin("new"), Bin("file")), false));
        Assert.Null(Target("new"));
        Assert.Empty(store.All);
        store.Register(AnyFlake.Of("a", Bin("stray")), force: true);
        File.Delete(Bin("stray"));
        File.WriteAllText(Bin("stray"), "mine now");
        store.Remove("a");
        Assert.Equal("mine now", File.ReadAllText(Bin("stray")));
    }

    [Fact]
    public void A_name_or_command_that_another_has_is_refused_and_force_replaces()
    {
        var store = Store();
        store.Register(AnyFlake.Of("a", Bin("a"), Bin("b")), false);
        Assert.Contains("exists already", Refused(409, () => store.Register(AnyFlake.Of("a", Bin("c")), false)), StringComparison.Ordinal);
        Assert.Contains("is a command of flake a", Refused(409, () => store.Register(AnyFlake.Of("c", Bin("b")), true)),
            StringComparison.Ordinal);
        store.Register(AnyFlake.Of("a", Bin("b"), Bin("c")), force: true);
        Assert.Null(Target("a"));
        Assert.NotNull(Target("b"));
        Assert.NotNull(Target("c"));
        Assert.Equal([Bin("b"), Bin("c")], store.All.Single().Commands.Keys);
    }

    [Fact]
    public void A_running_flake_is_neither_replaced_nor_removed()
    {
        Store().Register(AnyFlake.Of("a", Bin("a")), false);
        var store = Store("a");
        Assert.Contains("replace flake a: it is running", Refused(409, () => store.Register(AnyFlake.Of("a", Bin("b")), true)),
            StringComparison.Ordinal);
        Assert.Contains("remove flake a: it is running", Refused(409, () => store.Remove("a")), StringComparison.Ordinal);
        Assert.NotNull(store.Find("a"));
    }

    [Fact]
    public void A_link_that_cannot_be_made_leaves_all_as_it_was()
    {
        var store = Store();
        store.Register(AnyFlake.Of("a", Bin("a")), false);
        File.WriteAllText(Bin("file"), "");
        var before = File.ReadAllText(Record("a"));
        Assert.Contains("all is as it was",
            Refused(500, () => store.Register(AnyFlake.Of("a", Bin("b"), Bin("file/c")), true)), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Record("a")));
        Assert.Null(Target("b"));
        Assert.NotNull(Target("a"));
        Refused(500, () => store.Register(AnyFlake.Of("n", Bin("n"), Bin("file/c")), false));
        Assert.Null(Target("n"));
        Assert.Equal(["a.yaml"], Directory.GetFileSystemEntries(AnyFlake.Folder(_folder)).Select(Path.GetFileName));
    }

    [Fact]
    public void A_broken_file_is_named_and_hides_no_other()
    {
        var store = Store();
        store.Register(AnyFlake.Of("a", Bin("a")), false);
        store.Register(AnyFlake.Of("b", Bin("b")), false);
        File.WriteAllText(Record("a"), $"imagee: x\ncommands:\n  {Bin("a")}: /\n");
        File.WriteAllText(Record(".odd"), "");
        Assert.Equal(["b"], store.All.Select(f => f.Name));
        Assert.Equal($"{Record("a")} cannot be used: read a.yaml, line 1: key \"imagee\" is not known; known are name",
            store.Problems["a"].Split(',')[0] + "," + store.Problems["a"].Split(',')[1]);
        Assert.Single(AnyFlake.Store(_folder).Open());
        Refused(400, () => store.Find("a"));
        Refused(400, () => store.ByCommand(Bin("a")));
        Assert.Equal("b", store.ByCommand(Bin("b"))!.Value.Flake.Name);
        Refused(409, () => store.Register(AnyFlake.Of("a", Bin("a")), false));
        store.Register(AnyFlake.Of("a", Bin("a")), force: true);
        Assert.Empty(store.Problems);
        File.WriteAllText(Record("a"), $"imagee: x\ncommands:\n  {Bin("a")}: /\n");
        store.Remove("a");
        Assert.Null(Target("a"));
    }

    [Fact]
    public void Commands_that_are_gone_are_told_and_force_mends()
    {
        var store = Store();
        store.Register(AnyFlake.Of("a", Bin("a")), false);
        File.Delete(Bin("a"));
        Assert.Equal($"flake a: {Bin("a")} is missing; `holm flake register --force` mends it", store.Problems["a"]);
        Assert.Single(AnyFlake.Store(_folder).Open());
        Assert.Null(Target("a"));
        store.Register(AnyFlake.Of("a", Bin("a")), force: true);
        Assert.Empty(store.Problems);
        File.Delete(Bin("a"));
        File.CreateSymbolicLink(Bin("a"), "/elsewhere/holm-launch");
        Assert.Contains("is not the command that was registered", store.Problems["a"], StringComparison.Ordinal);
        store.Register(AnyFlake.Of("a", Bin("a")), force: true);
        Assert.Equal(AnyFlake.Launcher(_folder), Target("a"));
    }

    [Fact]
    public void Drop_ins_lie_over_the_record_and_go_with_it()
    {
        var store = Store();
        store.Register(AnyFlake.Of("a", Bin("a")), false);
        var folder = Directory.CreateDirectory(Path.Combine(AnyFlake.Folder(_folder), "a.d")).FullName;
        File.WriteAllText(Path.Combine(folder, "20.yaml"), "memory: 2GiB");
        File.WriteAllText(Path.Combine(folder, "10.yaml"), "memory: 1GiB\nlife: resume");
        File.WriteAllText(Path.Combine(folder, "README"), "not: read: at: all");
        Assert.Equal(("2GiB", "resume"), (store.Find("a")!.Memory, store.Find("a")!.Life));
        Assert.Contains("a.d/10.yaml and a.d/20.yaml say different things of memory", store.Problems["a"], StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "30.yaml"), "memory: lots");
        Assert.Contains("flake a: memory \"lots\" is not allowed", Refused(400, () => store.Find("a")), StringComparison.Ordinal);
        store.Remove("a");
        Assert.False(Directory.Exists(folder));
    }
}
