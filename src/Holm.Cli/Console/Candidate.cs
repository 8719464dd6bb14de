using Holm.Cli.Wire;
using Holm.Config;
using Holm.Config.Language;
using Holm.Contract;

namespace Holm.Cli.Console;

/// <summary>
/// A configuration that is being written: a copy of the node's document, what was made of it, and where the next line stands. Nothing
/// of it reaches the node before <see cref="Apply"/>; a refusal there leaves all as it was.
/// </summary>
internal sealed class Candidate
{
    private readonly Node _node;
    private readonly Document _read;
    private Draft _draft;
    private int _floor;

    /// <summary>Reads the node's document.</summary>
    public Candidate(Node node)
    {
        _node = node;
        _read = ConfigText.Read(NodeConfiguration.Running(node));
        _draft = new Draft { Document = _read, Interactive = true, HasImage = HasImage };
    }

    /// <summary>What was made, and the place.</summary>
    public Draft Draft => _draft;

    /// <summary>True when there is something to apply.</summary>
    public bool Changed => Changes(_draft).Count > 0;

    /// <summary>Writes a line of the language.</summary>
    /// <exception cref="Refusal">What it says is not allowed; nothing has changed.</exception>
    public void Write(Line line, Arguments arguments) => _draft = line.Apply(_draft, arguments);

    /// <summary>Whatever was entered so far was entered from the top level at once: going up from here leads out.</summary>
    public void SetFloor() => _floor = _draft.Path.Count;

    /// <summary>Goes one level up; false: that leads out of the configuration.</summary>
    public bool Up()
    {
        if (_draft.Path.Count <= _floor)
            return false;
        _draft = Up(_draft);
        return true;
    }

    /// <summary>Sends the node what was changed, and gives its answer; null: nothing was. It takes all of it or nothing.</summary>
    /// <exception cref="Refusal">It is not allowed, or somebody else changed the same object meanwhile.</exception>
    public Answer? Apply()
    {
        var whole = _draft;
        while (whole.Path.Count > 0)
            whole = Up(whole);
        Rules.Check(whole.Document);
        return Changes(whole) is { Count: > 0 } changes ? NodeConfiguration.Change(_node, changes) : null;
    }

    // The language checks in its own line end what a place holds together.
    private static Draft Up(Draft draft) => Lines.Apply(draft, ["end"], abbreviate: false);

    private IReadOnlyList<ConfigurationChange> Changes(Draft draft) => NodeConfiguration.Changes(_read, draft.Document);

    private bool HasImage(string name)
    {
        try
        {
            _node.Ask("GET", Names.Alias(name));
            return true;
        }
        catch (Refusal refusal) when (refusal.Code == 404)
        {
            return Config.Names.IsFingerprint(name) && HasFingerprint(name);
        }
    }

    private bool HasFingerprint(string fingerprint)
    {
        try
        {
            _node.Ask("GET", Names.Image(fingerprint));
            return true;
        }
        catch (Refusal refusal) when (refusal.Code == 404)
        {
            return false;
        }
    }
}
