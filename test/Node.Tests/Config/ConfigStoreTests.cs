using Holm.Config;
using Holm.Contract;
using Holm.Node.Config;

namespace Node.Tests.Config;

public sealed class ConfigStoreTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Startup => Path.Combine(_folder.State, "startup-config.cfg");

    private string Running => Path.Combine(_folder.Run, "running-config");

    public void Dispose() => _folder.Dispose();

    private ConfigStore Open() => new(_folder.State, _folder.Run);

    private static InstanceConfig App(string name) => new() { Name = name, Image = "netbox" };

    [Fact]
    public void The_first_start_makes_the_default_profile()
    {
        var store = Open();
        Assert.Equal("root", Assert.Single(store.Current.Profiles["default"].Devices).Key);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Startup));
        Assert.Throws<Refusal>(() => store.Change("x", d => d.WithoutProfile("default")));
    }

    [Fact]
    public void A_change_is_in_both_files_and_told_once()
    {
        var store = Open();
        var told = new List<string>();
        store.Changed += (before, after) => told.AddRange(after.Instances.Keys.Except(before.Instances.Keys));
        store.Change("create", d => d.With(App("web")));
        store.Change("create", d => d.With(App("web")));
        Assert.Equal(["web"], told);
        Assert.Contains("app web netbox", File.ReadAllText(Startup), StringComparison.Ordinal);
        Assert.Contains("app web netbox", File.ReadAllText(Running), StringComparison.Ordinal);
        Assert.True(Open().Current.Instances.ContainsKey("web"));
        Assert.Empty(Directory.GetFiles(_folder.State).Except([Startup]));
    }

    [Fact]
    public void An_unchanged_document_writes_nothing()
    {
        var store = Open();
        store.Change("create", d => d.With(App("web")));
        var (startup, running) = (File.GetLastWriteTimeUtc(Startup), File.GetLastWriteTimeUtc(Running));
        store.Change("again", d => d.With(d.Instances["web"] with { }));
        Assert.Equal((startup, running), (File.GetLastWriteTimeUtc(Startup), File.GetLastWriteTimeUtc(Running)));
    }

    [Fact]
    public void A_refused_change_changes_nothing()
    {
        var store = Open();
        var before = store.Current;
        Assert.Throws<Refusal>(() => store.Change("x", d => d.With(App("../x"))));
        Assert.Throws<Refusal>(() => store.Change("x", d => d.With(App("web") with { Profiles = ["nosuch"] })));
        Assert.Same(before, store.Current);
        Assert.DoesNotContain("app", File.ReadAllText(Startup), StringComparison.Ordinal);
    }

    [Fact]
    public void The_running_file_wins_until_the_next_boot()
    {
        Open().Change("create", d => d.With(App("web")));
        File.WriteAllText(Running, ConfigText.Write(Document.Initial.With(App("other"))));
        Assert.Equal(["other"], Open().Current.Instances.Keys);
        File.Delete(Running);
        Assert.Equal(["web"], Open().Current.Instances.Keys);
    }

    [Fact]
    public void A_change_cut_after_the_startup_file_has_happened()
    {
        Open().Change("create", d => d.With(App("old")));
        var (startup, running) = (File.ReadAllText(Startup), File.ReadAllText(Running));
        Open().Change("create", d => d.With(App("web")));
        var (newStartup, newRunning) = (File.ReadAllText(Startup), File.ReadAllText(Running));

        // Cut before the startup file was replaced.
        File.WriteAllText(Startup, startup);
        File.WriteAllText(Running, running);
        File.WriteAllText(Running + ".next", newRunning);
        Assert.Equal(["old"], Open().Current.Instances.Keys);
        Assert.False(File.Exists(Running + ".next"));

        // Cut after it.
        File.WriteAllText(Startup, newStartup);
        File.WriteAllText(Running + ".next", newRunning);
        Assert.Equal(["old", "web"], Open().Current.Instances.Keys);
        Assert.False(File.Exists(Running + ".next"));
    }

    [Fact]
    public void A_change_that_is_not_saved_is_gone_with_the_next_boot()
    {
        var store = Open();
        store.Change("create", d => d.With(App("web")));
        store.Change("create", d => d.With(App("db")), Saving.None);
        Assert.Equal(["db", "web"], store.Current.Instances.Keys);
        Assert.Equal(["web"], store.Startup.Instances.Keys);
        Assert.Equal(["db", "web"], Open().Current.Instances.Keys);
        // Another change, saved: of what was changed before it saves nothing.
        store.Change("create", d => d.With(App("mail")));
        Assert.Equal(["mail", "web"], Open().Startup.Instances.Keys);
        store.Save();
        Assert.Equal(["db", "mail", "web"], Open().Startup.Instances.Keys);
        store.Change("delete", d => d.WithoutInstance("db"), Saving.None);
        File.Delete(Running);
        Assert.Equal(["db", "mail", "web"], Open().Current.Instances.Keys);
    }

    [Fact]
    public void What_the_node_notes_for_itself_saves_nothing_else()
    {
        var store = Open();
        store.Change("create", d => d.With(App("web")));
        store.Change("describe", d => d.With(d.Instances["web"] with { Description = "not yet" }), Saving.None);
        store.Change("create", d => d.With(App("db")), Saving.None);
        store.Change("note", d => d.With(d.Instances["web"] with { Config = Maps.Of(("volatile.x", "1"), ("user.y", "2")) })
            .With(d.Instances["db"] with { Config = Maps.Of(("volatile.x", "3")) }), Saving.Volatile);
        var startup = Open().Startup;
        Assert.Equal(["web"], startup.Instances.Keys);
        Assert.Equal("", startup.Instances["web"].Description);
        Assert.Equal(["volatile.x"], startup.Instances["web"].Config.Keys);
    }

    [Fact]
    public void A_change_that_only_fits_what_is_not_saved_is_refused()
    {
        var store = Open();
        store.Change("create", d => d.With(new ProfileConfig { Name = "small" }), Saving.None);
        var refusal = Assert.Throws<Refusal>(() => store.Change(
            "create instance web", d => d.With(App("web") with { Profiles = ["small"] })));
        Assert.Contains("save those first: copy running-config startup-config", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(store.Current.Instances);
        store.Save();
        store.Change("create instance web", d => d.With(App("web") with { Profiles = ["small"] }));
    }

    [Fact]
    public void The_next_boot_can_be_given_another_configuration()
    {
        var store = Open();
        store.Change("create", d => d.With(App("web")));
        store.SaveOther(Document.Initial.With(App("factory")));
        Assert.Equal(["web"], store.Current.Instances.Keys);
        Assert.Equal(["web"], Open().Current.Instances.Keys);
        File.Delete(Running);
        Assert.Equal(["factory"], Open().Current.Instances.Keys);
        Assert.Throws<Refusal>(() => store.SaveOther(new Document()));
    }

    [Fact]
    public void A_broken_file_is_kept_and_its_good_objects_run()
    {
        var bad = "app good netbox\nend\napp bad netbox\n  from-the-future yes\nend\n";
        File.WriteAllText(Startup, bad);
        var store = Open();
        Assert.Equal(["good"], store.Current.Instances.Keys);
        Assert.Contains(store.Problems, p => p.Contains("line 4", StringComparison.Ordinal));
        var aside = Assert.Single(Directory.GetFiles(_folder.State, "*.bad-*"));
        Assert.Equal(bad, File.ReadAllText(aside));
        store.Change("create", d => d.With(App("web")));
        Assert.Equal(bad, File.ReadAllText(aside));
        Assert.Empty(Open().Problems);
    }

    [Fact]
    public void Bytes_that_are_no_text_do_not_stop_the_node()
    {
        File.WriteAllBytes(Startup, [0xff, 0xfe, 0, 1, 2, 10, 200]);
        Assert.NotEmpty(Open().Problems);
        Assert.True(Open().Current.Profiles.ContainsKey("default"));
    }

    [Fact]
    public void A_write_that_fails_is_a_refusal()
    {
        var store = Open();
        // A folder that is not empty cannot be replaced by a file, also not by root: the write fails at its last step.
        Directory.CreateDirectory(Running + ".next/in-the-way");
        var refusal = Assert.Throws<Refusal>(() => store.Change("create instance web", d => d.With(App("web"))));
        Assert.Equal(507, refusal.Code);
        Assert.Empty(store.Current.Instances);
    }
}
