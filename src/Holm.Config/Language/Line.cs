using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>One line of the configuration language: where it may stand, how it is written, what it is for, and what it does.</summary>
public sealed class Line(PlaceKind place, string syntax, string help, Func<Draft, Arguments, Draft> apply) : Form(syntax, help)
{
    /// <summary>Where it may stand.</summary>
    public PlaceKind Place => place;

    /// <summary>True for a line that takes something back.</summary>
    public bool IsNo => Lead == "no" || Lead.StartsWith("no ", StringComparison.Ordinal);

    /// <summary>Makes the next draft.</summary>
    /// <exception cref="Refusal">What it says is not allowed.</exception>
    public Draft Apply(Draft draft, Arguments arguments) => apply(draft, arguments);
}
