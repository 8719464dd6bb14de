namespace System.Tests.Beside;

/// <summary>
/// Debian's lxc client says the same and ends alike at a node and at a real LXD 5.0.2. What differs stands in the script with its reason;
/// a difference that is gone fails as one that is new.
/// </summary>
public sealed class BesideTests(Pair pair) : IClassFixture<Pair>
{
    /// <summary>Names of the scripts beside this file.</summary>
    public static TheoryData<string> Scripts =>
        [.. Directory.GetFiles(Scene, "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    private static string Scene { get; } = Path.Combine(TestNode.Programs, "../test/System.Tests/Beside");

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_node_answers_as_LXD_does(string name)
    {
        var script = Script.Read(Path.Combine(Scene, name + ".txt"));
        var found = new List<Script.Step>();
        foreach (var step in script.Steps)
        {
            var (lxd, holm) = (pair.Lxd.Run(step.Command), pair.Holm.Run(step.Command));
            var difference = Script.Difference(Spoken.Lines(await lxd, pair.Lxd), Spoken.Lines(await holm, pair.Holm));
            found.Add(step with { Difference = difference });
        }
        var wrong = script.Steps.Zip(found).Where(s => !s.First.Difference.SequenceEqual(s.Second.Difference))
            .SelectMany(s => s.Second.Difference.Count > 0 ? s.Second.Lines : ["$ " + s.Second.Command, "differs no more"]).ToList();
        // Where a person finds the whole, ready to be looked through and taken over.
        var folder = Directory.CreateDirectory(Path.Combine(TestNode.Programs, "../artifacts/beside")).FullName;
        await File.WriteAllLinesAsync(Path.Combine(folder, name + ".txt"), found.SelectMany(s => s.Lines));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_difference_has_its_reason()
    {
        foreach (var name in Scripts.Select(row => row.Data))
            Assert.All(Script.Read(Path.Combine(Scene, name + ".txt")).Steps, step => Assert.Equal(step.Reason.Length > 0,
                step.Difference.Count > 0));
    }

    [Fact]
    public void A_difference_is_seen()
    {
        Assert.Equal(["- 1 b", "+ 1 x", "+ = 1"], Script.Difference(["1 a", "1 b", "1 c"], ["1 a", "1 x", "1 c", "= 1"]));
        Assert.Empty(Script.Difference(["2 Error: Load: Image not found"], ["2 Error: Image not found: \"x\"; import it"]));
        Assert.Equal(2, Script.Difference(["2 Error: Load: Image not found"], ["2 Error: no such image"]).Count);
        Assert.Equal(2, Script.Difference(["2 Error: Unknown key: a"], ["2 Error: a is wrong"]).Count);
    }
}
