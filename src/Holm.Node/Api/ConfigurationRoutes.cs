using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Config;

namespace Holm.Node.Api;

/// <summary>The configuration as text: look at it, apply a session's changes, replace it, save it.</summary>
internal static class ConfigurationRoutes
{
    public static Task Get(Call call)
    {
        var store = call.Node.Config;
        var document = call.Query("of") switch
        {
            "" or "running" => store.Current,
            "startup" => store.Startup,
            var other => throw new Refusal(400, $"of={Names.Show(other)} is not known; running and startup are"),
        };
        return call.Answer(new Configuration
        {
            Text = ConfigText.Write(document),
            Saved = ConfigChanges.AreEqual(store.Current, store.Startup),
        }, ContractJson.Default.Configuration);
    }

    public static async Task Patch(Call call)
    {
        var body = await call.Body(ContractJson.Default.ConfigurationPatch).ConfigureAwait(false);
        var saving = body.Save ? Saving.Objects : Saving.None;
        await Apply(call, now => ChangesOf(call).Apply(now, body.Changes ?? []), saving, keepWrites: false).ConfigureAwait(false);
    }

    public static async Task Put(Call call)
    {
        var body = await call.Body(ContractJson.Default.ConfigurationPut).ConfigureAwait(false);
        var text = body.Text ?? throw new Refusal(400, "text is missing; an empty one removes all there is");
        var saving = body.Save ? Saving.Whole : Saving.None;
        await Apply(call, now => ChangesOf(call).Replace(now, text), saving, keepWrites: true).ConfigureAwait(false);
    }

    /// <summary>The next boot brings what holds now, or the text that is given.</summary>
    public static async Task Save(Call call)
    {
        var body = call.Http.Request.ContentLength == 0 ? new ConfigurationPut()
            : await call.Body(ContractJson.Default.ConfigurationPut).ConfigureAwait(false);
        var store = call.Node.Config;
        if (body.Text is { } text)
            store.SaveOther(ChangesOf(call).Replace(store.Startup, text));
        else
            store.Save();
        await call.Done().ConfigureAwait(false);
    }

    private static ConfigChanges ChangesOf(Call call) =>
        new(image => call.Node.Images.Find(image) is not null, call.Node.Clock.GetUtcNow());

    private static async Task Apply(Call call, Func<Document, Document> change, Saving saving, bool keepWrites)
    {
        var node = call.Node;
        var (before, after) = node.Configuration.Change("apply the configuration", change, saving, keepWrites);
        var urls = Tell(node, before, after);
        var plan = new OperationPlan("Applying configuration", "instances", urls);
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            var progress = new List<string>();
            void Progress(string sentence)
            {
                progress.Add(sentence);
                Say(operation, ConfigurationResult.Progress, progress);
            }

            // Bridges first: apps are put on them.
            var refused = await SettleNetworks(node, before, after).ConfigureAwait(false);
            if (before.Https != after.Https && await call.Remote.Settle().ConfigureAwait(false) is { } problem)
                refused = [.. refused, problem];
            var done = await node.Configuration.Activate(before, after, keepWrites, Progress, ct).ConfigureAwait(false);
            Say(operation, ConfigurationResult.Waiting, done.Waiting);
            Say(operation, ConfigurationResult.Kept, done.Kept);
            if (string.Join("; ", [.. refused, .. done.Failed]) is { Length: > 0 } failed)
                throw new Refusal(500, $"the configuration is applied, but not all runs as it should: {failed}");
        })).ConfigureAwait(false);
    }

    /// <summary>Waits until changed networks are as they are written; returns a sentence for each that is not.</summary>
    private static async Task<IReadOnlyList<string>> SettleNetworks(NodeFace node, Document before, Document after)
    {
        if (!Differences(before.Networks, after.Networks).Any())
            return [];
        using var deadline = new CancellationTokenSource(NetworkDeadline, node.Clock);
        try
        {
            return [.. (await node.Networks.Settle(deadline.Token).ConfigureAwait(false)).Select(r => $"network {r.Key}: {r.Value}")];
        }
        catch (OperationCanceledException)
        {
            return [$"networks: not done after {NetworkDeadline.TotalSeconds} s, it goes on"];
        }
    }

    private static readonly TimeSpan NetworkDeadline = TimeSpan.FromSeconds(15);

    private static void Say(OperationRun operation, string key, IReadOnlyList<string> sentences)
    {
        if (sentences.Count > 0)
            operation.Tell(key, JsonSerializer.SerializeToElement([.. sentences], ContractJson.Default.IReadOnlyListString));
    }

    /// <summary>Tells the listeners what became of each object; returns the URLs of the instances among them.</summary>
    private static List<string> Tell(NodeFace node, Document before, Document after)
    {
        foreach (var (action, name) in Differences(before.Profiles, after.Profiles))
            node.Events.Lifecycle($"profile-{action}", $"/1.0/profiles/{Uri.EscapeDataString(name)}");
        foreach (var (action, name) in Differences(before.Networks, after.Networks))
            node.Events.Lifecycle($"network-{action}", $"/1.0/networks/{name}");
        var instances = Differences(before.Instances, after.Instances).ToList();
        foreach (var (action, name) in instances)
            node.Events.Lifecycle($"instance-{action}", InstanceRoutes.Url(name));
        return [.. instances.Select(i => InstanceRoutes.Url(i.Name))];
    }

    private static IEnumerable<(string Action, string Name)> Differences<T>(
        IReadOnlyDictionary<string, T> before, IReadOnlyDictionary<string, T> after)
        where T : class =>
        before.Keys.Union(after.Keys).Select(name => (before.GetValueOrDefault(name), after.GetValueOrDefault(name)) switch
        {
            (null, _) => ("created", name),
            (_, null) => ("deleted", name),
            var (old, now) => (ReferenceEquals(old, now) ? "" : "updated", name),
        }).Where(d => d.Item1.Length > 0);
}
