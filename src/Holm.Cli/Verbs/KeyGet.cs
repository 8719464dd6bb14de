using Holm.Cli.Output;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config get NAME KEY</c>, <c>holm profile get …</c></summary>
internal static class KeyGet
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var key = Parts.One("KEY", "config key", target.Keys.Live);
        return new("get", "print the value of a config key", name, key)
        {
            More = "Prints nothing and ends with 1 when the key is not set"
                + (target.Expands ? " on the app itself or by its profiles." : "."),
            Examples = [$"{target.Words} get {target.Sample} {target.SampleKey}"],
            Run = (line, caller) =>
            {
                var answer = caller.Node.Ask("GET", target.Url(line.GetRequiredValue(name)));
                if (target.Value(answer, line.GetRequiredValue(key)) is not { } found)
                    return ExitCodes.Failed;
                caller.Screen.Line(Visible.Line(found));
                return ExitCodes.Ok;
            },
        };
    }
}
