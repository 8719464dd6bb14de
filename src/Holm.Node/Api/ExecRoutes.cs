using System.Text;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Node.Engines;

namespace Holm.Node.Api;

/// <summary><c>POST /1.0/instances/NAME/exec</c>.</summary>
internal static class ExecRoutes
{
    /// <summary>Longest word of a command, bytes: MAX_ARG_STRLEN of execve(2) less its NUL.</summary>
    private const int LongestArgument = 128 * 1024 - 1;

    public static async Task Exec(Call call)
    {
        var instance = InstanceRoutes.Find(call);
        var body = await call.Body(ContractJson.Default.ExecPost).ConfigureAwait(false);
        var request = Checked(body);
        RequireRunning(call, instance.Name);
        var plan = new OperationPlan("Executing command", "instances", $"/1.0/instances/{instance.Name}")
        {
            Metadata = Metadata(body, request),
        };
        if (!body.WaitForWebsocket)
        {
            await call.Began(call.Operations.Start(plan, (run, ct) => RunAlone(call.Node, instance.Name, request,
                body.RecordOutput, run))).ConfigureAwait(false);
            return;
        }
        var sockets = new SocketSet(body.Interactive ? ["0", "control"] : ["0", "1", "2", "control"]);
        plan = plan with
        {
            Sockets = sockets,
            Metadata = new Dictionary<string, JsonElement>(plan.Metadata)
            {
                ["fds"] = JsonSerializer.SerializeToElement(sockets.Secrets, ContractJson.Default.DictionaryStringString),
            },
        };
        var node = call.Node;
        await call.Began(call.Operations.Start(plan, (run, _) => RunOnSockets(node, instance.Name, request, sockets, run)))
            .ConfigureAwait(false);
    }

    /// <summary>Refuses unless it runs.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void RequireRunning(Call call, string name)
    {
        var status = call.Node.Instances.Status(name);
        if (status.Code == StatusCode.Frozen)
            throw new Refusal(400, $"Instance is frozen: {name}: unfreeze it");
        if (status.Code is not (StatusCode.Running or StatusCode.Stopping))
            throw new Refusal(400, $"Instance is not running: {name}: {OperationRun.Text(status.Code)}" +
                (status.Reason.Length > 0 ? $": {status.Reason}" : ""));
    }

    private static async Task RunOnSockets(NodeFace node, string name, ExecRequest request, SocketSet sockets, OperationRun run)
    {
        ExecRelay? relay = null;
        try
        {
            // The command is made ready while the clients join. Those of before 2016 have no control stream.
            var ready = Task.Run(() => node.Instances.Exec(name, request));
            var joined = sockets.Joined(node.Clock, request.Interactive ? ["0", "control"] : ["0", "1", "2"]);
            await joined.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var session = await ready.ConfigureAwait(false);
            await joined.ConfigureAwait(false);
            session.Go();
            Tell(node, name, request);
            relay = new ExecRelay(session, sockets);
            Tell(run, await relay.Run().ConfigureAwait(false));
        }
        finally
        {
            _ = Release(relay, sockets);
        }
    }

    private static async Task Release(ExecRelay? relay, SocketSet sockets)
    {
        foreach (var place in sockets.Secrets.Keys)
            await Sockets.Close(sockets[place]).ConfigureAwait(false);
        if (relay is not null)
            await relay.Linger().ConfigureAwait(false);
        relay?.Dispose();
        sockets.Over.TrySetResult();
    }

    private static async Task RunAlone(NodeFace node, string name, ExecRequest request, bool isRecorded, OperationRun run)
    {
        var records = isRecorded ? new ExecRecords(node.Instances.LogFolder(name)) : null;
        records?.MakeRoom();
        using var session = node.Instances.Exec(name, request);
        session.Go();
        Tell(node, name, request);
        session.Stdin?.Dispose();
        var (output, errors) = ($"exec_{run.Id}.stdout", $"exec_{run.Id}.stderr");
        Task Drain(Fd? from, string file) => records?.Write(file, from, session.Exit) ??
            (from is null ? Task.CompletedTask : FdStream.Pump(from, session.Exit, _ => Task.FromResult(true)));
        await Task.WhenAll(Drain(session.Stdout ?? session.Terminal, output), Drain(session.Stderr, errors)).ConfigureAwait(false);
        if (isRecorded)
            run.Tell("output", JsonSerializer.SerializeToElement(new Dictionary<string, string>
            {
                ["1"] = LogRoutes.Url(name, output),
                ["2"] = LogRoutes.Url(name, errors),
            }, ContractJson.Default.DictionaryStringString));
        Tell(run, await session.Exit.ConfigureAwait(false));
    }

    private static void Tell(NodeFace node, string name, ExecRequest request) => node.Events.Lifecycle(
        "instance-exec", InstanceRoutes.Url(name), new Dictionary<string, JsonElement>
        {
            ["command"] = JsonSerializer.SerializeToElement(request.Command, ContractJson.Default.IReadOnlyListString),
        });

    private static void Tell(OperationRun run, int status)
    {
        run.Tell("return", status);
        if (status == 127)
            throw new Refusal(400, "Command not found");
        if (status == 126)
            throw new Refusal(400, "Command not executable");
    }

    private static ExecRequest Checked(ExecPost body)
    {
        if (body.Command is null or [] || body.Command.Any(a => a is null || a.Contains('\0', StringComparison.Ordinal))
            || body.Command[0].Length == 0)
            throw new Refusal(400, "Missing command: give the program and its arguments, none of them with a NUL character");
        if (body.Command.Exists(a => Encoding.UTF8.GetByteCount(a) > LongestArgument))
            throw new Refusal(400, $"an argument is too long: the kernel takes {LongestArgument} bytes");
        var environment = body.Environment ?? [];
        if (environment.FirstOrDefault(e => e.Key.Length == 0 || e.Key.AsSpan().ContainsAny('=', '\0') || (e.Value ?? "").Contains('\0',
            StringComparison.Ordinal)) is { Key: not null } wrong)
            throw new Refusal(400,
                $"environment variable {Names.Show(wrong.Key)} is not allowed: no '=' in its name, no NUL anywhere");
        if (body.Cwd is { Length: > 0 } cwd && (!cwd.StartsWith('/') || cwd.Contains('\0', StringComparison.Ordinal)))
            throw new Refusal(400, $"cwd {Names.Show(cwd)} is no absolute path");
        return new ExecRequest(body.Command, environment.ToDictionary(e => e.Key, e => e.Value ?? ""), body.User, body.Group,
            body.Cwd ?? "", body.Interactive, Math.Clamp(body.Width, 0, 9999), Math.Clamp(body.Height, 0, 9999));
    }

    private static Dictionary<string, JsonElement> Metadata(ExecPost body, ExecRequest request) => new()
    {
        ["command"] = JsonSerializer.SerializeToElement(request.Command, ContractJson.Default.IReadOnlyListString),
        ["environment"] = JsonSerializer.SerializeToElement(new Dictionary<string, string>(request.Environment),
            ContractJson.Default.DictionaryStringString),
        ["interactive"] = JsonSerializer.SerializeToElement(body.Interactive, ContractJson.Default.Boolean),
    };
}
