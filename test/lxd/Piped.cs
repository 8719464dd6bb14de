using System.Diagnostics;

namespace Tests.Lxd;

/// <summary>Programs whose streams are pipes.</summary>
public static class Piped
{
    /// <summary>Starts a program and leaves it running.</summary>
    /// <param name="program">Its path, or its name on PATH.</param>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="environment">What it has beside the environment of this process.</param>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in environment)
            info.Environment[key] = value;
        return Process.Start(info)!;
    }
}
