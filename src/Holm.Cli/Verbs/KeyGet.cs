using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config get NAME KEY</c>, <c>holm profile get …</c></summary>
internal static class KeyGet
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var key = Parts.One("KEY", "config key", LiveNames.Keys);
        return new("get", "print the value of a config key", name, key)
        {
            More = "Prints nothing and ends with 1 when the key is not set"
                + (target == Target.App ? " on the app itself or by its profiles." : "."),
            Examples = [$"{target.Words} get web limits.memory"],
            Run = (line, caller) =>
            {
                var answer = caller.Node.Ask("GET", target.Url(line.GetRequiredValue(name)));
                var wanted = line.GetRequiredValue(key);
                var found = target == Target.App
                    ? answer.As(ContractJson.Default.Instance) is var app && app.Config.TryGetValue(wanted, out var own) ? own
                        : app.ExpandedConfig.GetValueOrDefault(wanted)
                    : answer.As(ContractJson.Default.Profile).Config.GetValueOrDefault(wanted);
                if (found is null)
                    return ExitCodes.Failed;
                caller.Screen.Line(Visible.Line(found));
                return ExitCodes.Ok;
            },
        };
    }
}
