using System.Globalization;
using System.IO.Compression;
using Tests.Lxd;

namespace Bench;

/// <summary>A layer of a registry, a packed tar, becomes a SquashFS: beside gunzip and tar2sqfs alone, and in how much memory.</summary>
internal static class ConvertBench
{
    private const int Rounds = 5, LargeMb = 2048, PieceMb = 64, SmallFiles = 20_000;

    /// <summary>What Holm has tar2sqfs do, the sync at the end included: src/Holm.Images/SquashWriter.cs.</summary>
    private const string Squash = "tar2sqfs -q -s -f -c zstd -X level=9 -j 2";

    public static async Task Run(Report report)
    {
        await using var node = await BenchNode.Start();
        var (layer, peer) = (node.State + "/layer.tar.gz", node.State + "/peer.squashfs");
        // Every 16th file of this machine's programs, libraries and texts: some 8,000 files, 200 MB.
        await PeerBench.Shell("cd / && find usr/bin usr/sbin usr/lib usr/share -xdev -type f -size -8M | LC_ALL=C sort | " +
            $"awk 'NR % 16 == 0' | tar -cz --sort=name -T - -f {layer}");
        var unpacked = await PeerBench.Shell($"gunzip -c {layer} | wc -c | tr -d '\\n'");
        var times = await Clock.InTurn(
            Rounds,
            () => Import(node, layer),
            () => Clock.Of(() => PeerBench.Shell($"gunzip -c {layer} | {Squash} {peer} && sync {peer}")),
            () => Clock.Of(() => PeerBench.Shell($"gunzip -c {layer} | cat > /dev/null")));
        var size = $"{double.Parse(unpacked, CultureInfo.InvariantCulture) / 1e6:0} MB";
        report.Add(new Line("convert", $"a packed tar of {size} to an image", "ms", times[0]));
        report.Add(new Line("convert", "gunzip | tar2sqfs of the same", "ms", times[1]));
        report.Add(new Line("convert", "gunzip alone", "ms", times[2]));
        report.Compare("convert", "holm", times[0], "gunzip | tar2sqfs", times[1], atMost: 1.2);
        File.Delete(layer);
        File.Delete(peer);
        await Memory(report, node);
    }

    private static async Task Memory(Report report, BenchNode node)
    {
        var layer = node.State + "/large.tar.gz";
        await Large(node.State + "/tree", layer);
        // From here on the peak is counted anew; proc(5), clear_refs.
        await File.WriteAllTextAsync($"/proc/{node.DaemonPid}/clear_refs", "5");
        var took = await Import(node, layer);
        var peak = (await File.ReadAllLinesAsync($"/proc/{node.DaemonPid}/status"))
            .First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))["VmHWM:".Length..^2];
        report.Add(new Line("convert", $"a packed tar of {LargeMb} MiB, {SmallFiles} files", "ms", [took]));
        report.Add(new Line("convert", "the same, RSS of the daemon at most", "MB",
            [1024 / 1e6 * double.Parse(peak, CultureInfo.InvariantCulture)], AtMost: 64));
    }

    /// <summary>Small files, and a piece of noise under many names, each with its data: gzip stores it, which is soon done.</summary>
    private static async Task Large(string tree, string layer)
    {
        await PeerBench.Shell($"mkdir {tree} && cd {tree} && seq {SmallFiles} | split -l 1 -a 5 - file && " +
            $"head -c {PieceMb}M /dev/urandom > noise && for i in $(seq {LargeMb / PieceMb - 1}); do ln noise noise$i; done");
        using (var tar = Piped.Start("/bin/tar", ["-c", "--hard-dereference", "-C", tree, "."], new Dictionary<string, string>()))
        {
            await using var packed = new GZipStream(File.Create(layer), CompressionLevel.NoCompression);
            await tar.StandardOutput.BaseStream.CopyToAsync(packed);
            await tar.WaitForExitAsync();
        }
        Directory.Delete(tree, recursive: true);
    }

    /// <summary>Takes it in and gives it away again; the time of the first.</summary>
    private static async Task<double> Import(BenchNode node, string layer)
    {
        var fingerprint = "";
        var took = await Clock.Of(async () =>
        {
            var done = await node.Operation(HttpMethod.Post, "/1.0/images",
                $$"""{"source":{"type":"file","path":"{{layer}}"},"no-init":true}""");
            fingerprint = done.GetProperty("metadata").GetProperty("fingerprint").GetString()!;
        });
        await node.Holm("image", "delete", fingerprint);
        return took;
    }
}
