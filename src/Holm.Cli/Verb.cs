using System.CommandLine;
using Holm.Cli.Help;

namespace Holm.Cli;

/// <summary>What runs when a verb is called; gives the exit code.</summary>
internal delegate int Act(ParseResult line, Caller caller);

/// <summary>
/// One node of the command tree: a group of verbs (no <see cref="Run"/>) or a verb. Parser, help, man page and completion all read it.
/// </summary>
internal sealed class Verb : Command
{
    /// <summary>Makes it.</summary>
    /// <param name="name">The word.</param>
    /// <param name="description">A phrase for lists: lower case, no full stop.</param>
    /// <param name="parts">Arguments, options and verbs below, in the order of the help.</param>
    public Verb(string name, string description, params Symbol[] parts) : base(name, description)
    {
        foreach (var part in parts)
            switch (part)
            {
                case Argument argument: Arguments.Add(argument); break;
                case Option option: Options.Add(option); break;
                case Command command: Subcommands.Add(command); break;
            }
    }

    /// <summary>More about it, in sentences; paragraphs are separated by an empty line.</summary>
    public string More { get; init; } = "";

    /// <summary>Lines to try.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Keys that the help lists.</summary>
    public IReadOnlyList<KeyTable> Keys { get; init; } = [];

    /// <summary>True for words of WeOS: the console takes them first where an abbreviation could mean another verb as well.</summary>
    public bool Own { get; set; }

    /// <summary>The work; null for a group.</summary>
    public Act? Run
    {
        get;
        init
        {
            field = value;
            // Without an action the parser holds a verb with verbs below for unfinished. It is never invoked.
            SetAction(_ => 0);
        }
    }
}

/// <summary>The command line is wrong: exit code 2, with a pointer to the help.</summary>
internal sealed class UsageError(string message) : Exception(message);
