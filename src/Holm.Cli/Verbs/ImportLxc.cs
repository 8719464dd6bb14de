using System.CommandLine;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Config.Lxc;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Cli.Verbs;

/// <summary><c>holm import lxc CONFIG</c></summary>
internal static class ImportLxc
{
    private static readonly Argument<string> Config = Parts.One("CONFIG", "the container's file, /var/lib/lxc/NAME/config",
        LiveNames.AnyFile);
    private static readonly Option<string?> Rootfs = Parts.Value("--rootfs", "FOLDER",
        "its root, where the file says another or none", LiveNames.AnyFile);
    private static readonly Option<string?> Name = Parts.Value("--name", "NAME", "name of the app (standard: lxc.uts.name)");
    private static readonly Option<string?> Pool =
        Parts.Value("--pool", "POOL", "pool it writes to: ram (gone at each stop), default (kept) or any other (standard: default)");
    private static readonly Option<bool> DryRun = Parts.Switch("--dry-run", "only say what would become of each line");

    public static Verb Build() => new("lxc", "make an app of an LXC container", Config, Rootfs, Name, Pool, DryRun)
    {
        More = "The container's root, a folder, is packed into an image by tar(1); its configuration becomes keys and devices of an app. "
            + "Each line is told, with what became of it or why it was not taken; a line that is not taken is in nothing. The container "
            + "itself is not touched, and should not run meanwhile. What LXC has and no key of Holm's has an equal of goes into raw.lxc: "
            + "capabilities to drop, rules for devices, limits. Keys of before LXC 2.1 are known too.",
        Examples = ["holm import lxc /var/lib/lxc/openwrt/config --dry-run", "holm import lxc ./config --rootfs ./rootfs --name router"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var path = line.GetRequiredValue(Config);
        ImportedLxc imported;
        try
        {
            imported = LxcImport.Read(File.ReadAllText(path));
        }
        catch (Refusal refusal)
        {
            throw new Refusal(400, $"import {path}: {refusal.Message}", refusal);
        }
        foreach (var taken in imported.Taken)
            caller.Screen.Line(Visible.Line($"  taken      {taken}"));
        foreach (var left in imported.NotTaken)
            caller.Screen.Line(Visible.Line($"  not taken  {left}"));
        if (line.GetValue(DryRun))
            return ExitCodes.Ok;
        var name = line.GetValue(Name) ?? imported.Name ?? throw new UsageError($"{path} says no name; give one by --name");
        _ = Names.Instance(name);
        var rootfs = line.GetValue(Rootfs) ?? imported.Rootfs ??
            throw new UsageError($"{path} names no folder as root; give one by --rootfs");
        if (!Directory.Exists(rootfs))
            throw new Refusal(404, $"import {path}: its root {rootfs} is no folder; give another by --rootfs");
        var fingerprint = Pack(caller, name, rootfs, isSystem: !imported.Config.ContainsKey("init.cmd"));
        var request = new InstancesPost
        {
            Name = name,
            Description = $"from {Path.GetFullPath(path)}",
            Profiles = [],
            Config = new(imported.Config),
            Devices = imported.Devices.ToDictionary(d => d.Key, d => new Dictionary<string, string>(d.Value)),
            Source = new() { Fingerprint = fingerprint },
        };
        request.Devices["root"] = new() { ["type"] = "disk", ["path"] = "/", ["pool"] = line.GetValue(Pool) ?? "default" };
        caller.Finish(caller.Node.Send("POST", "/1.0/instances", request, ContractJson.Default.InstancesPost), $"creating app {name}");
        caller.Screen.Line(Visible.Line($"{name} was made; holm app start {name} starts it"));
        return ExitCodes.Ok;
    }

    /// <summary>The root as an image; its fingerprint.</summary>
    private static string Pack(Caller caller, string name, string rootfs, bool isSystem)
    {
        var tar = Tool.Find("tar") ?? throw new Refusal(500, "tar is missing, which packs the root; install the package tar");
        var (read, write) = Fd.Pipe();
        using (read)
        {
            Child child;
            using (write)
            using (var error = Fd.Duplicate(2))
                child = Child.Spawn(new Holm.Linux.Processes.Command
                {
                    Path = tar,
                    Arguments = ["--create", "--directory", rootfs, "--numeric-owner", "--xattrs", "--xattrs-include=*",
                        "--one-file-system", "--sort=name", "."],
                    Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                    Stdout = write,
                    Stderr = error,
                });
            using (child)
            {
                var answer = caller.Node.Upload("/1.0/images",
                    [$"X-LXD-filename: {name}.tar", .. isSystem ? Array.Empty<string>() : ["X-Holm-no-init: true"]],
                    buffer => Read(read, buffer, child, rootfs));
                var operation = caller.Finish(answer, $"packing {rootfs}");
                var fingerprint = operation.Metadata?["fingerprint"].GetString() ??
                    throw new Refusal(500, $"import {rootfs}: the node did not say under which fingerprint");
                ImageAliasSet.Set(caller, name, fingerprint, null);
                return fingerprint;
            }
        }
    }

    /// <summary>What tar prints; a tar that fails ends the upload unfinished, so that nothing is stored.</summary>
    private static int Read(Fd tar, byte[] buffer, Child child, string rootfs)
    {
        var count = tar.TryRead(buffer);
        if (count > 0)
            return count;
        var status = child.Wait().GetAwaiter().GetResult();
        return count == 0 && status.ShellCode == 0 ? 0
            : throw new Refusal(500, $"import {rootfs}: tar could not read all of it, and said why");
    }
}
