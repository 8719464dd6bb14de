namespace Holm.Cli.Verbs;

/// <summary><c>holm config set NAME KEY=VALUE…</c>, <c>holm profile set …</c></summary>
internal static class KeySet
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var keys = Parts.Some("KEY=VALUE", "config keys, LXD's names", target.Keys.Live);
        return new("set", "set config keys", name, keys)
        {
            More = "All keys are checked first and set together. A key that the node does not know is refused by name. "
                + target.Felt,
            Keys = [target.Keys],
            Examples = [$"{target.Words} set {target.Sample} {string.Join(' ', target.SampleKeys)}"],
            Run = (line, caller) =>
            {
                var pairs = Names.Pairs(line.GetRequiredValue(keys));
                if (pairs.FirstOrDefault(p => p.Value.Length == 0).Key is { } empty)
                    throw new UsageError($"'{empty}=' sets nothing; to take the key away: {target.Words} unset {line.GetValue(name)} "
                        + $"{empty}");
                return target.ChangeKeys(caller, line.GetRequiredValue(name), pairs);
            },
        };
    }
}
