using System.Text;

namespace Holm.Cli.Output;

/// <summary>Facts about one thing, a line each: <c>Name         : web</c>. Values are made visible.</summary>
internal sealed class Facts
{
    private const int Width = 13;
    private readonly StringBuilder _text = new();

    /// <summary>Adds a line.</summary>
    public Facts Add(string name, string value)
    {
        if (_text.Length > 0)
            _text.Append('\n');
        _text.Append(name.PadRight(Width)).Append(':');
        if (value.Length > 0)
            _text.Append(' ').Append(Visible.Line(value));
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
