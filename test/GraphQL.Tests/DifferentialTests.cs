namespace GraphQL.Tests;

/// <summary>Each document has the same errors, at the same places, and the same data as in graphql-js.</summary>
public sealed class DifferentialTests(Fixture fixture) : IClassFixture<Fixture>
{
    private const int MutantsOfEach = 12;

    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Cases"), "*.txt").Select(f => Path.GetFileName(f))
            .Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Documents_are_answered_as_graphql_js_answers_them(string file)
    {
        var cases = Case.In(file);
        Assert.True(cases.Count > 4);
        await Same(cases);
    }

    [Fact]
    public void There_are_enough_documents() => Assert.InRange(Files.Sum(file => Case.In(file.Data).Count), 400, int.MaxValue);

    /// <summary>Valid documents with tokens lost, doubled, swapped or taken from elsewhere: most are wrong somewhere new.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task Mutants_are_answered_as_graphql_js_answers_them(string file)
    {
        var random = new Random(20211026 + file.Length);
        var cases = Case.In(file);
        var tokens = cases.SelectMany(c => Mutation.Tokens(c.Query)).ToList();
        await Same([.. from one in cases
                       from _ in Enumerable.Range(0, MutantsOfEach)
                       select one with { Query = Mutation.Of(one.Query, tokens, random) }]);
    }

    private static string OnlyNotExecutable(string answer) =>
        string.Join('\n', answer.Split('\n').Where(line => line.Contains("definition is not executable", StringComparison.Ordinal)));

    private async Task Same(IReadOnlyList<Case> cases)
    {
        List<string> differences = [];
        foreach (var one in cases)
        {
            var (ours, theirs) = await fixture.Both(one);
            // Ours does not look into type definitions that have no business there; graphql-js has more to say of what is in them.
            if (ours.Contains("definition is not executable", StringComparison.Ordinal))
                (ours, theirs) = (OnlyNotExecutable(ours), OnlyNotExecutable(theirs));
            if (ours != theirs)
                differences.Add($"{one}\nours:\n{ours}\ngraphql-js:\n{theirs}\n");
        }
        Assert.True(differences.Count == 0, $"{differences.Count} of {cases.Count} differ\n{string.Join('\n', differences)}");
    }
}
