using Holm.Contract;
using Holm.Node.Flakes;

namespace Node.Tests.Flakes;

/// <summary>The YAML of flakes, by text.</summary>
public sealed class FlakeTextTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        Assert.Equal(AnyFlake.Json(AnyFlake.Full), AnyFlake.Json(FlakeText.Read(FlakeText.Write(AnyFlake.Full), "a")));
        foreach (var member in typeof(Flake).GetProperties().Where(m => m.Name is not (nameof(Flake.File) or nameof(Flake.Problem))))
            Assert.NotEqual(member.GetValue(AnyFlake.Full), member.GetValue(new Flake()));
        var small = AnyFlake.Of("aws", "/usr/bin/aws");
        Assert.Equal("name: aws\nimage: \"docker.io/amazon/aws-cli:latest\"\ncommands:\n  /usr/bin/aws: \"/\"\n", FlakeText.Write(small));
        Assert.Equal(AnyFlake.Json(small), AnyFlake.Json(FlakeText.Read(FlakeText.Write(small), "a")));
    }

    [Fact]
    public void Every_word_survives()
    {
        var random = new Random(1);
        const string letters = "ab01 \t\n:#-?[]{},&*!|>'\"%@`~\\/.=é\u0085\u00a0\u2028\ufeff😀";
        for (var round = 0; round < 3000; round++)
        {
            var runes = letters.EnumerateRunes().ToArray();
            var word = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => runes[random.Next(runes.Length)].ToString()));
            var flake = new Flake { Arguments = [word], Environment = new Dictionary<string, string> { ["k" + word] = word } };
            var back = FlakeText.Read(FlakeText.Write(flake), "a");
            Assert.Equal([word], back.Arguments);
            Assert.Equal([new("k" + word, word)], back.Environment);
        }
    }

    [Fact]
    public void Drop_ins_are_merged_deeply()
    {
        var read = FlakeText.Read(
        [
            ("a.yaml", "image: i\ncommands: {/usr/bin/a: /}\nmemory: 1GiB\nenvironment: {A: 1, B: 2}\npass: [X]\n" +
                "mounts: [{source: /s, path: /p}]\ninclude_path: [/etc/x]\n"),
            ("a.d/1.yaml", "memory: ~\nenvironment: {B: three, C: 4}\npass: [Z]\nmounts: [{source: /t, path: /p, readonly: true}]\n" +
                "include_path: ~\ncommands: {/usr/bin/a: /bin/a}"),
            ("a.d/2.yaml", ""),
            ("a.d/3.yaml", "environment: {A: ~}\n---\ncpus: 2"),
        ]);
        Assert.Equal("image: i\ncommands:\n  /usr/bin/a: /bin/a\ncpus: \"2\"\nenvironment:\n  B: three\n  C: \"4\"\npass:\n  - X\n  - Z\n" +
            "mounts:\n  - source: /t\n    path: /p\n    readonly: true\n", FlakeText.Write(read.Flake));
        Assert.Empty(read.Conflicts);
    }

    [Fact]
    public void Drop_ins_that_say_different_things_are_told()
    {
        var read = FlakeText.Read([("a.yaml", "image: i\nmemory: 1GiB"), ("1", "memory: 2GiB\nlife: resume\nenvironment: {A: 1}"),
            ("2", "memory: 3GiB\nlife: resume\nenvironment: {A: 2}")]);
        Assert.Equal("3GiB", read.Flake.Memory);
        Assert.Equal(["1 and 2 say different things of memory: \"3GiB\" of 2 counts",
            "1 and 2 say different things of environment.A: \"2\" of 2 counts"], read.Conflicts);
    }

    [Theory]
    [InlineData("imagee: i", "read f, line 1: key \"imagee\" is not known; known are name, image,")]
    [InlineData("image: i\nimage: j", "read f, line 2: it is not YAML: \"Duplicate key image\"")]
    [InlineData("image: [i]", "read f, line 1: one word or text is wanted here")]
    [InlineData("layers: i", "read f, line 1: a list (- VALUE) is wanted here")]
    [InlineData("image: i\nenvironment: [A]", "read f, line 2: a mapping (KEY: VALUE) is wanted here")]
    [InlineData("share_cwd: maybe", "read f, line 1: \"maybe\" is neither true nor false")]
    [InlineData("mounts: [{from: /a}]", "read f, line 1: key \"from\" of a mount is not known; source, path and readonly are")]
    [InlineData("[a, b]", "read f, line 1: a mapping (KEY: VALUE) is wanted here")]
    [InlineData("image: 'i", "read f, line 1: it is not YAML: ")]
    [InlineData("image: &a i\nbase: *a", "read f, line 1: anchors and aliases are not taken")]
    [InlineData("image: !!str i", "read f, line 1: tags are not taken")]
    [InlineData("image: i\n---\nname: j", "read f, line 3: a flake's name cannot be changed")]
    [InlineData("commands: {/a: /}\n---\ncommands: {/b: /}", "read f, line 3: commands are added and dropped by a registration")]
    [InlineData("commands: {/a: /}\n---\ncommands: ~", "read f, line 3: commands are added and dropped by a registration")]
    public void What_is_wrong_is_named(string text, string sentence) =>
        Assert.StartsWith(sentence, Assert.Throws<Refusal>(() => FlakeText.Read(text, "f")).Message);

    [Fact]
    public void Texts_that_would_break_a_reader_are_refused()
    {
        string[] bombs =
        [
            "image: " + new string('[', 100_000), string.Concat(Enumerable.Repeat("a:\n ", 50_000)), new string('x', 300_000),
            string.Concat(Enumerable.Range(0, 9000).Select(i => $"{new string(' ', i % 200)}- {i}\n")), "a: \ud800", "%YAML 9.9\n---\na: 1",
        ];
        foreach (var bomb in bombs)
            Assert.Throws<Refusal>(() => FlakeText.Read(bomb, "f"));
        var random = new Random(1);
        const string pieces = "[]{}:-#&*!|>'\"%@`\n\n  abimagelayers,?~\t";
        for (var round = 0; round < 5000; round++)
            try
            {
                FlakeText.Read(string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => pieces[random.Next(pieces.Length)])), "f");
            }
            catch (Refusal refusal)
            {
                Assert.StartsWith("read f", refusal.Message);
            }
    }
}
