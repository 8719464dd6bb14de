using System.Text;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Facts;

namespace Holm.Node.Api;

/// <summary>What a server of LXD's is asked about itself: its machine, its metrics, its warnings, its one project, its cluster.</summary>
internal static class NounRoutes
{
    public static Task Resources(Call call) => call.Answer(ResourceReader.Read(), ContractJson.Default.HostResources);

    public static async Task Metrics(Call call)
    {
        var running = call.Document.Instances.Keys.Select(name => (name, State: call.Node.Instances.State(name)))
            .Where(i => i.State.Pid > 0).ToList();
        var text = Encoding.UTF8.GetBytes(MetricsText.Write(running, Linux.Machine.MemoryBytes()));
        call.Http.Response.ContentType = "text/plain; charset=utf-8";
        call.Http.Response.ContentLength = text.Length;
        await call.Http.Response.Body.WriteAsync(text, call.Http.RequestAborted).ConfigureAwait(false);
    }

    public static Task Warnings(Call call)
    {
        var filter = Filter.Parse(call.Query("filter"));
        List<Warning> shown = [.. Shown(call)];
        if (!filter.IsEmpty)
            shown.RemoveAll(w => !filter.Passes(JsonSerializer.SerializeToElement(w, ContractJson.Default.Warning)));
        return call.Recursion == 0
            ? call.Answer([.. shown.Select(w => "/1.0/warnings/" + w.Uuid)], ContractJson.Default.IReadOnlyListString)
            : call.Answer(shown, ContractJson.Default.IReadOnlyListWarning);
    }

    public static Task Warning(Call call)
    {
        var warning = FindWarning(call);
        return call.Answer(warning, ContractJson.Default.Warning, ETag(warning));
    }

    /// <summary>A person has seen it, or wants to see it as new.</summary>
    public static async Task Acknowledge(Call call)
    {
        var warning = FindWarning(call);
        var body = await call.Body(ContractJson.Default.WarningPut).ConfigureAwait(false);
        call.CheckMatch(ETag(warning));
        if (body.Status is not ("new" or "acknowledged"))
            throw new Refusal(403, "Status may only be set to \"acknowledge\" or \"new\"");
        call.Node.Warnings.Mark(warning.Uuid, body.Status);
        call.Node.Events.Lifecycle(
            body.Status == "new" ? "warning-reset" : "warning-acknowledged", "/1.0/warnings/" + warning.Uuid);
        await call.Done().ConfigureAwait(false);
    }

    public static Task DeleteWarning(Call call)
    {
        var warning = FindWarning(call);
        call.Node.Warnings.Delete(warning.Uuid);
        call.Node.Events.Lifecycle("warning-deleted", "/1.0/warnings/" + warning.Uuid);
        return call.Done();
    }

    public static Task Projects(Call call) => call.Recursion == 0
        ? call.Answer(["/1.0/projects/" + DefaultProject], ContractJson.Default.IReadOnlyListString)
        : call.Answer([TheProject(call)], ContractJson.Default.IReadOnlyListProject);

    public static Task Project(Call call)
    {
        if (call.Route("name") != DefaultProject)
            throw new Refusal(404, $"Project not found: {Names.Show(call.Route("name"))}; this node has project default only");
        var project = TheProject(call);
        return call.Answer(project, ContractJson.Default.Project,
            Call.ETag(project with { UsedBy = [], Name = "" }, ContractJson.Default.Project));
    }

    public static Task NoProjects(Call call) =>
        throw new Refusal(400, "this node has project default only, as it is; keep apps apart by their names, or on nodes of their own");

    public static Task Cluster(Call call) => call.Answer(new Cluster(), ContractJson.Default.Cluster);

    public static Task NoCluster(Call call) => throw new Refusal(400, "Server is not clustered: a node of Holm's stands alone");

    private const string DefaultProject = "default";

    /// <summary>What this machine lacks, and what of the configuration could not be taken.</summary>
    private static IReadOnlyList<Warning> Shown(Call call) => call.Node.Warnings.Show(
    [
        .. call.Node.CheckConfig().Where(c => c.Found == "missing").Select(c => ("Missing " + c.Feature, c.Holm)),
        .. call.Node.Config.Problems.Select(p => ("Configuration not taken", p)),
    ]);

    private static Warning FindWarning(Call call) => Shown(call).FirstOrDefault(w => w.Uuid == call.Route("uuid")) ??
        throw new Refusal(404, "Warning not found");

    private static string ETag(Warning warning) => Call.ETag(new WarningPut { Status = warning.Status }, ContractJson.Default.WarningPut);

    private static Project TheProject(Call call) => new()
    {
        Name = DefaultProject,
        Description = "Default LXD project",
        Config = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["features.images"] = "true",
            ["features.networks"] = "true",
            ["features.profiles"] = "true",
            ["features.storage.volumes"] = "true",
        },
        UsedBy =
        [
            .. call.Node.Images.List().Select(i => ImageRoutes.Url(i.Fingerprint)),
            .. call.Document.Instances.Keys.Select(InstanceRoutes.Url),
            .. call.Document.Networks.Keys.Select(n => "/1.0/networks/" + n),
            .. call.Document.Profiles.Keys.Select(p => "/1.0/profiles/" + p),
        ],
    };
}
