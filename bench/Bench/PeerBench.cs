using System.Globalization;
using System.Text.Json.Nodes;
using Tests.Lxd;

namespace Bench;

/// <summary>Other runtimes on the same root, /bin/true from spawn to end; one that refuses this machine is named with its reason.</summary>
internal static class PeerBench
{
    private const int Rounds = 15;

    /// <summary>Measures them; the times of podman, empty where it does not run.</summary>
    public static async Task<IReadOnlyList<double>> Run(Report report)
    {
        var folder = $"/var/tmp/holm-bench-peers-{Guid.NewGuid().ToString("N")[..8]}";
        Directory.CreateDirectory(folder);
        try
        {
            await Shell($"cd {folder} && mkdir -p root/bin root/proc root/dev root/sys root/tmp root/etc && cp /bin/busybox root/bin/true");
            if (Repository.Installed("crun") is not null)
                await Bundle(folder);
            await Peer(report, "crun run", "crun", $"crun run --bundle {folder} holm-bench-$$");
            var podman = await Peer(
                report, "podman run --net=none", "podman",
                // Its own defaults raise limits, which a container cannot.
                $"podman run --rm --net=none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs {folder}/root /bin/true");
            await Peer(report, "unshare and chroot, no runtime", "unshare", $"unshare -mpfn chroot {folder}/root /bin/true");
            return podman;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>crun's own example, but it runs /bin/true without a terminal.</summary>
    private static async Task Bundle(string folder)
    {
        await Shell($"cd {folder} && crun spec");
        var file = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/true");
        config["root"]!["path"] = "root";
        await File.WriteAllTextAsync(file, config.ToJsonString());
    }

    private static async Task<IReadOnlyList<double>> Peer(Report report, string what, string program, string line)
    {
        if (Repository.Installed(program) is null)
        {
            report.Add(new Line("peers", what, "ms", [], Note: "not installed"));
            return [];
        }
        // crun of Debian 12 refuses a machine with control groups of both versions unless version 2 is hidden from it.
        string[] ways = [line, $"umount /sys/fs/cgroup/unified; {line}"];
        var refused = "";
        foreach (var way in ways)
        {
            try
            {
                var times = await Clock.InTurn(Rounds, () => Timed(way, line));
                report.Add(new Line("peers", what, "ms", times[0], Note: way == line ? "" : "with cgroup version 2 hidden"));
                return times[0];
            }
            catch (InvalidOperationException e)
            {
                refused = e.Message.ReplaceLineEndings(" ");
            }
        }
        report.Add(new Line("peers", what, "ms", [], Note: refused[..Math.Min(refused.Length, 200)]));
        return [];
    }

    /// <summary>The clock runs inside the mount namespace in which something may be hidden.</summary>
    private static async Task<double> Timed(string way, string line)
    {
        var timed = way.Replace(line, $"exec {Repository.Peer("timed")} {line}", StringComparison.Ordinal);
        var said = await Shell($"unshare -m sh -c '{timed}'");
        return said.Split(' ', '\n') is [var nanoseconds, "0", ..]
            ? double.Parse(nanoseconds, CultureInfo.InvariantCulture) / 1e6
            : throw new InvalidOperationException(said);
    }

    /// <summary>Runs a line of shell; its output.</summary>
    public static async Task<string> Shell(string line)
    {
        using var shell = Piped.Start("/bin/sh", ["-c", line], new Dictionary<string, string>());
        shell.StandardInput.Close();
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0 && (await output).Split(' ', '\n') is not [_, not "0", ..]
            ? await output
            : throw new InvalidOperationException($"{await errors}{await output}");
    }
}
