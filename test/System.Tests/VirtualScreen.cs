using System.Globalization;
using System.Text;

namespace System.Tests;

/// <summary>Rows of a terminal of the kind xterm, as far as line editors need it; nothing scrolls away.</summary>
public sealed class VirtualScreen(int columns)
{
    private readonly List<StringBuilder> _rows = [new()];
    private readonly StringBuilder _sequence = new();
    private int _row, _column;

    /// <summary>Takes what a program printed.</summary>
    public void Write(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
            if (_sequence.Length > 0 || letter == '\x1b')
                Escape(letter);
            else
                Put(letter);
    }

    /// <summary>Columns of a row.</summary>
    public int Columns { get; set; } = columns;

    /// <summary>All rows; the one with the cursor reaches as far as it, and empty ones below it do not count.</summary>
    public override string ToString()
    {
        var last = _rows.FindLastIndex(row => row.ToString().Trim().Length > 0);
        return string.Join('\n', _rows.Take(Math.Max(last, _row) + 1)
            .Select((row, i) => i == _row ? row.ToString().PadRight(_column) : row.ToString()));
    }

    private void Put(char letter)
    {
        switch (letter)
        {
            case '\r':
                _column = 0;
                break;
            case '\n':
                Down();
                break;
            case '\b':
                _column = Math.Max(0, Math.Min(_column, Columns - 1) - 1);
                break;
            case < ' ':
                break;
            default:
                // A letter after the last column goes to the next row; until it comes the cursor stays.
                if (_column == Columns)
                {
                    _column = 0;
                    Down();
                }
                var row = Row(_column + 1);
                row[_column++] = letter;
                break;
        }
    }

    private void Down()
    {
        if (++_row == _rows.Count)
            _rows.Add(new());
    }

    private StringBuilder Row(int width)
    {
        var row = _rows[_row];
        if (row.Length < width)
            row.Append(' ', width - row.Length);
        return row;
    }

    // ESC [ numbers letter; ESC and another letter means nothing here.
    private void Escape(char letter)
    {
        _sequence.Append(letter);
        if (_sequence.Length == 1 || (_sequence.Length == 2 && letter == '[') || (_sequence[1] == '[' && letter is < '@' or > '~'))
            return;
        var sequence = _sequence.ToString();
        _sequence.Clear();
        if (sequence[1] == '[')
            Act(letter, int.TryParse(sequence[2..^1].Split(';')[0], CultureInfo.InvariantCulture, out var number) ? number : null);
    }

    private void Act(char letter, int? number)
    {
        var count = Math.Max(1, number ?? 1);
        switch (letter)
        {
            case 'A':
                _row = Math.Max(0, _row - count);
                break;
            case 'C':
                _column = Math.Min(Columns - 1, _column + count);
                break;
            case 'D':
                _column = Math.Max(0, _column - count);
                break;
            case 'G':
                _column = count - 1;
                break;
            case 'K' when number is null or 0:
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                break;
            case 'J' when number is null or 0:
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                break;
            case 'P':
                _rows[_row].Remove(_column, Math.Min(count, Math.Max(0, _rows[_row].Length - _column)));
                break;
            case '@':
                Row(_column).Insert(_column, " ", count);
                break;
        }
    }
}
