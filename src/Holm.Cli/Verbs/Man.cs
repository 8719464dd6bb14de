using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm man</c></summary>
internal static class Man
{
    public static Verb Build() => new("man", "print the man page (troff)")
    {
        Examples = ["holm man | man -l -"],
        Run = (line, caller) =>
        {
            caller.Screen.Line(ManPage.Render((Verb)line.RootCommandResult.Command).TrimEnd('\n'));
            return ExitCodes.Ok;
        },
    };
}
