using System.Globalization;
using System.Text;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app show NAME</c></summary>
internal static class AppShow
{
    public static Verb Build()
    {
        var name = Parts.App();
        var format = Parts.ShowFormat();
        return new("show", "show an app: state, settings, devices", name, format)
        {
            More = "With --format json the object has config and devices both as set on the app and with its profiles (expanded_…).",
            Examples = ["holm app show web", "holm app show web --format json | jq -r .state.pid"],
            Run = (line, caller) => Run(caller, line.GetRequiredValue(name), line.GetRequiredValue(format)),
        };
    }

    /// <summary>Prints one app.</summary>
    public static int Run(Caller caller, string name, string format) =>
        caller.Show(format, $"{Names.Instance(name)}?recursion=1", ContractJson.Default.Instance, app => Words(app, caller));

    private static string Words(Instance app, Caller caller)
    {
        var config = app.ExpandedConfig.Count > 0 ? app.ExpandedConfig : app.Config;
        var devices = app.ExpandedDevices.Count > 0 ? app.ExpandedDevices : app.Devices;
        var text = new Facts()
            .Add("Name", app.Name)
            .Add("Status", app.Reason.Length > 0 ? $"{app.Status}: {app.Reason}" : app.Status)
            .Add("Description", app.Description)
            .Add("Image", app.Image)
            .Add("Init cmd", config.GetValueOrDefault("init.cmd", "/sbin/init"))
            .Add("Enabled", Say.YesNo(config.IsTrue("boot.autostart")))
            .Add("Restarts", Say.YesNo(config.IsTrue("boot.autorestart")))
            .Add("Unprivileged", Say.YesNo(!config.IsTrue("security.privileged")))
            .Add("Profiles", string.Join(", ", app.Profiles))
            .Add("Partition", Partition(config, caller))
            .Add("Owner", app.Owner)
            .Add("Created", Say.Time(app.CreatedAt));
        if (app.State is { Pid: > 0 } state)
            text.Add("Init pid", state.Pid.ToString(CultureInfo.InvariantCulture))
                .Add("Processes", state.Processes < 0 ? "" : state.Processes.ToString(CultureInfo.InvariantCulture))
                .Add("CPU time", Say.Seconds(state.Cpu.Usage) + Share(state.Cpu))
                .Add("Memory", Memory(state.Memory))
                .Add("Block I/O", $"{Say.Bytes(state.Block.BytesRead)} read, {Say.Bytes(state.Block.BytesWritten)} written");
        var all = new StringBuilder(text.ToString());
        Settings.Append(all, config, devices);
        return all.ToString();
    }

    private static string Partition(IReadOnlyDictionary<string, string> config, Caller caller)
    {
        if (config.GetValueOrDefault("limits.partition", "none") != "apps")
            return "none";
        var partition = caller.Node.Get("/1.0/partition", ContractJson.Default.PartitionState);
        return $"apps: {partition.CpuPercent}% of the CPUs together, {Say.Bytes(partition.MemoryPart)} of memory each";
    }

    private static string Share(CpuState cpu) => cpu.AllocatedTime == 0 ? ""
        : string.Create(CultureInfo.InvariantCulture, $", at most {cpu.AllocatedTime / 1e9:0.##} CPUs");

    private static string Memory(MemoryState memory) =>
        Say.Bytes(memory.Usage) + (memory.Total > 0 ? $" of {Say.Bytes(memory.Total)}" : "") + $" (peak {Say.Bytes(memory.UsagePeak)})";
}
