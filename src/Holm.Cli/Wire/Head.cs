using System.Globalization;

namespace Holm.Cli.Wire;

/// <summary>Status and headers of an answer.</summary>
internal sealed record Head(int Status, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Bytes of the body; null where not said, -1 where said wrongly.</summary>
    public long? Length { get; } = !Headers.TryGetValue("content-length", out var text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : -1;

    /// <summary>True when the body comes in chunks.</summary>
    public bool Chunked => Header("transfer-encoding").Contains("chunked", StringComparison.OrdinalIgnoreCase);

    /// <summary>True when the body is JSON, hence an envelope.</summary>
    public bool Json => Header("content-type").StartsWith("application/json", StringComparison.OrdinalIgnoreCase);

    /// <summary>A header's value, or empty.</summary>
    public string Header(string name) => Headers.GetValueOrDefault(name, "");

    /// <summary>Reads status line and header lines; null when they are none. RFC 9112, 4 and 5.</summary>
    public static Head? Parse(string text)
    {
        var lines = text.Split("\r\n");
        var first = lines[0].Split(' ', 3);
        if (first.Length < 2 || !first[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || first[1].Length != 3
            || !int.TryParse(first[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                return null;
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        return new(status, headers);
    }
}
