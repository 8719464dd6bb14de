using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm app delete NAME…</c></summary>
internal static class AppDelete
{
    public static Verb Build()
    {
        var names = Parts.Apps();
        var force = Parts.Switch("--force", "stop a running app first, by killing it");
        return new("delete", "delete apps and what they wrote", names, force)
        {
            More = "A running app is refused, unless --force.",
            Examples = ["holm app delete web", "holm app delete --force web db"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(names), "deleting", name =>
            {
                var app = caller.Node.Get(Names.Instance(name), ContractJson.Default.Instance);
                var active = app.StatusCode is not (int)StatusCode.Stopped and not (int)StatusCode.Error;
                var stop = new InstanceStatePut { Action = "stop", Force = true };
                // One that is ephemeral is gone with its stop.
                if (line.GetValue(force) && active && app.Ephemeral)
                    return AppState.Send(caller.Node, name, stop);
                if (line.GetValue(force) && active)
                    caller.Finish(AppState.Send(caller.Node, name, stop), $"stopping {name}");
                return caller.Node.Ask("DELETE", Names.Instance(name));
            }),
        };
    }
}
