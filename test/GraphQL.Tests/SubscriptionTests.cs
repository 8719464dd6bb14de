using System.Runtime.CompilerServices;
using System.Text;
using Holm.GraphQL;
using Holm.GraphQL.Types;

namespace GraphQL.Tests;

/// <summary>From events to results.</summary>
public sealed class SubscriptionTests
{
    private readonly TaskCompletionSource _ended = new();
    private readonly Engine _engine;

    public SubscriptionTests() => _engine = new Engine(Schema.Parse("""
        type Query { a: Int }
        type Subscription { count(to: Int!): Int doubled(to: Int!): Tick failing: Int! early: Int forever: Int bare: Int }
        type Tick { n: Int! odd: Int! }
        """, new Bindings()
            .Events("Subscription.count", context => Count(context.Argument<int>("to")))
            .Events("Subscription.doubled", context => Count(context.Argument<int>("to")))
            .Field("Subscription.doubled", context => (int)context.Source! * 2)
            .Field("Tick.n", context => context.Source)
            .Field("Tick.odd", context => (int)context.Source! == 4 ? throw new GraphQLError("4 is not odd") : context.Source)
            .Events("Subscription.failing", _ => Failing())
            .Events<int>("Subscription.early", _ => throw new GraphQLError("not today"))
            .Events("Subscription.forever", context => Forever(context.Cancellation))));

    private static async IAsyncEnumerable<int> Count(int to)
    {
        for (var i = 1; i <= to; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static async IAsyncEnumerable<int?> Failing()
    {
        yield return 1;
        await Task.Yield();
        yield return null;
        throw new GraphQLError("no more");
    }

    private async IAsyncEnumerable<int> Forever([EnumeratorCancellation] CancellationToken ct)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, ct);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private async Task<List<string>> Results(string query)
    {
        List<string> results = [];
        await foreach (var result in _engine.Subscribe(_engine.Prepare(new GraphQLRequest(query))))
            results.Add(Encoding.UTF8.GetString(result.ToUtf8()));
        return results;
    }

    [Fact]
    public async Task Each_event_is_a_result() => Assert.Equal(
        ["""{"data":{"count":1}}""", """{"data":{"count":2}}""", """{"data":{"count":3}}"""],
        await Results("subscription { count(to: 3) }"));

    [Fact]
    public async Task An_event_is_the_source_and_its_errors_are_its_own() => Assert.Equal(
        [
            """{"data":{"doubled":{"n":2,"odd":2}}}""",
            """{"errors":[{"message":"4 is not odd","locations":[{"line":1,"column":37}],"path":["doubled","odd"]}]""" +
                ",\"data\":{\"doubled\":null}}",
        ], await Results("subscription { doubled(to: 2) { n   odd } }"));

    [Fact]
    public async Task What_the_source_throws_is_the_last_result() => Assert.Equal(
        [
            """{"data":{"failing":1}}""",
            """{"errors":[{"message":"Cannot return null for non-nullable field Subscription.failing.","locations":""" +
                "[{\"line\":1,\"column\":16}],\"path\":[\"failing\"]}],\"data\":null}",
            """{"errors":[{"message":"no more"}]}""",
        ], await Results("subscription { failing }"));

    [Theory]
    [InlineData("subscription { early }",
        """{"errors":[{"message":"not today","locations":[{"line":1,"column":16}],"path":["early"]}]}""")]
    [InlineData("subscription { bare }",
        """{"errors":[{"message":"Internal error.","locations":[{"line":1,"column":16}],"path":["bare"]}]}""")]
    [InlineData("subscription { nothing }",
        """{"errors":[{"message":"Cannot query field \"nothing\" on type \"Subscription\".","locations":[{"line":1,"column":16}]}]}""")]
    [InlineData("subscription { early @skip(if: true) }", """{"errors":[{"message":"No field is left to subscribe to."}]}""")]
    public async Task What_cannot_begin_is_one_result_without_data(string query, string result) =>
        Assert.Equal([result], await Results(query));

    [Fact]
    public async Task Who_listens_no_more_ends_the_source()
    {
        using var stop = new CancellationTokenSource();
        var results = _engine.Subscribe(_engine.Prepare(new GraphQLRequest("subscription { forever }")), null, stop.Token)
            .GetAsyncEnumerator(stop.Token);
        Assert.True(await results.MoveNextAsync());
        var next = results.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await results.DisposeAsync();
        await _ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
