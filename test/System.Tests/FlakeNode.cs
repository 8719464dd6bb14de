using System.Diagnostics;
using System.Text.Json;

namespace System.Tests;

/// <summary>
/// A node with the image of <c>test/images/busybox-oci.sh</c> as <c>busybox</c>, and a folder on PATH for its flakes.
/// </summary>
public sealed class FlakeNode : IAsyncDisposable
{
    private FlakeNode(TestNode node) => Node = node;

    /// <summary>The node.</summary>
    public TestNode Node { get; }

    /// <summary>Folder of the commands.</summary>
    public string Commands => Path.Combine(Node.State, "commands");

    /// <summary>The image, built once.</summary>
    public static Lazy<Task<string>> Image { get; } = new(async () =>
    {
        var path = Path.Combine(TestNode.Programs, "busybox-oci.tar");
        var script = Path.Combine(TestNode.Programs, "../test/images/busybox-oci.sh");
        if (!File.Exists(path) || File.GetLastWriteTimeUtc(path) < File.GetLastWriteTimeUtc(script))
            (await Shell.Run(script, [path])).Well();
        return path;
    });

    /// <summary>Starts one.</summary>
    public static async Task<FlakeNode> Start(bool ownHost = false, string? resolver = null)
    {
        var image = await Image.Value;
        var flakes = new FlakeNode(await TestNode.Start(withSample: false, ownHost, resolver));
        (await flakes.Node.Holm("load", image, "--alias", "busybox")).Well();
        Directory.CreateDirectory(flakes.Commands);
        return flakes;
    }

    /// <summary>Registers a flake of the image, with a command of its name.</summary>
    public async Task Register(string name, params string[] options) => (await Node.Holm(
        ["flake", "register", name, "--image", "busybox", "--app", Path.Combine(Commands, name), .. options])).Well();

    /// <summary>What makes a shell find the commands, and them this node.</summary>
    public Dictionary<string, string> Environment => new(Node.Environment)
    {
        ["PATH"] = $"{Commands}:/usr/sbin:/usr/bin:/sbin:/bin",
    };

    /// <summary>Runs a line of bash in which the commands are on PATH.</summary>
    public Task<Ran> Bash(string line, string? input = null) => Native(line, Environment, input);

    /// <summary>The same where they are not; with SIGPIPE as a login shell has it, which .NET ignores.</summary>
    public static Task<Ran> Native(string line, IReadOnlyDictionary<string, string> environment, string? input = null) =>
        Shell.Run("/usr/bin/env", ["--default-signal=PIPE", "/bin/bash", "-c", line], environment, input);

    /// <summary>An interactive bash on a terminal in which the commands are on PATH; its prompt is <c>host&gt; </c>.</summary>
    public async Task<TypedTerminal> Terminal()
    {
        var terminal = new TypedTerminal(Shell.Start("script", ["-qfc", "/bin/bash --norc --noediting -i", "/dev/null"], Environment));
        await terminal.Types("PS1='host> '\n", "host> ");
        return terminal;
    }

    /// <summary>Starts a command and leaves it running.</summary>
    public Process Begin(string command, params string[] arguments) =>
        Shell.Start(Path.Combine(Commands, command), arguments, Environment);

    /// <summary>Names of the instances there are.</summary>
    public async Task<IReadOnlyList<string>> Instances() =>
        [.. (await Node.Holm("list", "--format", "csv")).Well().Out.Split('\n')[1..].Select(l => l.Split(',')[0]).Where(n => n.Length > 0)];

    private async Task<IEnumerable<string>> Launched()
    {
        using var all = JsonDocument.Parse((await Node.Holm("list", "--format", "json")).Well().Out);
        return [.. all.RootElement.EnumerateArray().Where(i => i.GetProperty("ephemeral").GetBoolean())
            .Select(i => i.GetProperty("name").GetString()!)];
    }

    /// <summary>Waits until no instance is left.</summary>
    public Task NoneLeft() => Shell.Until("no instance is left", async () => (await Instances()).Count == 0, 30);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Shell.Sh($"for f in {Commands}/*; do test -h $f && rm $f; done; true");
        if (await Node.Listener() is null)
            await Node.StartDaemon();
        foreach (var name in await Launched())
            await Node.Holm("app", "stop", "--force", name);
        await Shell.Until("launches have ended", async () => !(await Launched()).Any());
        await Node.DisposeAsync();
    }
}
