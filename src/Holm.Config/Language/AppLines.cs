using System.Globalization;
using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>The lines in an app that a profile does not have.</summary>
internal static class AppLines
{
    public static IReadOnlyList<Line> All { get; } =
    [
        In("image IMAGE:image", "take another image at the next start",
            (draft, a) => draft.With(draft.App with { Image = ObjectLines.Checked(draft, draft.App.Name, a.Of("image")) })),
        In("profile NAME:profile", "take keys and devices from a profile, too; the first one named in a new app takes default's place",
            AddProfile),
        In("no profile [NAME:profile]", "take nothing more from a profile, or from any", RemoveProfile),
        In("ephemeral", "delete the app as it stops", (draft, _) => draft.With(draft.App with { Ephemeral = true })),
        In("no ephemeral", "keep the app when it stops", (draft, _) => draft.With(draft.App with { Ephemeral = false })),
        In("created TIME:time", "when the app was made; written by the node", Created),
        In("bare", "forget all keys, devices and profiles, also those of a new app", Bare),
    ];

    private static Line In(string syntax, string help, Func<Draft, Arguments, Draft> apply) => new(PlaceKind.App, syntax, help, apply);

    private static Draft AddProfile(Draft draft, Arguments arguments)
    {
        var (app, name) = (draft.App, arguments.Of("profile"));
        if (draft.Interactive && !draft.Document.Profiles.ContainsKey(name))
            throw new Refusal(404, $"app {app.Name}: there is no profile {Names.Show(name)}; there are " +
                string.Join(", ", draft.Document.Profiles.Keys));
        var named = draft.Place.Fresh ? [] : app.Profiles;
        return NoMoreFresh(draft.With(app with { Profiles = named.Contains(name) ? named : named.Add(name) }));
    }

    private static Draft RemoveProfile(Draft draft, Arguments arguments)
    {
        var app = draft.App;
        if (arguments["profile"] is not { } name)
            return NoMoreFresh(draft.With(app with { Profiles = [] }));
        return app.Profiles.Contains(name) ? NoMoreFresh(draft.With(app with { Profiles = app.Profiles.Remove(name) }))
            : throw new Refusal(404, $"app {app.Name} has no profile {Names.Show(name)}; {ObjectLines.There("it has", app.Profiles,
                "it has none")}");
    }

    private static Draft NoMoreFresh(Draft draft) => draft.Leave().Enter(draft.Place with { Fresh = false });

    private static Draft Created(Draft draft, Arguments arguments) =>
        DateTimeOffset.TryParseExact(arguments.Of("time"), "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? draft.With(draft.App with { CreatedAt = at.ToUniversalTime() })
            : throw new Refusal(400, $"{Names.Show(arguments.Of("time"))} is no time such as 2026-11-23T08:00:00.0000000Z");

    private static Draft Bare(Draft draft, Arguments arguments)
    {
        var app = draft.App;
        return draft.With(new InstanceConfig
        {
            Name = app.Name,
            Image = app.Image,
            CreatedAt = app.CreatedAt,
            Config = app.Config.RemoveRange(app.Config.Keys.Where(k => !k.StartsWith("volatile.", StringComparison.Ordinal))),
        }).Leave().Enter(draft.Place with { Fresh = true });
    }
}
