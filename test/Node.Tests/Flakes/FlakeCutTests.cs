using Holm.Node.Flakes;
using Images.Tests;

namespace Node.Tests.Flakes;

/// <summary>
/// Every change of a registration, cut before each of its steps: the daemon alone, or the power with all that was not synced.
/// </summary>
public sealed class FlakeCutTests
{
    private static readonly Dictionary<string, Action<FlakeStore, Func<string, string>>> Changes = new()
    {
        ["register"] = (store, bin) => store.Register(AnyFlake.Of("new", bin("new"), bin("new2")), false),
        ["replace"] = (store, bin) => store.Register(AnyFlake.Of("old", bin("both"), bin("more")), true),
        ["remove"] = (store, _) => store.Remove("old"),
    };

    public static TheoryData<string> Kinds => [.. Changes.Keys];

    private static void Prepare(ScratchFolder folder)
    {
        var store = AnyFlake.Store(folder);
        store.Open();
        store.Register(AnyFlake.Of("old", Bin(folder)("old"), Bin(folder)("both")), false);
        store.Register(AnyFlake.Of("other", Bin(folder)("other")), false);
    }

    private static Func<string, string> Bin(ScratchFolder folder)
    {
        var bin = Directory.CreateDirectory(Path.Combine(folder.State, "bin")).FullName;
        return name => Path.Combine(bin, name);
    }

    /// <summary>What there is after the next start: which commands, and what the records say.</summary>
    private static string Left(ScratchFolder folder)
    {
        var store = AnyFlake.Store(folder);
        store.Open();
        Assert.Empty(store.Problems);
        Assert.Empty(AnyFlake.Store(folder).Open());
        Assert.DoesNotContain(Directory.GetFileSystemEntries(AnyFlake.Folder(folder)), p => !p.EndsWith(".yaml", StringComparison.Ordinal));
        var links = Directory.GetFileSystemEntries(Bin(folder)("")).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal);
        var named = store.All.SelectMany(f => f.Commands.Keys).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal);
        Assert.Equal(named, links);
        return string.Join(' ', links);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_cut_leaves_old_or_new_and_no_command_without_a_record(string kind)
    {
        var outcomes = new HashSet<string>();
        foreach (var loss in PowerCut.Losses)
            for (var (cut, more) = (0, true); more; cut++)
            {
                using var folder = new ScratchFolder();
                Prepare(folder);
                var store = AnyFlake.Store(folder);
                var power = new PowerCut(folder.State, Directory.CreateDirectory(Path.Combine(folder.Root, "backups")).FullName);
                more = await power.Run(() =>
                {
                    Changes[kind](store, Bin(folder));
                    return Task.CompletedTask;
                }, cut);
                if (more)
                    power.Lose(loss);
                outcomes.Add(Left(folder));
            }
        string[] wanted = kind switch
        {
            "register" => ["both old other", "both new new2 old other"],
            "replace" => ["both old other", "both more other"],
            _ => ["both old other", "other"],
        };
        Assert.Equal(wanted.Order(), outcomes.Order());
    }
}
