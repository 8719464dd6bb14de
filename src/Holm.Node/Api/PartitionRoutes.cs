using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Partition <c>apps</c>: what all its apps may use together.</summary>
internal static class PartitionRoutes
{
    public static Task Get(Call call) =>
        call.Answer(call.Node.Partition(), ContractJson.Default.PartitionState, ETag(call.Document.Resources));

    public static Task Put(Call call) => Change(call, _ => Resources.Default);

    public static Task Patch(Call call) => Change(call, now => now);

    private static async Task Change(Call call, Func<Resources, Resources> ground)
    {
        var body = await call.Body(ContractJson.Default.PartitionPut).ConfigureAwait(false);
        call.Node.Config.Change("change the resources of the apps", document =>
        {
            call.CheckMatch(ETag(document.Resources));
            var start = ground(document.Resources);
            return document with
            {
                Resources = new(body.CpuPercent ?? start.CpuPercent, body.MemoryPercent ?? start.MemoryPercent),
            };
        });
        await call.Done().ConfigureAwait(false);
    }

    private static string ETag(Resources resources) => Call.ETag(
        new PartitionPut { CpuPercent = resources.CpuPercent, MemoryPercent = resources.MemoryPercent },
        ContractJson.Default.PartitionPut);
}
