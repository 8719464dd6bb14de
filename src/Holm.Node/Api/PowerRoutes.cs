using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>State of an instance: look at it, and start, stop, restart, freeze, unfreeze.</summary>
internal static class PowerRoutes
{
    public static Task Get(Call call) =>
        call.Answer(call.Node.Instances.State(InstanceRoutes.Find(call).Name), ContractJson.Default.InstanceState);

    public static async Task Put(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        var body = await call.Body(ContractJson.Default.InstanceStatePut).ConfigureAwait(false);
        var power = Parse(body);
        var node = call.Node;
        var plan = new OperationPlan(power.Description, "instances", InstanceRoutes.Url(name));
        await call.Began(call.Operations.Start(plan, (_, ct) => Set(node, name, power, ct))).ConfigureAwait(false);
    }

    /// <summary>One action for all: those that it makes sense for, all at once.</summary>
    public static async Task PutAll(Call call)
    {
        var body = await call.Body(ContractJson.Default.InstancesPut).ConfigureAwait(false);
        var power = Parse(body.State ?? throw new Refusal(400, "state is missing"));
        var node = call.Node;
        List<string> names = [.. call.Document.Instances.Keys.Where(n => MakesSense(node.Instances.Status(n).Code, power.Action))];
        var plan = new OperationPlan(power.Description + "s", "instances", [.. names.Select(InstanceRoutes.Url)]);
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            var failed = await Task.WhenAll(names.Select(n => Try(node, n, power, ct))).ConfigureAwait(false);
            if (string.Join("; ", failed.OfType<string>()) is { Length: > 0 } sentence)
                throw new Refusal(400, sentence);
        })).ConfigureAwait(false);
    }

    private sealed record Power(PowerAction Action, string Description, StopManner Manner);

    private static Power Parse(InstanceStatePut body)
    {
        if (body.Stateful)
            throw new Refusal(400, "a stateful stop or start is not supported by this node");
        var (action, description) = body.Action switch
        {
            "start" => (PowerAction.Start, "Starting instance"),
            "stop" => (PowerAction.Stop, "Stopping instance"),
            "restart" => (PowerAction.Restart, "Restarting instance"),
            "freeze" => (PowerAction.Freeze, "Freezing instance"),
            "unfreeze" => (PowerAction.Unfreeze, "Unfreezing instance"),
            var other => throw new Refusal(400,
                $"Unknown action: {Names.Show(other)}; start, stop, restart, freeze and unfreeze are known"),
        };
        if (body.Timeout is < -1 or > 86400)
            throw new Refusal(400, $"timeout {body.Timeout} is not allowed: seconds up to a day, 0 for at once, -1 for the node's own");
        // LXD: for what stops, 0 is the same as force; start, freeze and unfreeze are sent with 0 and mean nothing by it.
        var now = body.Force || (body.Timeout == 0 && action is PowerAction.Stop or PowerAction.Restart);
        return new Power(action, description, new StopManner(
            body.Timeout > 0 ? TimeSpan.FromSeconds(body.Timeout) : null, now, GivesUp: body.Timeout > 0 && !now && !body.ThenKill));
    }

    private static Task Set(NodeFace node, string name, Power power, CancellationToken ct) =>
        node.Instances.SetPower(name, power.Action, power.Manner, ct);

    private static async Task<string?> Try(NodeFace node, string name, Power power, CancellationToken ct)
    {
        try
        {
            await Set(node, name, power, ct).ConfigureAwait(false);
            return null;
        }
        catch (Refusal refusal)
        {
            return $"{name}: {refusal.Message}";
        }
    }

    private static bool MakesSense(StatusCode code, PowerAction action) => action switch
    {
        PowerAction.Start => code is StatusCode.Stopped or StatusCode.Error,
        PowerAction.Stop => code is StatusCode.Running or StatusCode.Frozen or StatusCode.Starting or StatusCode.Error,
        PowerAction.Restart => code is StatusCode.Running or StatusCode.Frozen,
        PowerAction.Freeze => code == StatusCode.Running,
        _ => code == StatusCode.Frozen,
    };
}
