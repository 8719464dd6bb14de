using Holm.Contract;
using Holm.Config;

namespace Node.Tests.Config;

public sealed class ConfigTextTests
{
    [Fact]
    public void A_document_reads_as_console_lines()
    {
        var document = Document.Initial.With(new InstanceConfig
        {
            Name = "web",
            Image = "netbox",
            Description = "the shop's front door",
            CreatedAt = new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero),
            Config = Maps.Of(("boot.autostart", "true"), ("init.cmd", "/bin/httpd -f"), ("environment.GREETING", "hello \"island\"\n"),
                ("limits.memory", "64MiB")),
        });
        Assert.Equal("""
            profile default
                device root disk path=/ pool=default
            end
            app web netbox
                bare
                created 2026-11-23T08:00:00.0000000Z
                description "the shop's front door"
                enable
                environment GREETING "hello \"island\"\n"
                cmd "/bin/httpd -f"
                config limits.memory 64MiB
                profile default
            end

            """, ConfigText.Write(document));
    }

    [Fact]
    public void What_a_person_pastes_is_read()
    {
        var document = ConfigText.Read("""
            # an app of the shop
            profile small
              config limits.memory 32MiB   # enough
            end
            app foo netbox
              cmd /bin/sh -c "sleep 1"
              environment EMPTY
              no enable
              profile default
              profile small
            end
            """);
        var foo = document.Instances["foo"];
        Assert.Equal("/bin/sh -c \"sleep 1\"", foo.Config["init.cmd"]);
        Assert.Equal(["/bin/sh", "-c", "sleep 1"], Words.Split(foo.Config["init.cmd"]));
        Assert.Equal("", foo.Config["environment.EMPTY"]);
        Assert.Equal("false", foo.Config["boot.autostart"]);
        Assert.Equal(["default", "small"], foo.Profiles);
        Assert.True(document.Profiles.ContainsKey("default"));
    }

    [Theory]
    [InlineData("app foo netbox\n  colour red\nend", "line 2", "colour")]
    [InlineData("app foo\nend", "line 1", "app NAME IMAGE")]
    [InlineData("app ../x netbox\nend", "line 1", "Invalid instance name")]
    [InlineData("app foo netbox\n  config limits.memry 1\nend", "line 2", "did you mean limits.memory")]
    [InlineData("app foo netbox\n  description \"open\nend", "line 2", "quote")]
    [InlineData("app foo netbox\n  description \"\\q\"\nend", "line 2", "escape")]
    [InlineData("app foo netbox", "line 1", "no end")]
    [InlineData("app foo netbox\n profile nosuch\nend", "Profile not found", "nosuch")]
    [InlineData("app foo netbox\n device eth0 nic\nend", "line 2", "say how it is connected")]
    [InlineData("\nresources cpu 0 memory 50", "line 2", "percent from 1 to 100")]
    [InlineData("resources cpu 25 disk 5", "line 1", "resources cpu 25 memory 50")]
    [InlineData("resources cpu", "line 1", "resources cpu 25 memory 50")]
    public void A_wrong_line_is_told_by_number(string text, string line, string reason)
    {
        var refusal = Assert.Throws<Refusal>(() => ConfigText.Read(text));
        Assert.Contains(line, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_legal_document_survives_the_round_trip()
    {
        var random = new Random(20261123);
        for (var round = 0; round < 500; round++)
        {
            var document = Any(random);
            Rules.Check(document);
            var text = ConfigText.Write(document);
            var back = ConfigText.Read(text);
            Assert.Equal(text, ConfigText.Write(back));
            foreach (var (name, instance) in document.Instances)
            {
                Assert.Equal(instance.Config, back.Instances[name].Config);
                Assert.Equal(instance.Devices["root"], back.Instances[name].Devices["root"]);
                Assert.Equal(instance.Profiles, back.Instances[name].Profiles);
                Assert.Equal(instance.CreatedAt, back.Instances[name].CreatedAt);
                Assert.Equal(instance.Description, back.Instances[name].Description);
                Assert.Equal(instance.Ephemeral, back.Instances[name].Ephemeral);
                Assert.Equal(instance.Image, back.Instances[name].Image);
            }
        }
    }

    [Fact]
    public void Resources_are_a_line_where_they_are_not_the_standard_ones()
    {
        Assert.DoesNotContain("resources", ConfigText.Write(Document.Initial), StringComparison.Ordinal);
        var document = Document.Initial with { Resources = new(30, 50) };
        var text = ConfigText.Write(document);
        Assert.StartsWith("resources cpu 30 memory 50\n", text, StringComparison.Ordinal);
        Assert.Equal(document.Resources, ConfigText.Read(text).Resources);
        Assert.Equal(new Resources(25, 70), ConfigText.Read("resources memory 70%").Resources);
        Assert.Contains("cpu 101", Assert.Throws<Refusal>(() => Rules.Check(Document.Initial with { Resources = new(101, 50) })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_resources_are_carried_and_unchanged_ones_stay()
    {
        var (old, changed) = (Document.Initial, Document.Initial with { Resources = new(30, 40) });
        Assert.Equal(new Resources(30, 40), old.Carry(old, changed).Resources);
        Assert.Equal(new Resources(30, 40), changed.Carry(old, old.WithoutInstance("x")).Resources);
    }

    [Fact]
    public void Any_word_survives_quoting()
    {
        var random = new Random(7);
        for (var round = 0; round < 5000; round++)
        {
            var word = new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => (char)random.Next(random.Next(2) == 0
                ? 0x80 : 0x10000))]);
            Assert.Equal([word, "next"], Words.Split(Words.Quote(word) + " next"));
        }
    }

    private static Document Any(Random random)
    {
        var document = Document.Initial.With(new ProfileConfig
        {
            Name = "p%,/".Replace("/", "", StringComparison.Ordinal),
            Config = AnyConfig(random)
        });
        for (var i = random.Next(4); i >= 0; i--)
        {
            document = document.With(new InstanceConfig
            {
                Name = $"a{i}.x_{random.Next(9)}",
                Image = random.Next(2) == 0 ? "net#box:1" : new string('a', 64),
                Description = AnyText(random, lines: false),
                Ephemeral = random.Next(2) == 0,
                CreatedAt = new DateTimeOffset(random.NextInt64(DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero),
                Config = AnyConfig(random),
                Profiles = random.Next(3) switch { 0 => [], 1 => ["default"], _ => ["p%,", "default"] },
                Devices = Document.Initial.Profiles["default"].Devices.SetItem("mask", Maps.Of(("type", "none"))),
            });
        }
        return document;
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> AnyConfig(Random random) => Maps.Of(
        ("boot.autostart", random.Next(3) switch { 0 => "true", 1 => "false", _ => "Yes" }),
        ("environment.A_1", AnyText(random, lines: true)),
        ("user.note#\"\\", AnyText(random, lines: true)),
        ("volatile.uuid", AnyText(random, lines: false)),
        ("init.cmd", "/bin/sh -c " + Words.Quote(AnyText(random, lines: false))));

    private static string AnyText(Random random, bool lines)
    {
        string[] pieces = ["a", " ", "\"", "\\", "#", "é", "漢", "🏝", "=", "'", "\u2028", "\u200b", "end", "$(x)", .. lines ? ["\n",
            "\t"] : (string[])[]];
        return string.Concat(Enumerable.Range(0, random.Next(10)).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
