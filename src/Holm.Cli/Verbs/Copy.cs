using System.Text;
using Holm.Cli.Console;
using Holm.Cli.Help;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Cli.Verbs;

/// <summary><c>holm copy FROM TO</c>: a configuration from one place to another.</summary>
internal static class Copy
{
    private const string Running = "running-config", Startup = "startup-config", Factory = "factory-config";
    private const int LongestFile = 16 * 1024 * 1024;

    /// <summary>Makes it, under its name or another.</summary>
    public static Verb Build(string name = "copy")
    {
        var from = Parts.One("FROM", "running-config, startup-config, factory-config or a file", LiveNames.Configurations);
        var to = Parts.One("TO", "running-config, startup-config or a file", LiveNames.Configurations);
        return new(name, "save, keep or bring back a configuration", from, to)
        {
            Own = true,
            More = "running-config is what holds now, startup-config what the device starts with, factory-config what it had at first. "
                + "To running-config, all apps, profiles and networks of this node are replaced: what is not in the copy is stopped and "
                + "removed, what an app wrote into pool default is kept. usb://NAME is /usb/NAME.",
            Examples = ["holm copy running-config startup-config", "holm copy running-config usb://config/net-config.cfg",
                "holm copy factory-config running-config"],
            Run = (line, caller) => Run(caller, Place(line.GetRequiredValue(from)), Place(line.GetRequiredValue(to))),
        };
    }

    /// <summary>Saves what holds now.</summary>
    public static int Save(Caller caller) => Run(caller, Running, Startup);

    private static int Run(Caller caller, string from, string to)
    {
        if (from == to)
            throw new UsageError($"{from} cannot be copied to itself");
        Action copy = (from, to) switch
        {
            (_, Factory) => throw new UsageError($"{Factory} cannot be written"),
            (Running, Startup) => () => NodeConfiguration.Save(caller.Node),
            (_, Running) => () => NodeConfiguration.Replace(caller, Read(caller, from)),
            (_, Startup) => () => NodeConfiguration.ReplaceStartup(caller.Node, Read(caller, from)),
            _ => () => Write(to, Read(caller, from)),
        };
        caller.Screen.Line($"Copying {from} to {to} ...");
        copy();
        caller.Screen.Line("Done.");
        return ExitCodes.Ok;
    }

    // The beginning of a configuration's name stands for it; a file of such a name is ./NAME.
    private static string Place(string word) =>
        Abbreviations.Pick(word, [Running, Startup, Factory], [])
        ?? (word.StartsWith("usb://", StringComparison.Ordinal) ? $"/usb/{word[6..].TrimStart('/')}" : word);

    private static string Read(Caller caller, string from)
    {
        switch (from)
        {
            case Running:
                return NodeConfiguration.Running(caller.Node);
            case Startup:
                return NodeConfiguration.Startup(caller.Node);
            case Factory:
                return Config.ConfigText.Write(Config.Document.Initial);
        }
        using var file = Fd.Open(from, OpenFlags.O_RDONLY);
        var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int count; (count = file.TryRead(buffer)) != 0;)
        {
            if (count < 0)
                throw new LinuxException($"read {from}", -count);
            text.Write(buffer, 0, count);
            if (text.Length > LongestFile)
                throw new Refusal(400, $"{from} holds more than {LongestFile / 1024 / 1024} MiB; that is no configuration");
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    // It may hold secrets: environment variables of apps.
    private static void Write(string path, string text)
    {
        // A rename over /dev/null or a pipe would put a file in its place.
        if (Path.Exists(path) && !FileStat.Of(path).IsRegular)
            throw new Refusal(400, $"{path} is no regular file");
        Durable.Write(Path.GetFullPath(path), Encoding.UTF8.GetBytes(text));
    }
}
