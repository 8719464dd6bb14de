using System.Globalization;
using System.Text.Json;

namespace Bench;

/// <summary>A line of the report.</summary>
/// <param name="Bench">The bench.</param>
/// <param name="What">What was measured.</param>
/// <param name="Unit"><c>ms</c>, <c>MB</c> (10^6 bytes), <c>Gbit/s</c>, <c>×</c> or <c>-</c>.</param>
/// <param name="Values">Every value; empty: not measured, and <paramref name="Note"/> says why.</param>
/// <param name="AtMost">What is promised of the median; null: for information.</param>
/// <param name="Note">A remark.</param>
/// <param name="AtLeast">What is promised of the median where more is better; null: nothing.</param>
internal sealed record Line(
    string Bench, string What, string Unit, IReadOnlyList<double> Values, double? AtMost = null, string Note = "", double? AtLeast = null)
{
    public double Median => Statistics.Median(Values);

    public bool? Kept => (AtMost ?? AtLeast) is null || Values.Count == 0 ? null
        : !(Median > AtMost) && !(Median < AtLeast);
}

/// <summary>The middle of things.</summary>
internal static class Statistics
{
    public static double Median(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return double.NaN;
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Collects lines, prints each as it comes, and writes artifacts/bench.json at the end.</summary>
internal sealed class Report
{
    private readonly List<Line> _lines = [];

    /// <summary>Adds a line.</summary>
    public void Add(Line line)
    {
        if (_lines.Count == 0)
            Print("bench", "what", "median", "min – max", "n", "promise", "");
        _lines.Add(line);
        if (line.Values.Count == 0)
        {
            Print(line.Bench, line.What, "-", "", "", "", line.Note);
            return;
        }
        var kept = line.Kept == true ? "kept" : "MISSED";
        var promise = line.AtMost is { } most ? $"≤ {Number(most)} {kept}" : line.AtLeast is { } least ? $"≥ {Number(least)} {kept}" : "";
        var span = line.Values.Count <= 1 ? "" : $"{Number(line.Values.Min())} – {Number(line.Values.Max())}";
        var count = line.Values.Count.ToString(CultureInfo.InvariantCulture);
        Print(line.Bench, line.What, $"{Number(line.Median)} {line.Unit}", span, count, promise, line.Note);
    }

    /// <summary>Adds the values of something and, by medians, how many times another's they are.</summary>
    public void Compare(
        string bench, string what, IReadOnlyList<double> values, string than, IReadOnlyList<double> others, double? atMost,
        double? atLeast = null) =>
        Add(new Line(
            bench, $"{what} / {than}", "×", [Statistics.Median(values) / Statistics.Median(others)], atMost, AtLeast: atLeast));

    /// <summary>Writes the file.</summary>
    public string Write()
    {
        var path = Path.Combine(Repository.Root, "artifacts", "bench.json");
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("kernel", File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteStartArray("lines");
        foreach (var line in _lines)
            WriteLine(json, line);
        json.WriteEndArray();
        json.WriteEndObject();
        return path;
    }

    private static void WriteLine(Utf8JsonWriter json, Line line)
    {
        json.WriteStartObject();
        json.WriteString("bench", line.Bench);
        json.WriteString("what", line.What);
        json.WriteString("unit", line.Unit);
        if (line.Values.Count > 0)
        {
            json.WriteNumber("median", line.Median);
            json.WriteNumber("min", line.Values.Min());
            json.WriteNumber("max", line.Values.Max());
            json.WriteNumber("n", line.Values.Count);
        }
        if (line.AtMost is { } most)
            json.WriteNumber("atMost", most);
        if (line.AtLeast is { } least)
            json.WriteNumber("atLeast", least);
        if (line.Kept is { } kept)
            json.WriteBoolean("kept", kept);
        if (line.Note.Length > 0)
            json.WriteString("note", line.Note);
        json.WriteEndObject();
    }

    private static void Print(string bench, string what, string median, string span, string count, string promise, string note) =>
        Console.WriteLine($"{bench,-11}{what,-52}{median,12}  {span,-20}{count,5}  {promise,-16} {note}".TrimEnd());

    private static string Number(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}
