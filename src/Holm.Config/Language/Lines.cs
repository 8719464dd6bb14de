using Holm.Contract;

namespace Holm.Config.Language;

// The configuration language, for those who speak it:
//
//   var draft = new Draft { Document = ConfigText.Read(text), Interactive = true, HasImage = name => ... };
//   draft = Lines.Apply(draft, Words.Split("app foo netbox"), abbreviate: true);      // a Refusal (400) says what is wrong
//   draft.Prompt                                                                      // config/app-foo/
//   Lines.After(draft, ["share"], abbreviate: true)                                   // what may follow: words, placeholders, help
//   Lines.At(draft.Place)                                                             // every line that may stand here, for help
//   draft.Offers(placeholder)                                                         // names that the document knows for a placeholder
//   ConfigText.Block(draft.Document, "app foo")                                       // the text of one object; "" when it is not there
//
// Whoever has lines of other kinds (leave, show, do ...) derives from Form and calls Matcher.Read and Matcher.After with all together.

/// <summary>Every line of the configuration language. Files and consoles read by this one table.</summary>
public static class Lines
{
    /// <summary>The whole table.</summary>
    public static IReadOnlyList<Line> All { get; } =
    [
        .. ObjectLines.All, .. AppLines.All, .. PartLines.Of(PlaceKind.App), .. ShareLines.Of(PlaceKind.App),
        .. PartLines.Of(PlaceKind.Profile), .. ShareLines.Of(PlaceKind.Profile), .. NetworkLines.All, .. PoolLines.All, .. IfaceLines.All,
    ];

    private static readonly ILookup<PlaceKind, Line> ByPlace = All.ToLookup(line => line.Place);

    /// <summary>The lines that may stand in a place, in the order of the table.</summary>
    public static IEnumerable<Line> At(Place place) => ByPlace[place.Kind];

    /// <summary>Reads a line; an error is part of the answer.</summary>
    public static Match<Line> Read(Draft draft, IReadOnlyList<string> words, bool abbreviate) =>
        Matcher.Read(At(draft.Place), words, abbreviate, draft.Place.ToString());

    /// <summary>How a line may go on after these words.</summary>
    public static Continuation<Line> After(Draft draft, IReadOnlyList<string> words, bool abbreviate) =>
        Matcher.After(At(draft.Place), words, abbreviate, draft.Place.ToString());

    /// <summary>Reads a line and does what it says.</summary>
    /// <exception cref="Refusal">400: it is no line, or what it says is not allowed.</exception>
    public static Draft Apply(Draft draft, IReadOnlyList<string> words, bool abbreviate) => Read(draft, words, abbreviate) switch
    {
        { Form: { } line, Arguments: var arguments } => line.Apply(draft, arguments),
        { Error: var error } => throw new Refusal(400, error),
    };
}
