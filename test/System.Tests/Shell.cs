using System.Diagnostics;
using Tests.Lxd;

namespace System.Tests;

/// <summary>How a program ended and what it said.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Err">Standard error.</param>
public sealed record Ran(int Code, string Out, string Err)
{
    /// <summary>Fails the test, with everything that was said, unless the program ended well.</summary>
    public Ran Well()
    {
        Assert.True(Code == 0, $"exit code {Code}\n{Out}\n{Err}");
        return this;
    }
}

/// <summary>Runs programs.</summary>
public static class Shell
{
    /// <summary>The longest any program of a test may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Ran> Run(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string,
        string>? environment = null, string? input = null)
    {
        using var process = Start(program, arguments, environment);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Deadline}");
        }
        return new Ran(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs a line of shell.</summary>
    public static Task<Ran> Sh(string line) => Run("/bin/sh", ["-c", line]);

    /// <summary>Starts a program and leaves it running; its streams are pipes.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Piped.Start(program, arguments, environment ?? new Dictionary<string, string>());

    /// <summary>Looks again until something holds; fails at the deadline with what it was.</summary>
    public static async Task Until(string what, Func<Task<bool>> holds, int seconds = 60)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(seconds); DateTime.UtcNow < deadline; await Task.Delay(50))
            if (await holds())
                return;
        Assert.Fail($"not within {seconds} s: {what}");
    }
}
