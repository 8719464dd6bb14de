using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm list</c></summary>
internal static class List
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the apps of this node", format)
        {
            More = "All apps are listed, whichever door made them. CPU is the processor time used since the start, LIMIT the memory that "
                + "the app may use. An app that is in error or waits for something has the reason in the last column.",
            Examples = ["holm list", "holm list --format csv | cut -d, -f1,2"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/instances?recursion=2",
                ContractJson.Default.IReadOnlyListInstance, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<Instance> apps)
    {
        var table = new Table("NAME", "STATE", "AUTOSTART", "IMAGE", "CPU", "MEMORY", "LIMIT", "IPV4", "IPV6", "UNPRIVILEGED", "REASON");
        foreach (var app in apps.OrderBy(a => a.Name, StringComparer.Ordinal))
        {
            var config = app.ExpandedConfig.Count > 0 ? app.ExpandedConfig : app.Config;
            table.Add(app.Name, app.Status.ToUpperInvariant(), config.IsTrue("boot.autostart") ? "1" : "0", Say.Image(app.Image),
                app.State is { Pid: > 0 } up ? Say.Seconds(up.Cpu.Usage) : "",
                app.State is { Memory.Usage: > 0 } state ? Say.Bytes(state.Memory.Usage) : "",
                app.State is { Memory.Total: > 0 } limited ? Say.Bytes(limited.Memory.Total) : "",
                string.Join(' ', Say.Addresses(app, "inet")), string.Join(' ', Say.Addresses(app, "inet6")),
                config.IsTrue("security.privileged") ? "false" : "true", app.Reason);
        }
        return table;
    }
}
