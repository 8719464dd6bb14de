using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GraphQL.Tests;

/// <summary>One node process with graphql-js, graphql-http and graphql-sse in it, asked in lines of JSON.</summary>
public sealed class Peer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _node;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> _open = new();
    private readonly SemaphoreSlim _line = new(1);
    private int _last;

    public Peer()
    {
        _node = Process.Start(new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "peer", "peer.cjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _ = Listen();
    }

    /// <summary>Asks, and waits for the answer.</summary>
    public async Task<JsonNode?> Ask(string op, JsonObject question)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _open[id] = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        question["op"] = op;
        question["id"] = id;
        await _line.WaitAsync();
        try
        {
            await _node.StandardInput.WriteLineAsync(question.ToJsonString());
            await _node.StandardInput.FlushAsync();
        }
        finally
        {
            _line.Release();
        }
        return await answer.Task.WaitAsync(Patience);
    }

    public void Dispose()
    {
        _node.StandardInput.Close();
        if (!_node.WaitForExit((int)Patience.TotalMilliseconds))
            _node.Kill();
        _node.Dispose();
        _line.Dispose();
    }

    private async Task Listen()
    {
        while (await _node.StandardOutput.ReadLineAsync() is { } line)
        {
            var answer = JsonNode.Parse(line)!;
            var open = _open[answer["id"]!.GetValue<int>()];
            if (answer["failure"] is { } failure)
                open.SetException(new InvalidOperationException(failure.GetValue<string>()));
            else
                open.SetResult(answer["answer"]);
        }
        foreach (var open in _open.Values)
            open.TrySetException(new InvalidOperationException("node ended"));
    }
}
