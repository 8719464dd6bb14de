using System.Diagnostics;
using System.Globalization;
using Tests.Lxd;

namespace Bench;

/// <summary>Milliseconds of things.</summary>
internal static class Clock
{
    /// <summary>Of something in this process.</summary>
    public static async Task<double> Of(Func<Task> work)
    {
        var begin = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    /// <summary>Of a program, from its spawn to its end, measured by bench/peers/timed.c: starting one from .NET costs too much.</summary>
    public static Task<double> Program(IReadOnlyDictionary<string, string> environment, string program, params string[] arguments) =>
        In(null, environment, program, arguments);

    /// <summary>The same in a network namespace.</summary>
    public static Task<double> In(
        string? host, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments) =>
        By(host, "timed", environment, program, arguments);

    /// <summary>Of a program on a terminal, from its spawn to its prompt, measured by bench/peers/prompt.c.</summary>
    public static Task<double> Prompt(IReadOnlyDictionary<string, string> environment, string program) =>
        By(null, "prompt", environment, program);

    private static async Task<double> By(
        string? host, string peer, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        string[] words = [.. Netspace.Into(host), Repository.Peer(peer), program, .. arguments];
        using var process = Piped.Start(words[0], words[1..], environment);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (await output).Split(' ', '\n') is [var nanoseconds, "0", ..]
            ? double.Parse(nanoseconds, CultureInfo.InvariantCulture) / 1e6
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
    }

    /// <summary>
    /// Measures several things in turn, A B C A B C, so that a machine that is now slow, now fast is so for all of them; the first
    /// rounds warm up and are not counted.
    /// </summary>
    public static async Task<double[][]> InTurn(int rounds, params Func<Task<double>>[] things)
    {
        const int warmUp = 3;
        var values = things.Select(_ => new List<double>()).ToArray();
        for (var round = -warmUp; round < rounds; round++)
            for (var i = 0; i < things.Length; i++)
                if (await things[i]() is var value && round >= 0)
                    values[i].Add(value);
        return [.. values.Select(v => v.ToArray())];
    }
}
