using Tests.Lxd;

namespace Bench;

/// <summary>Network namespaces by name, so that the machine's own network is not touched. Disposing it deletes it.</summary>
internal sealed class Netspace : IAsyncDisposable
{
    private const string Nsenter = "/usr/bin/nsenter";

    private Netspace(string name) => Name = name;

    /// <summary>Its name, as ip-netns(8) knows it.</summary>
    public string Name { get; }

    /// <summary>Makes one.</summary>
    public static async Task<Netspace> Make()
    {
        var name = $"holm-bench-{Guid.NewGuid().ToString("N")[..8]}";
        await Run("/bin/sh", "-c", $"ip netns add {name} && ip -n {name} link set lo up");
        return new Netspace(name);
    }

    /// <summary>Words before a command that put it into a namespace; none for the machine's own.</summary>
    public static string[] Into(string? name) => name is null ? [] : [Nsenter, $"--net=/run/netns/{name}"];

    /// <summary>The same for the network of a process.</summary>
    public static string[] IntoThatOf(int pid) => [Nsenter, $"--net=/proc/{pid}/ns/net"];

    /// <summary>Runs a line of shell in it.</summary>
    public Task<string> Sh(string line) => Run([.. Into(Name), "/bin/sh", "-c", line]);

    /// <summary>Runs a program to a good end; its output.</summary>
    public static async Task<string> Run(params string[] words)
    {
        using var process = Piped.Start(words[0], words[1..], new Dictionary<string, string>());
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output
            : throw new InvalidOperationException($"{string.Join(' ', words)}: {process.ExitCode}\n{await output}{await errors}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Run("/bin/sh", "-c", $"ip netns delete {Name}");
}
