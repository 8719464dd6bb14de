using System.Globalization;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm info</c></summary>
internal static class Info
{
    public static Verb Build()
    {
        var format = Parts.ShowFormat();
        return new("info", "show facts about this node", format)
        {
            Examples = ["holm info", "holm info --format json | jq .api_extensions"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0", ContractJson.Default.Server, Words),
        };
    }

    private static string Words(Server server)
    {
        var node = server.Environment;
        return new Facts()
            .Add("Node", node.ServerName)
            .Add("Holm", node.HolmVersion)
            .Add("API", $"{server.ApiVersion}, as LXD {node.ServerVersion}")
            .Add("Daemon pid", node.ServerPid.ToString(CultureInfo.InvariantCulture))
            .Add("Engine", $"{node.Driver} {node.DriverVersion}")
            .Add("Kernel", $"{node.Kernel} {node.KernelVersion} {node.KernelArchitecture}")
            .Add("System", $"{node.OsName} {node.OsVersion}")
            .Add("Runs images", string.Join(' ', node.Architectures))
            .Add("State", node.StateDirectory)
            .Add("Run", node.RunDirectory)
            .Add("Id range", node.IdmapBase > 0 ? $"{node.IdmapBase}–{node.IdmapBase + 65535}" : "")
            .ToString();
    }
}
