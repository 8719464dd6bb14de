using Holm.Config;
using Holm.Node.Config;
using Images.Tests;

namespace Node.Tests.Config;

/// <summary>Every kind of change, cut before each of its steps: the daemon alone, or the power with all that was not synced.</summary>
public sealed class ConfigCutTests
{
    private static readonly Dictionary<string, Action<ConfigStore>> Changes = new()
    {
        ["saved"] = store => store.Change("create", d => d.With(App("new"))),
        ["not saved"] = store => store.Change("create", d => d.With(App("new")), Saving.None),
        ["whole"] = store => store.Change("create", d => d.With(App("new")), Saving.Whole),
        ["save"] = store => store.Save(),
        ["other"] = store => store.SaveOther(Document.Initial.With(App("other"))),
    };

    private static InstanceConfig App(string name) => new() { Name = name, Image = "netbox" };

    /// <summary>Saved: old. Not saved: loose.</summary>
    private static void Prepare(ScratchFolder folder)
    {
        var store = new ConfigStore(folder.State, folder.Run);
        store.Change("create", d => d.With(App("old")));
        store.Change("create", d => d.With(App("loose")), Saving.None);
    }

    private static (string Running, string Startup) Texts(ScratchFolder folder)
    {
        var store = new ConfigStore(folder.State, folder.Run);
        Assert.Empty(store.Problems);
        return (ConfigText.Write(store.Current), ConfigText.Write(store.Startup));
    }

    public static TheoryData<string> Kinds => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_daemon_that_dies_leaves_old_or_new(string kind)
    {
        for (var (cut, more) = (0, true); more; cut++)
        {
            using var folder = new ScratchFolder();
            Prepare(folder);
            var old = Texts(folder);
            var store = new ConfigStore(folder.State, folder.Run);
            var daemon = new PowerCut(folder.Root, Directory.CreateDirectory(Path.Combine(folder.Root, "backups")).FullName);
            more = await daemon.Run(() =>
            {
                Changes[kind](store);
                return Task.CompletedTask;
            }, cut);
            var left = Texts(folder);
            if (left != old)
            {
                Changes[kind](store = new ConfigStore(folder.State, folder.Run));
                Assert.Equal((ConfigText.Write(store.Current), ConfigText.Write(store.Startup)), left);
            }
            else
            {
                Assert.True(more);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_power_cut_leaves_what_was_saved_or_is(string kind)
    {
        foreach (var loss in PowerCut.Losses)
            for (var (cut, more) = (0, true); more; cut++)
            {
                using var folder = new ScratchFolder();
                Prepare(folder);
                var old = Texts(folder).Startup;
                var store = new ConfigStore(folder.State, folder.Run);
                var power = new PowerCut(folder.State, Directory.CreateDirectory(Path.Combine(folder.Root, "backups")).FullName);
                more = await power.Run(() =>
                {
                    Changes[kind](store);
                    return Task.CompletedTask;
                }, cut);
                var wanted = ConfigText.Write(store.Startup);
                if (more)
                    power.Lose(loss);
                Directory.Delete(folder.Run, recursive: true);
                var (running, startup) = Texts(folder);
                Assert.Equal(startup, running);
                if (startup != old && more)
                    continue;
                Assert.Equal(more ? old : wanted, startup);
            }
    }
}
