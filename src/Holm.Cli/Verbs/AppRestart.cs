using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app restart NAME…</c></summary>
internal static class AppRestart
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "names of apps", LiveNames.Instances, least: 0);
        var all = AppState.All();
        var timeout = AppState.Timeout();
        var force = AppState.Force();
        return new("restart", "stop apps and start them again", names, all, timeout, force)
        {
            More = "An app that follows an image alias starts with the image that the alias names now.",
            Examples = ["holm app restart web"],
            Run = (line, caller) => AppState.Change(line, caller, names, all, "restarting", new()
            {
                Action = "restart",
                Timeout = Parts.Number(line.GetValue(timeout), "--timeout", -1, 0, 86400),
                ThenKill = true,
                Force = line.GetValue(force),
            }),
        };
    }
}
