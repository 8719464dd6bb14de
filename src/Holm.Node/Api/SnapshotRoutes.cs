using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>Snapshots of instances: list, look, make, rename, delete, restore.</summary>
internal static class SnapshotRoutes
{
    public static Task List(Call call)
    {
        var name = Kept(call).Name;
        return call.Recursion == 0
            ? call.Answer([.. call.Node.Snapshots.List(name).Select(s => Url(name, s.Name))], ContractJson.Default.IReadOnlyListString)
            : call.Answer(Of(call.Node, call.Document, name), ContractJson.Default.IReadOnlyListInstanceSnapshot);
    }

    public static Task Get(Call call) =>
        call.Answer(View(call.Node, call.Document, Find(call)), ContractJson.Default.InstanceSnapshot);

    public static async Task Create(Call call)
    {
        var name = Kept(call).Name;
        var body = await call.Body(ContractJson.Default.InstanceSnapshotPost).ConfigureAwait(false);
        RefuseLater(body);
        var snapshot = body.Name is { Length: > 0 } given ? given : Invent([.. call.Node.Snapshots.List(name).Select(s => s.Name)]);
        SnapshotFolders.CheckName(snapshot);
        if (call.Node.Snapshots.List(name).Any(s => s.Name == snapshot))
            throw new Refusal(409, $"Snapshot \"{snapshot}\" already exists");
        var node = call.Node;
        var plan = new OperationPlan("Snapshotting instance", "instances", InstanceRoutes.Url(name)) { MayCancel = true };
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            await node.Snapshots.Create(name, snapshot, Progress(node, operation), ct).ConfigureAwait(false);
            node.Events.Lifecycle("instance-snapshot-created", Url(name, snapshot));
        })).ConfigureAwait(false);
    }

    /// <summary>What LXD lets change is when a snapshot ends, and here none does.</summary>
    public static async Task Put(Call call)
    {
        var found = Find(call);
        RefuseLater(await call.Body(ContractJson.Default.InstanceSnapshotPost).ConfigureAwait(false));
        var plan = new OperationPlan("Updating snapshot", "instances", InstanceRoutes.Url(found.Instance.Name));
        await call.Began(call.Operations.Start(plan, (_, _) => Task.CompletedTask)).ConfigureAwait(false);
    }

    public static async Task Rename(Call call)
    {
        var found = Find(call);
        var (name, from) = (found.Instance.Name, found.Name);
        var body = await call.Body(ContractJson.Default.InstanceSnapshotPost).ConfigureAwait(false);
        if (body.Migration)
            throw new Refusal(400, "migration is not supported by this node");
        var to = body.Name ?? "";
        SnapshotFolders.CheckName(to);
        if (call.Node.Snapshots.List(name).Any(s => s.Name == to))
            throw new Refusal(409, $"Name \"{to}\" already in use");
        var node = call.Node;
        var plan = new OperationPlan("Renaming snapshot", "instances", InstanceRoutes.Url(name));
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            await node.Snapshots.Rename(name, from, to, ct).ConfigureAwait(false);
            node.Events.Lifecycle("instance-snapshot-renamed", Url(name, to), ("old_name", $"{name}/{from}"));
        })).ConfigureAwait(false);
    }

    public static async Task Delete(Call call)
    {
        var found = Find(call);
        var (name, snapshot, node) = (found.Instance.Name, found.Name, call.Node);
        var plan = new OperationPlan("Deleting snapshot", "instances", InstanceRoutes.Url(name));
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            await node.Snapshots.Delete(name, snapshot, ct).ConfigureAwait(false);
            node.Events.Lifecycle("instance-snapshot-deleted", Url(name, snapshot));
        })).ConfigureAwait(false);
    }

    /// <summary>Part of <c>PUT /1.0/instances/NAME</c>.</summary>
    public static async Task Restore(Call call, string name, string wanted)
    {
        var snapshot = wanted.StartsWith(name + "/", StringComparison.Ordinal) ? wanted[(name.Length + 1)..] : wanted;
        var node = call.Node;
        if (node.Snapshots.List(name).All(s => s.Name != snapshot))
            throw NotFound(name, snapshot);
        var plan = new OperationPlan("Restoring snapshot", "instances", InstanceRoutes.Url(name));
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            await node.Snapshots.Restore(name, snapshot, Progress(node, operation), ct).ConfigureAwait(false);
            node.Events.Lifecycle("instance-restored", InstanceRoutes.Url(name), ("snapshot", $"{name}/{snapshot}"));
        })).ConfigureAwait(false);
    }

    /// <summary>Tells how much is copied, a few times a second.</summary>
    public static Action<long> Progress(NodeFace node, OperationRun operation)
    {
        var last = node.Clock.GetTimestamp();
        return bytes =>
        {
            if (node.Clock.GetElapsedTime(last) < Pause)
                return;
            last = node.Clock.GetTimestamp();
            operation.Tell("copy_progress", string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0}MB"));
        };
    }

    public static IReadOnlyList<InstanceSnapshot> Of(NodeFace node, Document document, string name) =>
        [.. node.Snapshots.List(name).Select(s => View(node, document, s))];

    public static string Url(string name, string snapshot) => $"{InstanceRoutes.Url(name)}/snapshots/{snapshot}";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>One that was configured: what a launch made has no snapshots.</summary>
    private static InstanceConfig Kept(Call call) => InstanceRoutes.Find(call) is var found &&
        call.Node.Config.Current.Instances.ContainsKey(found.Name) ? found
            : throw new Refusal(400, $"{found.Name} belongs to a flake: it has no snapshots");

    private static StoredSnapshot Find(Call call)
    {
        var (name, snapshot) = (Kept(call).Name, call.Route("snapshot"));
        return call.Node.Snapshots.List(name).FirstOrDefault(s => s.Name == snapshot) ?? throw NotFound(name, snapshot);
    }

    public static Refusal NotFound(string name, string snapshot) =>
        new(404, $"Failed to fetch snapshot {Names.Show(snapshot)} of instance \"{name}\" in project \"default\": " +
            "InstanceSnapshot not found");

    private static void RefuseLater(InstanceSnapshotPost body)
    {
        if (body.Stateful)
            throw new Refusal(400, "stateful snapshots are not supported by this node: memory is not saved");
        if (body.ExpiresAt is { } ends && ends != default)
            throw new Refusal(400, "snapshots that expire are not supported by this node; leave expires_at out");
    }

    /// <summary>One more than the highest of snap0, snap1, … that is there: what is later has a later name.</summary>
    public static string Invent(IReadOnlyList<string> there)
    {
        var next = there.Where(n => n.StartsWith("snap", StringComparison.Ordinal))
            .Select(n => int.TryParse(n.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(n => n < int.MaxValue).DefaultIfEmpty(-1).Max() + 1;
        return string.Create(CultureInfo.InvariantCulture, $"snap{next}");
    }

    private static InstanceSnapshot View(NodeFace node, Document document, StoredSnapshot snapshot)
    {
        var expanded = Expansion.Expand(document, snapshot.Instance);
        return new InstanceSnapshot
        {
            Architecture = node.Environment().KernelArchitecture,
            Config = snapshot.Instance.Config,
            CreatedAt = snapshot.Instance.CreatedAt,
            Devices = snapshot.Instance.Devices.ToWire(),
            Ephemeral = snapshot.Instance.Ephemeral,
            ExpandedConfig = expanded.Config,
            ExpandedDevices = expanded.Devices.ToWire(),
            Name = snapshot.Name,
            Profiles = snapshot.Instance.Profiles,
        };
    }
}
