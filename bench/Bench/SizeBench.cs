namespace Bench;

/// <summary>Bytes on disk.</summary>
internal static class SizeBench
{
    public static Task Run(Report report)
    {
        string[] programs = ["holm", "holmd", "holm-launch", "holm-monitor", "holm-init"];
        double[] sizes = [.. programs.Select(p => new FileInfo(Repository.Out(p)).Length / 1e6)];
        report.Add(new Line("size", "holm", "MB", [sizes[0]]));
        report.Add(new Line("size", "holmd", "MB", [sizes[1]]));
        report.Add(new Line("size", "holm-launch", "MB", [sizes[2]]));
        report.Add(new Line("size", "holm-monitor", "MB", [sizes[3]]));
        report.Add(new Line("size", "holm-init", "MB", [sizes[4]]));
        report.Add(new Line("size", "holm + holmd + holm-launch", "MB", [sizes[..3].Sum()], AtMost: 30));
        return Task.CompletedTask;
    }
}
