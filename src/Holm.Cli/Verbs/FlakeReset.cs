using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake reset NAME…</c></summary>
internal static class FlakeReset
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "names of flakes, or the path of a flake's only command", LiveNames.Flakes);
        return new("reset", "end what is kept of flakes between calls", names)
        {
            More = "A flake that was registered with --resume keeps its container; the next call then begins with a new one. "
                + "Where nothing is kept, nothing happens.",
            Examples = ["holm flake reset joe"],
            Run = (line, caller) => caller.Each(
                [.. line.GetRequiredValue(names).Select(n => n.StartsWith('/') ? FlakeRemove.Of(caller, n, force: false)! : n)],
                "resetting", name => caller.Node.Ask("POST", $"{Names.Flake(name)}/reset", deadline: TimeSpan.FromMinutes(2))),
        };
    }
}
