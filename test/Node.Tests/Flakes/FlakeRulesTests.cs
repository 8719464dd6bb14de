using Holm.Contract;
using Holm.Node.Flakes;

namespace Node.Tests.Flakes;

/// <summary>What a flake may say: one thing wrong at a time.</summary>
public sealed class FlakeRulesTests
{
    private static readonly Dictionary<string, Func<Flake, Flake>> Wrongs = new()
    {
        ["name"] = f => f with { Name = "../x" },
        ["name is long"] = f => f with { Name = new string('a', 64) },
        ["no image"] = f => f with { Image = "" },
        ["image"] = f => f with { Image = "a b" },
        ["base"] = f => f with { Base = "a\nb" },
        ["layers without base"] = f => f with { Base = null },
        ["layer"] = f => f with { Layers = ["%"] },
        ["include"] = f => f with { IncludeTar = ["a.tar"] },
        ["include path"] = f => f with { IncludePath = ["/etc/../root"] },
        ["include all"] = f => f with { IncludePath = ["/"] },
        ["no command"] = f => f with { Commands = new Dictionary<string, string>() },
        ["relative command"] = f => f with { Commands = new Dictionary<string, string> { ["bin/a"] = "/" } },
        ["command that is a folder"] = f => f with { Commands = new Dictionary<string, string> { ["/usr/bin/"] = "/" } },
        ["command in /proc"] = f => f with { Commands = new Dictionary<string, string> { ["/proc/a"] = "/" } },
        ["command with a line end"] = f => f with { Commands = new Dictionary<string, string> { ["/a\nb"] = "/" } },
        ["target"] = f => f with { Commands = new Dictionary<string, string> { ["/a"] = "bin/a" } },
        ["target that climbs"] = f => f with { Commands = new Dictionary<string, string> { ["/a"] = "/../a" } },
        ["life"] = f => f with { Life = "for ever" },
        ["network"] = f => f with { Network = "bridge" },
        ["user"] = f => f with { User = "a:b:c" },
        ["user with a space"] = f => f with { User = "a b" },
        ["cwd"] = f => f with { WorkingDirectory = "srv" },
        ["memory"] = f => f with { Memory = "much" },
        ["cpus"] = f => f with { Cpus = "all" },
        ["host name"] = f => f with { HostName = "a_b" },
        ["argument"] = f => f with { Arguments = ["\0"] },
        ["variable"] = f => f with { Environment = new Dictionary<string, string> { ["A=B"] = "" } },
        ["value"] = f => f with { Environment = new Dictionary<string, string> { ["A"] = "\u0001" } },
        ["pass"] = f => f with { Pass = ["*A"] },
        ["mount of"] = f => f with { Mounts = [new FlakeMount { Source = "%HOME", Path = "/p" }] },
        ["mount at"] = f => f with { Mounts = [new FlakeMount { Source = "/s", Path = "/" }] },
        ["tmpfs"] = f => f with { Tmpfs = ["tmp"] },
        ["life attached"] = f => f with { Life = "attached" },
        ["without"] = f => f with { Without = ["passwd"] },
        ["pilot option"] = f => f with { PilotOptions = ["%fly"] },
        ["allow"] = f => f with { Allow = ["a b"] },
        ["many"] = f => f with { Arguments = [.. Enumerable.Repeat("a", 300)] },
    };

    /// <summary>Says all that may be said.</summary>
    private static Flake Good => AnyFlake.Full;

    public static TheoryData<string> All => [.. Wrongs.Keys];

    [Fact]
    public void A_full_one_is_accepted() => FlakeRules.Check(Good);

    [Theory]
    [MemberData(nameof(All))]
    public void One_wrong_thing_is_refused(string what)
    {
        var refusal = Assert.Throws<Refusal>(() => FlakeRules.Check(Wrongs[what](Good)));
        Assert.Equal(400, refusal.Code);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }
}
