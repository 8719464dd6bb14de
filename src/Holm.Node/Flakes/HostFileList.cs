using System.Text;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Flakes;

/// <summary>
/// A list in an image of files that it wants of the host: <c>/removed</c>, which KIWI writes into delta images (a path a line, without
/// the slash in front), and <c>/systemfiles</c>. KIWI writes the latter as a script, and flake-pilot runs it on the host as root; Holm
/// runs nothing, and takes only its lines that are absolute paths. Pure.
/// </summary>
internal static class HostFileList
{
    /// <summary>Longest list that is read, bytes.</summary>
    public const int BytesMax = 1024 * 1024;

    private const int ToldMax = 3;
    private static readonly string[] Kernels = ["/proc", "/sys", "/dev", "/run", "/var/run"];

    /// <summary>Reads one.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="where">Name for messages: image and file.</param>
    /// <param name="isRelative">True: a slash in front may be missing.</param>
    /// <param name="say">Gets a sentence for what is passed over.</param>
    /// <exception cref="Refusal">400: it is no text.</exception>
    public static IReadOnlyList<string> Read(byte[] content, string where, bool isRelative, Action<string> say)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException e)
        {
            throw new Refusal(400, $"{where} is no text, and no list of files", e);
        }
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new Refusal(400, $"{where} is no text, and no list of files");
        var (paths, passed) = (new List<string>(), new List<string>());
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0))
            if (Path(line, isRelative) is { } path)
                paths.Add(path);
            else
                passed.Add(line);
        if (passed.Count == 0)
            return paths;
        var first = string.Join(", ", passed.Take(ToldMax).Select(Names.Show)) + (passed.Count > ToldMax ? ", …" : "");
        say(passed.Any(LooksLikeScript)
            ? $"{where} looks like a script; Holm runs no script of an image, and takes {paths.Count} lines that are absolute paths; " +
                $"{passed.Count} are not: {first}"
            : $"{where}: {passed.Count} lines are passed over, for they name no file that the host could give: {first}");
        return paths;
    }

    private static string? Path(string line, bool isRelative)
    {
        var path = isRelative && line[0] != '/' ? "/" + line : line;
        path = path.Length > 1 ? path.TrimEnd('/') : path;
        if (path is "" or "/" || Kernels.Any(k => path == k || path.StartsWith(k + "/", StringComparison.Ordinal)))
            return null;
        try
        {
            FlakeRules.CheckPath("", path);
            return path;
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private static bool LooksLikeScript(string line) =>
        line.StartsWith("#!", StringComparison.Ordinal) || line.StartsWith("set -", StringComparison.Ordinal) ||
        line.IndexOfAny(['$', '`', '|', ';', '&', '(', '>']) >= 0 || (line.Contains(' ', StringComparison.Ordinal) && line[0] != '/');
}
