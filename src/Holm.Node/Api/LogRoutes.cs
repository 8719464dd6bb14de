using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>The logs of an instance, of which there is one; and its door for SFTP, which is shut.</summary>
internal static class LogRoutes
{
    public static Task List(Call call) => call.Answer(
        [InstanceRoutes.Url(InstanceRoutes.Find(call).Name) + "/logs/lxc.log"], ContractJson.Default.IReadOnlyListString);

    /// <summary>LXD keeps these two as long as the instance is there, and has no others unless a command's output was recorded.</summary>
    public static Task Delete(Call call)
    {
        InstanceRoutes.Find(call);
        throw new Refusal(400, "Only log files excluding qemu.log and lxc.log may be deleted");
    }

    public static Task Sftp(Call call) => throw new Refusal(501,
        $"SFTP into {Names.Show(InstanceRoutes.Find(call).Name)} is not supported by this node; lxc file push, pull and edit are");
}
