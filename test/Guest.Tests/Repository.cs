using System.Diagnostics;

namespace Guest.Tests;

/// <summary>The folder this test was built from, and ordinary programs run from it.</summary>
public static class Repository
{
    /// <summary>The folder that holds Holm.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Runs a program to its end and returns what it wrote on standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed, or was not done by the deadline; holds its standard error.</exception>
    public static async Task<string> Run(TimeSpan deadline, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var late = new CancellationTokenSource(deadline);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} was not done after {deadline.TotalSeconds} s: {await errors}");
        }
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Holm.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"no Holm.slnx above {AppContext.BaseDirectory}");
    }
}
