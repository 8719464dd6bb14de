using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holm.GraphQL.Http;

/// <summary>
/// Results as server-sent events, one stream an operation (GraphQL over SSE, "Distinct connections mode"): <c>next</c> with each result,
/// then <c>complete</c>. A comment now and then tells proxies, and us, that the connection still lives.
/// </summary>
internal static class EventStream
{
    public static async Task Write(HttpResponse response, IAsyncEnumerable<ExecutionResult> results, TimeSpan keepAlive, TimeProvider clock,
        CancellationToken ct)
    {
        response.ContentType = $"{MediaTypes.Events}; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.Body.FlushAsync(ct);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var each = results.GetAsyncEnumerator(gone.Token);
        var next = Task.FromResult(false);
        try
        {
            while (true)
            {
                next = each.MoveNextAsync().AsTask();
                while (!await Arrives(next, keepAlive, clock, ct))
                    await Send(response, ":\n\n", ct);
                if (!await next)
                    break;
                await Send(response, $"event: next\ndata: {Encoding.UTF8.GetString(each.Current.ToUtf8())}\n\n", ct);
            }
            await Send(response, "event: complete\ndata:\n\n", ct);
        }
        finally
        {
            // A source is not disposed of while it is asked for more.
            await gone.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await each.DisposeAsync();
        }
    }

    // False: not yet.
    private static async Task<bool> Arrives(Task next, TimeSpan patience, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            await next.WaitAsync(patience, clock, ct);
            return true;
        }
        catch (TimeoutException) when (!next.IsCompleted)
        {
            return false;
        }
    }

    private static async Task Send(HttpResponse response, string text, CancellationToken ct)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), ct);
        await response.Body.FlushAsync(ct);
    }
}
