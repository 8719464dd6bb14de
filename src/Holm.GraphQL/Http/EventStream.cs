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
        await using var each = results.GetAsyncEnumerator(ct);
        while (true)
        {
            var next = each.MoveNextAsync().AsTask();
            while (!next.IsCompleted)
            {
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
                if (await Task.WhenAny(next, Task.Delay(keepAlive, clock, waiting.Token)) != next && !ct.IsCancellationRequested)
                    await Send(response, ":\n\n", ct);
                await waiting.CancelAsync();
                if (ct.IsCancellationRequested)
                    break;
            }
            if (!await next)
                break;
            await Send(response, $"event: next\ndata: {Encoding.UTF8.GetString(each.Current.ToUtf8())}\n\n", ct);
        }
        await Send(response, "event: complete\ndata:\n\n", ct);
    }

    private static async Task Send(HttpResponse response, string text, CancellationToken ct)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), ct);
        await response.Body.FlushAsync(ct);
    }
}
