namespace Holm.Config.Language;

/// <summary>The lines in a managed network.</summary>
internal static class NetworkLines
{
    public static IReadOnlyList<Line> All { get; } =
    [
        In("description TEXT:text...", "free text for people", PartLines.Describe),
        In("no description", "no text", (draft, _) => draft.Describe("")),
        In("config KEY:networkkey VALUE:value", "set a key", Set),
        In("no config KEY:networkkey", "unset a key", (draft, a) => draft.Unset(a.Of("networkkey"))),
        In("end", "go one level up", End),
    ];

    private static Line In(string syntax, string help, Func<Draft, Arguments, Draft> apply) => new(PlaceKind.Network, syntax, help, apply);

    private static Draft Set(Draft draft, Arguments arguments)
    {
        var (key, value) = (arguments.Of("networkkey"), arguments.Of("value"));
        Keys.CheckText($"network {draft.Network.Name}: {Names.Show(key)}", value);
        // What hangs together is checked at the end, so that the order of lines does not matter.
        if (!AddressPlan.Keys.Contains(key))
        {
            var alone = draft.Network with { Config = Maps.Of((key, value)) };
            alone.CheckKey(key, value);
            if (alone.IsBridge)
                alone.Check();
        }
        return draft.With(draft.Config.SetItem(key, value));
    }

    private static Draft End(Draft draft, Arguments arguments)
    {
        draft.Network.Check();
        return draft.Leave();
    }
}
