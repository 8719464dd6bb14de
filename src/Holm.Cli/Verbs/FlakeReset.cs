using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake reset NAME…</c></summary>
internal static class FlakeReset
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "names of flakes, or the path of a flake's only command", LiveNames.Flakes);
        var instance = Parts.Value("--instance", "[@]NAME", "only what was called by this @NAME");
        return new("reset", "end what is kept of flakes between calls", names, instance)
        {
            More = "A flake that was registered with --resume keeps its container; the next call then begins with a new one. "
                + "Where nothing is kept, nothing happens.",
            Examples = ["holm flake reset joe", "holm flake reset joe --instance @work"],
            Run = (line, caller) =>
            {
                var called = line.GetValue(instance) is { } said ? "?instance=" + Uri.EscapeDataString(Called(said)) : "";
                return caller.Each(
                    [.. line.GetRequiredValue(names).Select(n => n.StartsWith('/') ? FlakeRemove.Of(caller, n, force: false)! : n)],
                    "resetting",
                    name => caller.Node.Ask("POST", $"{Names.Flake(name)}/reset{called}", deadline: TimeSpan.FromMinutes(2)));
            },
        };
    }

    private static string Called(string said) => said.TrimStart('@') is { Length: > 0 } name ? name
        : throw new UsageError("--instance wants the NAME of a call's @NAME");
}
