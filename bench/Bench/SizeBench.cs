namespace Bench;

/// <summary>Bytes on disk.</summary>
internal static class SizeBench
{
    public static Task Run(Report report)
    {
        double[] sizes = [.. ((string[])["holm", "holmd", "holm-monitor"]).Select(p => new FileInfo(Repository.Out(p)).Length / 1e6)];
        report.Add(new Line("size", "holm", "MB", [sizes[0]]));
        report.Add(new Line("size", "holmd", "MB", [sizes[1]]));
        report.Add(new Line("size", "holm-monitor", "MB", [sizes[2]]));
        report.Add(new Line("size", "holm + holmd", "MB", [sizes[0] + sizes[1]], AtMost: 26));
        return Task.CompletedTask;
    }
}
