namespace Holm.Cli.Verbs;

/// <summary><c>holm config unset NAME KEY…</c>, <c>holm profile unset …</c></summary>
internal static class KeyUnset
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var keys = Parts.Some("KEY", "config keys", target.Keys.Live);
        return new("unset", "take config keys away", name, keys)
        {
            Examples = [$"{target.Words} unset {target.Sample} {target.SampleKey}"],
            Run = (line, caller) => target.ChangeKeys(caller, line.GetRequiredValue(name),
                line.GetRequiredValue(keys).Distinct().ToDictionary(key => key, _ => "")),
        };
    }
}
