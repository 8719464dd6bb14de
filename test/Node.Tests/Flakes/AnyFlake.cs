using System.Text.Json;
using Holm.Contract;
using Holm.Node.Flakes;

namespace Node.Tests.Flakes;

/// <summary>Flakes of the tests.</summary>
internal static class AnyFlake
{
    public static Flake Of(string name, params string[] commands) => new()
    {
        Name = name,
        Image = "docker.io/amazon/aws-cli:latest",
        Commands = commands.ToDictionary(c => c, _ => "/"),
    };

    /// <summary>Every member is another than usual, and words are hard to write.</summary>
    public static Flake Full { get; } = new()
    {
        Name = "full",
        Image = "registry.example:5000/a/b:1.0@sha256:00",
        Base = "base",
        Layers = ["one", "two"],
        IncludeTar = ["/srv/a b.tar"],
        IncludePath = ["/etc/pki", "/opt/it's \"so\": #yes"],
        HostDependencies = true,
        Commands = new Dictionary<string, string> { ["/usr/bin/aws"] = "/", ["/usr/bin/aws_completer"] = "/opt/c" },
        Life = "resume",
        Network = "none",
        ShareCwd = true,
        ShareHome = true,
        User = "1000:users",
        WorkingDirectory = "/srv",
        Memory = "25%",
        Cpus = "0-1",
        HostName = "h",
        Arguments = ["-v", "-v", "", "true", "~", "null", "1", "- x", "a: b", "é\t\n\\ \"", "%", "no", " pad ", "&x", "*y", "!z",
            "\u2028"],
        Environment = new Dictionary<string, string> { ["A.b"] = "", ["LANG"] = "yes", ["N"] = "0x10" },
        Pass = ["AWS_*", "TERM"],
        Mounts = [new FlakeMount { Source = "/srv", Path = "/mnt", ReadOnly = true }, new FlakeMount { Source = "/a", Path = "/b" }],
        Tmpfs = ["/tmp"],
        Without = ["hosts"],
        PilotOptions = ["%interactive", "%ignore_sync_error"],
        Allow = ["anna", "@users", "*"],
    };

    public static string Json(Flake flake) => JsonSerializer.Serialize(flake, ContractJson.Default.Flake);

    /// <summary>A store over this folder whose flakes run as the set says.</summary>
    public static FlakeStore Store(ScratchFolder folder, params string[] running) =>
        new(Folder(folder), Launcher(folder), running.Contains);

    public static string Folder(ScratchFolder folder) => Path.Combine(folder.State, "flakes");

    public static string Launcher(ScratchFolder folder) => Path.Combine(folder.Root, "holm-launch");
}
