using Holm.Cli.Console;

namespace Holm.Cli.Verbs;

/// <summary><c>holm show running-config</c> and <c>holm show startup-config</c></summary>
internal static class ShowConfiguration
{
    public static Verb Running() => Build("running-config", "print the configuration that holds now",
        NodeConfiguration.Running,
        "What it prints can be pasted after configure, or be read by copy FILE running-config.");

    public static Verb Startup() => Build("startup-config", "print the configuration that the device starts with",
        NodeConfiguration.Startup,
        "It was saved last by copy running-config startup-config, or by a change through another door.");

    private static Verb Build(string name, string description, Func<Wire.Node, string> read, string more) => new(name, description)
    {
        Own = true,
        More = more,
        Examples = [$"holm show {name}"],
        Run = (_, caller) =>
        {
            // It is made of quoted words: no control character is in it but line ends.
            if (read(caller.Node).TrimEnd('\n') is { Length: > 0 } text)
                caller.Screen.Line(Output.Visible.Lines(text));
            return ExitCodes.Ok;
        },
    };
}
