using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>The logs of an instance: liblxc's, and what recorded commands printed; and its door for SFTP, which is shut.</summary>
internal static class LogRoutes
{
    public static Task List(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        return call.Answer([.. Records(call, name).All.Append("lxc.log").Select(file => Url(name, file))],
            ContractJson.Default.IReadOnlyListString);
    }

    public static Task Get(Call call) =>
        ConsoleRoutes.Send(call, Records(call, InstanceRoutes.Find(call).Name).Read(call.Route("file")));

    /// <summary>LXD keeps these two as long as the instance is there.</summary>
    public static Task Delete(Call call)
    {
        var name = InstanceRoutes.Find(call).Name;
        if (call.Route("file") is "lxc.log" or "qemu.log")
            throw new Refusal(400, "Only log files excluding qemu.log and lxc.log may be deleted");
        Records(call, name).Delete(call.Route("file"));
        call.Node.Events.Lifecycle("instance-log-deleted", Url(name, call.Route("file")));
        return call.Done();
    }

    public static Task Sftp(Call call) => throw new Refusal(501,
        $"SFTP into {Names.Show(InstanceRoutes.Find(call).Name)} is not supported by this node; lxc file push, pull and edit are");

    public static string Url(string name, string file) => $"{InstanceRoutes.Url(name)}/logs/{file}";

    private static ExecRecords Records(Call call, string name) => new(call.Node.Instances.LogFolder(name));
}
