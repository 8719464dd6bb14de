using System.Text.Json;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>The console of an instance: attach, read the log, clear it; and the engine's own log.</summary>
internal static class ConsoleRoutes
{
    public static async Task Log(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        await Send(call, call.Node.Instances.ConsoleLog(name)).ConfigureAwait(false);
        call.Node.Events.Lifecycle("instance-console-retrieved", InstanceRoutes.Url(name));
    }

    /// <summary>What liblxc said of the last start; <c>lxc info NAME --show-log</c> asks for it.</summary>
    public static Task EngineLog(Call call) => Send(call, call.Node.Instances.EngineLog(InstanceRoutes.Find(call).Name));

    /// <summary>Answers with bytes of any kind.</summary>
    public static async Task Send(Call call, byte[] log)
    {
        call.Http.Response.ContentType = "application/octet-stream";
        call.Http.Response.ContentLength = log.Length;
        await call.Http.Response.Body.WriteAsync(log, call.Http.RequestAborted).ConfigureAwait(false);
    }

    public static Task Clear(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        call.Node.Instances.ClearConsoleLog(name);
        call.Node.Events.Lifecycle("instance-console-reset", $"/1.0/instances/{name}");
        return call.Done();
    }

    public static async Task Attach(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        var body = await call.Body(ContractJson.Default.ConsolePost).ConfigureAwait(false);
        if (body.Type is not (null or "" or "console"))
            throw new Refusal(400, $"Unknown console type {Names.Show(body.Type)}; only console is supported by this node");
        ExecRoutes.RequireRunning(call, name);
        var sockets = new SocketSet("0", "control");
        var plan = new OperationPlan("Showing console", "instances", $"/1.0/instances/{name}")
        {
            Sockets = sockets,
            Metadata = new Dictionary<string, JsonElement>
            {
                ["fds"] = JsonSerializer.SerializeToElement(sockets.Secrets, ContractJson.Default.DictionaryStringString),
            },
        };
        var (node, consoles) = (call.Node, call.Consoles);
        await call.Began(call.Operations.Start(plan, (run, _) => Run(node, consoles, name, body, sockets, run))).ConfigureAwait(false);
    }

    private static async Task Run(NodeFace node, ConsoleHub consoles, string name, ConsolePost body, SocketSet sockets, OperationRun run)
    {
        try
        {
            await sockets.Joined(node.Clock, "0", "control").ConfigureAwait(false);
            using var seat = await consoles.Attach(name, body.Force, body.ReadOnly).ConfigureAwait(false);
            seat.WritesChanged = writes => Tell(run, writes);
            Tell(run, seat.Writes);
            if (body is { Width: > 0 and <= 9999, Height: > 0 and <= 9999 })
                seat.Resize(body.Width, body.Height);
            node.Events.Lifecycle("instance-console", $"/1.0/instances/{name}");
            await new ConsoleRelay(seat, sockets["0"]!, sockets["control"]!).Run().ConfigureAwait(false);
        }
        finally
        {
            await Sockets.Close(sockets["0"]).ConfigureAwait(false);
            await Sockets.Close(sockets["control"]).ConfigureAwait(false);
            sockets.Over.TrySetResult();
        }
    }

    private static void Tell(OperationRun run, bool writes) =>
        run.Tell("writer", JsonSerializer.SerializeToElement(writes, ContractJson.Default.Boolean));
}
