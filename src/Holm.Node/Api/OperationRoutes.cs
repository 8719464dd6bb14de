using System.Globalization;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Operations: list, look, wait, cancel, and the websockets of those that stream.</summary>
internal static class OperationRoutes
{
    /// <summary>Seconds that a wait with a deadline lasts at most: a day, well below what a timer takes.</summary>
    private const int LongestWait = 86400;

    public static Task List(Call call)
    {
        var byStatus = call.Operations.All.GroupBy(o => o.Shown.Status.ToLowerInvariant()).ToList();
        return call.Recursion == 0
            ? call.Answer(byStatus.ToDictionary(g => g.Key, g => (IReadOnlyList<string>)[.. g.Select(o => o.Url)]),
                ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListString)
            : call.Answer(byStatus.ToDictionary(g => g.Key, g => (IReadOnlyList<Operation>)[.. g.Select(o => o.Shown)]),
                ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListOperation);
    }

    public static Task Get(Call call) => call.Answer(Find(call).Shown, ContractJson.Default.Operation);

    public static Task Cancel(Call call)
    {
        Find(call).Cancel();
        return call.Done();
    }

    public static async Task Wait(Call call)
    {
        var operation = Find(call);
        var text = call.Query("timeout");
        if (!int.TryParse(text.Length == 0 ? "-1" : text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            throw new Refusal(400, $"timeout={Names.Show(text)} is no number of seconds");
        var longest = seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(Math.Min(seconds, LongestWait));
        await operation.Done.WaitAsync(longest, call.Node.Clock, call.Http.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await call.Answer(operation.Shown, ContractJson.Default.Operation).ConfigureAwait(false);
    }

    public static async Task Join(Call call)
    {
        var operation = Find(call);
        if (operation.Sockets is not { } sockets)
            throw new Refusal(400, "This operation has no websocket");
        if (!call.Http.WebSockets.IsWebSocketRequest)
            throw new Refusal(400, "this address wants a websocket handshake");
        if (!sockets.TryEnter(call.Query("secret"), out var name))
            throw new Refusal(403, "not authorized: the secret opens no websocket of this operation, or was used before");
        using var socket = await call.Http.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
        sockets.Join(name, socket);
        await sockets.Over.Task.ConfigureAwait(false);
    }

    private static OperationRun Find(Call call) => call.Operations.Find(call.Route("id")) ??
        throw new Refusal(404, $"Operation not found: {Names.Show(call.Route("id"))}; finished ones are forgotten after half a minute");
}
