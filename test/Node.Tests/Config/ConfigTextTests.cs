using Holm.Config;
using Holm.Config.Language;
using Holm.Contract;

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
    [InlineData("resources cpu 25 disk 5", "line 1", "is not known after resources cpu; memory is")]
    [InlineData("resources cpu", "line 1", "PERCENT is missing; write resources [cpu PERCENT] [memory PERCENT]")]
    public void A_wrong_line_is_told_by_number(string text, string line, string reason)
    {
        var refusal = Assert.Throws<Refusal>(() => ConfigText.Read(text));
        Assert.Contains(line, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_legal_document_survives_the_round_trip()
    {
        var any = new AnyDocument(20261123);
        var seen = new Dictionary<string, int>();
        for (var round = 0; round < 1000; round++)
        {
            var document = any.Next();
            var text = ConfigText.Write(document);
            var back = ConfigText.Read(text);
            Assert.Equal(text, ConfigText.Write(back));
            AnyDocument.AssertSame(document, back);
            // Typed where a person sits, over nothing and over itself.
            foreach (var ground in (Document[])[Document.Initial, document])
                AnyDocument.AssertSame(document, Typed(ground with { Resources = Resources.Default }, text));
            foreach (var line in text.Split('\n').Select(Words.Split).Where(w => w.Count > 0))
                seen[Kind(line)] = seen.GetValueOrDefault(Kind(line)) + 1;
            foreach (var name in ConfigText.Objects(document))
                Assert.Contains(ConfigText.Block(document, name), text, StringComparison.Ordinal);
        }
        string[] kinds = ["share veth", "share port", "share path", "device nic", "device disk", "iface", "option", "dns", "bare", "pool"];
        Assert.All(kinds, kind => Assert.True(seen.GetValueOrDefault(kind) > 10, $"{kind}: {seen.GetValueOrDefault(kind)}"));
    }

    private static string Kind(IReadOnlyList<string> line) => line switch
    {
        ["share", var kind, ..] => $"share {kind}",
        ["device", _, var type, ..] => $"device {type}",
        _ => line[0],
    };

    private static Document Typed(Document ground, string text)
    {
        var draft = new Draft { Document = ground, Interactive = true };
        foreach (var words in text.Split('\n').Select(Words.Split).Where(w => w.Count > 0))
            draft = Lines.Apply(draft, words, abbreviate: true);
        Assert.Empty(draft.Path);
        return draft.Document;
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
}
