using Holm.Images;
using Holm.Linux.Processes;

namespace Holm.Node.Instances;

/// <summary>From an image's own words to what runs; OCI image specification 1.1, config.md and conversion.md. Pure.</summary>
public static class OciProcess
{
    /// <summary>What an image runs when nothing else is said.</summary>
    public static ProcessSpec Of(StoredImage image)
    {
        var said = image.Oci?.ConfigDocument.Config;
        return new ProcessSpec
        {
            Arguments = [.. said?.Entrypoint ?? [], .. said?.Cmd ?? []],
            Environment = EnvironmentOf(said?.Env ?? []),
            Folder = said?.WorkingDir is { Length: > 0 } folder && folder.StartsWith('/') ? folder : "/",
            User = said?.User ?? "",
            Volumes = [.. (said?.Volumes?.Keys ?? []).Where(v => v.StartsWith('/') && !v.Contains('\0', StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)],
            StopSignal = Signals.Parse(said?.StopSignal ?? "") ?? Signals.SIGTERM,
        };
    }

    /// <summary>Variables by name, the last of two that have one; an entry without a name or an equals sign is none.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(IEnumerable<string> entries)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = SpecReader.DefaultPath };
        foreach (var entry in entries)
            if (entry.IndexOf('=', StringComparison.Ordinal) is > 0 and var end && !entry.Contains('\0', StringComparison.Ordinal))
                variables[entry[..end]] = entry[(end + 1)..];
        return variables;
    }
}
