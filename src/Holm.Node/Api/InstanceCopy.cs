using System.Collections.Immutable;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>Instances made of others or of snapshots, and instances made anew of an image.</summary>
internal static class InstanceCopy
{
    /// <summary><c>POST /1.0/instances</c> with a source of type copy.</summary>
    public static async Task Create(Call call, InstancesPost body, InstanceSource source)
    {
        var (from, snapshot) = (source.Source ?? "").Split('/') switch
        {
            [{ Length: > 0 } one] => (one, null),
            [{ Length: > 0 } one, { Length: > 0 } two] => (one, two),
            _ => throw new Refusal(400, "must specify a source instance: INSTANCE or INSTANCE/SNAPSHOT"),
        };
        var node = call.Node;
        var original = node.Config.Current.Instances.GetValueOrDefault(from) ??
            throw new Refusal(404, $"Instance not found: {Names.Show(from)}");
        if (snapshot is not null)
            original = node.Snapshots.List(from).FirstOrDefault(s => s.Name == snapshot)?.Instance ??
                throw SnapshotRoutes.NotFound(from, snapshot);
        var name = body.Name is { Length: > 0 } given ? given : InstanceCreate.Invent(call.Document);
        Names.CheckInstance(name, console: false);
        if (source.Refresh && call.Document.Instances.ContainsKey(name))
        {
            await Refresh(call, from, snapshot, name, source).ConfigureAwait(false);
            return;
        }
        if (call.Document.Instances.ContainsKey(name))
            throw new Refusal(409, $"Instance \"{name}\" already exists");
        var instance = Make(call, body, name, original);
        Rules.Check(node.Config.Current.With(instance));
        var plan = new OperationPlan("Creating instance", "instances", InstanceRoutes.Url(name)) { MayCancel = true };
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            await node.Snapshots.Copy(from, snapshot, instance, !source.InstanceOnly, SnapshotRoutes.Progress(node, operation), ct)
                .ConfigureAwait(false);
            InstanceCreate.TellCreated(node, name);
            if (body.Start)
                await node.Instances.SetPower(name, PowerAction.Start, default, ct).ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    /// <summary>
    /// <c>POST /1.0/instances/NAME</c> with <c>migration</c>: its root goes into another pool of this node. Between the move and a rename
    /// that is asked for with it, a crash leaves it moved.
    /// </summary>
    public static async Task Move(Call call, InstanceConfig old, InstancePost body)
    {
        var (name, pool) = (string.IsNullOrEmpty(body.Name) ? old.Name : body.Name, body.Pool ?? "");
        if (body.Project is not (null or "" or "default"))
            throw new Refusal(404, $"Project not found: {Names.Show(body.Project)}");
        if (pool.Length == 0)
            throw new Refusal(501, "migration to another server is not supported by this node; to another of its pools it is: give pool");
        Names.CheckInstance(name, console: !old.Pinned);
        InstanceRoutes.RequireStopped(call, old.Name, 400, $"Instance is running: stop {old.Name} first");
        if (name != old.Name && call.Document.Instances.ContainsKey(name))
            throw new Refusal(409, $"Instance \"{name}\" already exists");
        if (call.Document.FindPool(pool) is null)
            throw new Refusal(404, $"Storage pool not found: {Names.Show(pool)}");
        var node = call.Node;
        var plan = new OperationPlan("Migrating instance", "instances", InstanceRoutes.Url(old.Name)) { MayCancel = true };
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            await node.Snapshots.Move(old.Name, pool, !body.InstanceOnly, SnapshotRoutes.Progress(node, operation), ct)
                .ConfigureAwait(false);
            if (name != old.Name)
                await InstanceRoutes.Rename(node, old.Name, name).ConfigureAwait(false);
            else
                node.Events.Lifecycle("instance-updated", InstanceRoutes.Url(name));
        })).ConfigureAwait(false);
    }

    private static Task Refresh(Call call, string from, string? snapshot, string name, InstanceSource source)
    {
        var node = call.Node;
        var plan = new OperationPlan("Creating instance", "instances", InstanceRoutes.Url(name)) { MayCancel = true };
        return call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            await node.Snapshots.Refresh(from, snapshot, name, !source.InstanceOnly, SnapshotRoutes.Progress(node, operation), ct)
                .ConfigureAwait(false);
            node.Events.Lifecycle("instance-updated", InstanceRoutes.Url(name));
        }));
    }

    /// <summary><c>POST /1.0/instances/NAME/rebuild</c>: kept writes are dropped, configuration and snapshots stay.</summary>
    public static async Task Rebuild(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        var node = call.Node;
        if (!node.Config.Current.Instances.TryGetValue(name, out var now))
            throw new Refusal(400, $"{name} belongs to a flake and cannot be rebuilt");
        var body = await call.Body(ContractJson.Default.InstanceRebuildPost).ConfigureAwait(false);
        var source = body.Source ?? throw new Refusal(400, "source is missing; give type image and a fingerprint or alias");
        if (source.Type != "image")
            throw new Refusal(400, $"Unknown source type {Names.Show(source.Type)}; image is supported by this node");
        if (node.Instances.Status(name).Code is not (StatusCode.Stopped or StatusCode.Error))
            throw new Refusal(400, $"Instance must be stopped to be rebuilt: stop {name} first");
        var image = InstanceCreate.Resolve(call, source);
        // Who followed an alias goes on to, if one is named.
        var written = !now.Pinned && source.Alias is { Length: > 0 } alias ? alias : image.Fingerprint;
        var plan = new OperationPlan("Rebuilding instance", "instances", InstanceRoutes.Url(name));
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            await node.Snapshots.Rebuild(name, written, image.Fingerprint, ct).ConfigureAwait(false);
            node.Events.Lifecycle("instance-updated", InstanceRoutes.Url(name));
        })).ConfigureAwait(false);
    }

    /// <summary>As LXD: what the caller says, over what the original has; and of what the node writes only the image.</summary>
    private static InstanceConfig Make(Call call, InstancesPost body, string name, InstanceConfig original)
    {
        ImmutableSortedDictionary<string, string> Plain(IEnumerable<KeyValuePair<string, string>> config) => Maps.From(config.Where(k =>
            !k.Key.StartsWith("volatile.", StringComparison.Ordinal) || k.Key == "volatile.base_image"));
        return original with
        {
            Name = name,
            Description = body.Description ?? original.Description,
            Ephemeral = body.Ephemeral,
            Config = Edits.Merge(Plain(original.Config), Plain(body.Config ?? [])),
            Devices = original.Devices.SetItems(Edits.Devices(body.Devices)),
            Profiles = body.Profiles is { } profiles ? Edits.Listed(profiles) : original.Profiles,
            CreatedAt = call.Node.Clock.GetUtcNow(),
            Owner = "local",
        };
    }
}
