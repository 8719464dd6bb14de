using System.CommandLine;
using Holm.Cli.Streams;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app attach NAME</c></summary>
internal static class AppAttach
{
    private static readonly Argument<string> Name = Parts.App();
    private static readonly Option<string?> Escape =
        Parts.Value("--escape", "KEY", "the key that leads out, ^a to ^z, or none (standard: ^p)");
    private static readonly Option<bool> ReadOnly = Parts.Switch("--read-only", "only watch; nothing typed reaches the app");
    private static readonly Option<bool> Force = Parts.Switch("--force", "take the keyboard from whoever has it");

    public static Verb Build() => new("attach", "type on an app's console", Name, Escape, ReadOnly, Force)
    {
        More = "What the console said last comes first. Ctrl+p q (or Ctrl+p Ctrl+q) leaves the console, Ctrl+p Ctrl+p types Ctrl+p. "
            + "One person types, any number watch. Leaving does not touch the app.",
        Examples = ["holm app attach web", "holm app attach web --escape ^a"],
        Run = (line, caller) => ConsoleSession.Run(caller, line.GetRequiredValue(Name), EscapeOption.Parse(line.GetValue(Escape) ?? "^p"),
            new ConsolePost { Type = "console", ReadOnly = line.GetValue(ReadOnly), Force = line.GetValue(Force) }),
    };
}
