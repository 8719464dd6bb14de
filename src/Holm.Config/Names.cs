using System.Globalization;
using System.Text;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// What things may be called. Names become paths, cgroups and URLs, so they are checked once, here, before anything else.
/// </summary>
public static class Names
{
    /// <summary>
    /// LXD's rule: 1–63 ASCII letters, digits and dashes, no digit or dash first, no dash last. Console apps may also hold <c>_</c> and
    /// <c>.</c>, as WeOS allows.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="console">True: the wider rule.</param>
    /// <exception cref="Refusal">400, saying which rule is broken.</exception>
    public static void CheckInstance(string name, bool console = true)
    {
        var others = console ? "-_." : "-";
        var broken =
            name.Length == 0 ? "it is empty" :
            name.Length > 63 ? $"it has {name.Length} characters, 63 are allowed" :
            name.Any(c => !char.IsAsciiLetterOrDigit(c) && !others.Contains(c, StringComparison.Ordinal)) ?
                console ? "only letters, digits, '-', '_' and '.' are allowed" : "only letters, digits and '-' are allowed" :
            !char.IsAsciiLetter(name[0]) ? "it must begin with a letter" :
            name[^1] is '-' or '.' ? $"it must not end with '{name[^1]}'" :
            null;
        if (broken is not null)
            throw new Refusal(400, $"Invalid instance name: {Show(name)}: {broken}");
    }

    /// <summary>1–63 printable characters, no slash, no space, not <c>.</c> or <c>..</c>.</summary>
    /// <exception cref="Refusal">400, saying which rule is broken.</exception>
    public static void CheckProfile(string name)
    {
        var broken =
            name.Length == 0 ? "it is empty" :
            name.Length > 63 ? $"it has {name.Length} characters, 63 are allowed" :
            name is "." or ".." ? "it means a folder" :
            name.Contains('/', StringComparison.Ordinal) ? "'/' is not allowed" :
            name.Any(c => c is <= ' ' or > '~') ? "only printable ASCII characters are allowed" :
            null;
        if (broken is not null)
            throw new Refusal(400, $"Invalid profile name: {Show(name)}: {broken}");
    }

    /// <summary>1–64 ASCII letters, digits and <c>-_.:</c>, not <c>.</c> or <c>..</c>.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckDevice(string name)
    {
        if (name.Length is 0 or > 64 || name is "." or ".." ||
            name.Any(c => !char.IsAsciiLetterOrDigit(c) && !"-_.:".Contains(c, StringComparison.Ordinal)))
            throw new Refusal(400, $"Invalid device name: {Show(name)}: 1 to 64 letters, digits, '-', '_', '.' and ':' are allowed");
    }

    /// <summary>What an instance may name as its image: 1–255 printable ASCII characters without space and percent sign.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckImage(string name)
    {
        if (name.Length is 0 or > 255 || name is "." or ".." || name.Any(c => c is <= ' ' or > '~' or '%'))
            throw new Refusal(400,
                $"Invalid image name: {Show(name)}: 1 to 255 printable ASCII characters are allowed, without spaces and percent signs");
    }

    /// <summary>True for 64 lower-case hex digits.</summary>
    public static bool IsFingerprint(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Any text, in quotes, made safe for one line of a message: control characters escaped, cut after 80 characters.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes().Take(80))
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned || rune == Rune.ReplacementChar)
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else
                shown.Append(rune.ToString());
        }
        return shown.Append(text.Length > 80 ? "…\"" : "\"").ToString();
    }
}
