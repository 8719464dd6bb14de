using Holm.Cli.Verbs;

namespace Holm.Cli.Console;

/// <summary>The words of the top level: all verbs of the command line, and those that only a session knows.</summary>
internal static class ConsoleWords
{
    /// <summary>Makes their tree.</summary>
    public static Verb Build()
    {
        var root = Tree.Build();
        Verb[] more =
        [
            Copy.Build("cp"),
            new("repeat", "run a command every second, or every N, until a key is pressed", Rest("LINE", "[N] and the command", least: 1))
            {
                Own = true,
            },
            new("help", "say what can be typed", Rest("WORD", "the words of a command")) { Own = true },
            new("logout", "leave the console") { Own = true },
            new("exit", "leave the console") { Own = true },
        ];
        foreach (var verb in more)
            root.Subcommands.Add(verb);
        return root;
    }

    private static System.CommandLine.Argument<string[]> Rest(string name, string description, int least = 0) =>
        Parts.Some(name, description, least: least);
}
