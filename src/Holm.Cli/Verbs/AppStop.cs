using Holm.Cli.Help;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app stop NAME…</c></summary>
internal static class AppStop
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "names of apps", LiveNames.Instances, least: 0);
        var all = AppState.All();
        var timeout = AppState.Timeout();
        var force = AppState.Force();
        return new("stop", "stop apps", names, all, timeout, force)
        {
            More = "The app's init gets the halt signal that its image asks for and may end its programs. "
                + "What does not end in time is killed. The app then stays stopped until it is started again.",
            Examples = ["holm app stop web", "holm app stop --force web db"],
            Run = (line, caller) => AppState.Change(line, caller, names, all, "stopping", new()
            {
                Action = "stop",
                Timeout = Parts.Number(line.GetValue(timeout), "--timeout", -1, 0, 86400),
                ThenKill = true,
                Force = line.GetValue(force),
            }),
        };
    }
}
