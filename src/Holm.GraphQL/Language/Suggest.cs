namespace Holm.GraphQL.Language;

/// <summary>"Did you mean": names that are a few typing errors away, nearest first, as graphql-js picks them.</summary>
internal static class Suggest
{
    private const int Most = 5;

    /// <summary>A sentence that begins with a space, or nothing.</summary>
    public static string DidYouMean(string name, IEnumerable<string> known, string what = "") => DidYouMean(Near(name, known), what);

    /// <summary>The same from names that were chosen already.</summary>
    public static string DidYouMean(IReadOnlyList<string> names, string what = "")
    {
        var quoted = names.Take(Most).Select(name => $"\"{name}\"").ToList();
        var before = what.Length > 0 ? $" Did you mean {what} " : " Did you mean ";
        return quoted.Count switch
        {
            0 => "",
            1 => $"{before}{quoted[0]}?",
            2 => $"{before}{quoted[0]} or {quoted[1]}?",
            _ => $"{before}{string.Join(", ", quoted.SkipLast(1))}, or {quoted[^1]}?",
        };
    }

    private static List<string> Near(string name, IEnumerable<string> known)
    {
        var most = (int)(name.Length * 0.4) + 1;
        return [.. known.Distinct().Select(option => (Option: option, Distance: Distance(name, option)))
            .Where(pair => pair.Distance <= most)
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Option, Comparer<string>.Create(CompareNaturally))
            .Select(pair => pair.Option)];
    }

    // Optimal string alignment: insert, delete, replace, swap neighbours; any change of case alone counts as one.
    private static int Distance(string name, string option)
    {
        if (name == option)
            return 0;
        var (a, b) = (name.ToLowerInvariant(), option.ToLowerInvariant());
        if (a == b)
            return 1;
        // A name that is far longer is far away; hostile names are not compared letter by letter.
        if (Math.Abs(a.Length - b.Length) > (int)(name.Length * 0.4) + 1)
            return int.MaxValue;
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }
                var replaced = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), replaced);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[a.Length, b.Length];
    }

    /// <summary>Runs of digits by their value, the rest by code unit.</summary>
    public static int CompareNaturally(string a, string b)
    {
        var (i, j) = (0, 0);
        while (i < a.Length && j < b.Length)
        {
            if (char.IsAsciiDigit(a[i]) && char.IsAsciiDigit(b[j]))
            {
                var order = TakeNumber(a, ref i).CompareTo(TakeNumber(b, ref j));
                if (order != 0)
                    return order;
            }
            else if (a[i] != b[j])
            {
                return a[i].CompareTo(b[j]);
            }
            else
            {
                i++;
                j++;
            }
        }
        return a.Length - b.Length;
    }

    private static double TakeNumber(string text, ref int position)
    {
        var number = 0.0;
        while (position < text.Length && char.IsAsciiDigit(text[position]))
            number = (number * 10) + (text[position++] - '0');
        return number;
    }
}
