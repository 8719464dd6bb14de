using System.Text.Json;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Instances: list, look, change, rename, delete.</summary>
internal static class InstanceRoutes
{
    public static Task List(Call call)
    {
        var filter = Filter.Parse(call.Query("filter"));
        var (document, recursion) = (call.Document, call.Recursion);
        if (call.Query("instance-type") is not ("" or "container" or "virtual-machine"))
            throw new Refusal(400,
                $"Invalid instance type: {Names.Show(call.Query("instance-type"))}; container and virtual-machine are known");
        if (call.Query("instance-type") == "virtual-machine")
            document = document with { Instances = document.Instances.Clear() };
        if (recursion == 0 && filter.IsEmpty)
            return call.Answer([.. document.Instances.Keys.Select(Url)], ContractJson.Default.IReadOnlyListString);
        List<Instance> shown = [.. document.Instances.Values.Select(i => InstanceView.Of(call.Node, document, i, recursion == 2))];
        if (!filter.IsEmpty)
            shown.RemoveAll(i => !filter.Passes(JsonSerializer.SerializeToElement(i, ContractJson.Default.Instance)));
        return recursion == 0
            ? call.Answer([.. shown.Select(i => Url(i.Name))], ContractJson.Default.IReadOnlyListString)
            : call.Answer(shown, ContractJson.Default.IReadOnlyListInstance);
    }

    public static Task Get(Call call)
    {
        var instance = Find(call);
        return call.Answer(InstanceView.Of(call.Node, call.Document, instance, call.Recursion > 0), ContractJson.Default.Instance,
            InstanceView.ETag(instance));
    }

    public static async Task Put(Call call)
    {
        var old = Find(call);
        var body = await call.Body(ContractJson.Default.InstancePut).ConfigureAwait(false);
        if (body.Restore is { Length: > 0 } snapshot)
        {
            if (body.Stateful)
                throw new Refusal(400, "Stateful snapshot restore requested by snapshot is stateless");
            await SnapshotRoutes.Restore(call, old.Name, snapshot).ConfigureAwait(false);
            return;
        }
        var (before, after) = Change(call, old.Name, now => now with
        {
            Config = Edits.Replace(now.Config, body.Config),
            Devices = Edits.Devices(body.Devices),
            Ephemeral = body.Ephemeral ?? false,
            Profiles = Edits.Listed(body.Profiles ?? []),
            Description = body.Description ?? "",
            Image = body.Image is { Length: > 0 } image ? image : now.Image,
        });
        var late = AtNextStart(call, before, after).ToDictionary(
            l => l.Key, l => JsonSerializer.SerializeToElement(l.Value, ContractJson.Default.IReadOnlyListString));
        var node = call.Node;
        var plan = new OperationPlan("Updating instance", "instances", Url(old.Name)) { Metadata = late.Count > 0 ? late : null };
        await call.Began(call.Operations.Start(plan, (_, ct) => node.Instances.Settle([old.Name], ct))).ConfigureAwait(false);
    }

    public static async Task Patch(Call call)
    {
        var old = Find(call);
        var body = await call.Body(ContractJson.Default.InstancePut).ConfigureAwait(false);
        var (before, after) = Change(call, old.Name, now => now with
        {
            Config = Edits.Merge(now.Config, body.Config),
            Devices = now.Devices.SetItems(Edits.Devices(body.Devices)),
            Ephemeral = body.Ephemeral ?? now.Ephemeral,
            Profiles = body.Profiles is { } profiles ? Edits.Listed(profiles) : now.Profiles,
            Description = body.Description ?? now.Description,
            Image = body.Image is { Length: > 0 } image ? image : now.Image,
        });
        await call.Node.Instances.Settle([old.Name], call.Http.RequestAborted).ConfigureAwait(false);
        await call.Answer(AtNextStart(call, before, after), ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListString)
            .ConfigureAwait(false);
    }

    public static async Task Rename(Call call)
    {
        var old = Find(call);
        var body = await call.Body(ContractJson.Default.InstancePost).ConfigureAwait(false);
        if (body.Migration)
        {
            await InstanceCopy.Move(call, old, body).ConfigureAwait(false);
            return;
        }
        Names.CheckInstance(body.Name ?? "", console: !old.Pinned);
        RequireStopped(call, old.Name, 409, $"Renaming of running instance not allowed: stop {old.Name} first");
        if (call.Document.Instances.ContainsKey(body.Name!))
            throw new Refusal(409, $"Instance \"{body.Name}\" already exists");
        var node = call.Node;
        var plan = new OperationPlan("Renaming instance", "instances", Url(old.Name));
        await call.Began(call.Operations.Start(plan, (_, _) => Rename(node, old.Name, body.Name!))).ConfigureAwait(false);
    }

    public static async Task Delete(Call call)
    {
        var name = Find(call).Name;
        RequireStopped(call, name, 400, $"Instance is running: stop {name} first");
        var node = call.Node;
        var plan = new OperationPlan("Deleting instance", "instances", Url(name));
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            await node.Instances.Delete(name, ct).ConfigureAwait(false);
            node.Events.Lifecycle("instance-deleted", Url(name));
        })).ConfigureAwait(false);
    }

    /// <summary>The instance the path names.</summary>
    /// <exception cref="Refusal">404.</exception>
    public static InstanceConfig Find(Call call) => call.Document.Instances.GetValueOrDefault(call.Route("name")) ??
        throw new Refusal(404, $"Instance not found: {Names.Show(call.Route("name"))}");

    public static string Url(string name) => $"/1.0/instances/{name}";

    private static (InstanceConfig Before, InstanceConfig After) Change(Call call, string name, Func<InstanceConfig, InstanceConfig> change)
    {
        InstanceConfig? before = null, after = null;
        call.Node.Config.Change($"change instance {name}", document =>
        {
            before = document.Instances.GetValueOrDefault(name) ?? throw new Refusal(404, $"Instance not found: {name}");
            call.CheckMatch(InstanceView.ETag(before));
            after = change(before);
            VolumeRoutes.RefuseMissing(call, document, before.Devices, after.Devices);
            if (after.Image != before.Image && call.Node.Images.Find(after.Image) is null)
                throw new Refusal(404, $"Image not found: {Names.Show(after.Image)}");
            var next = document.With(after);
            call.Node.Storage?.Pools.RefuseLost(document, next);
            return next;
        });
        call.Node.Events.Lifecycle("instance-updated", Url(name));
        return (before!, after!);
    }

    /// <summary>The changed keys that a running instance feels only when it starts again, by the word <c>next_start</c>.</summary>
    private static Dictionary<string, IReadOnlyList<string>> AtNextStart(Call call, InstanceConfig before, InstanceConfig after)
    {
        if (call.Node.Instances.Status(after.Name).Code is StatusCode.Stopped or StatusCode.Error)
            return [];
        IReadOnlyList<string> late =
        [
            .. before.Config.Keys.Union(after.Config.Keys)
                .Where(k => before.Config.GetValueOrDefault(k) != after.Config.GetValueOrDefault(k)
                    && Keys.Find(k) is { Effect: Effect.NextStart }),
            .. before.Image != after.Image ? (string[])["image"] : [],
        ];
        return late.Count == 0 ? [] : new Dictionary<string, IReadOnlyList<string>> { ["next_start"] = late };
    }

    /// <summary>Renames one that does not run.</summary>
    public static async Task Rename(NodeFace node, string from, string to)
    {
        await node.Instances.Rename(from, to).ConfigureAwait(false);
        node.Events.Lifecycle("instance-renamed", Url(to), ("old_name", from));
    }

    /// <summary>Refuses unless it is stopped.</summary>
    public static void RequireStopped(Call call, string name, int code, string otherwise)
    {
        if (call.Node.Instances.Status(name).Code is not (StatusCode.Stopped or StatusCode.Error))
            throw new Refusal(code, otherwise);
    }
}
