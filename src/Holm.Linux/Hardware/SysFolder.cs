using System.Globalization;
using Holm.Linux.Files;

namespace Holm.Linux.Hardware;

/// <summary>A folder of sysfs(5) and the one-line files in it. What is missing, or not for us, is null.</summary>
/// <param name="path">Absolute path.</param>
public sealed class SysFolder(string path)
{
    /// <summary>Its name.</summary>
    public string Name => Path.GetFileName(path);

    /// <summary>Where it stands.</summary>
    public string FullPath => path;

    /// <summary>True: it is there.</summary>
    public bool Exists => Directory.Exists(path);

    /// <summary>A folder in it, or a link to one.</summary>
    public SysFolder this[string name] => new(Path.Combine(path, name));

    /// <summary>A file's text on one line; an empty one is null as well.</summary>
    public string? Text(string file) =>
        KernelFile.Read(Path.Combine(path, file))?.Trim() is { Length: > 0 } text ? new([.. text.Where(c => !char.IsControl(c))]) : null;

    /// <summary>A file's number.</summary>
    public long? Number(string file) =>
        long.TryParse(Text(file), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Last part of where a link leads.</summary>
    public string? Link(string name)
    {
        try
        {
            return new FileInfo(Path.Combine(path, name)).LinkTarget is { } target ? Path.GetFileName(target) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Folders in it whose names begin so, by name.</summary>
    public IEnumerable<SysFolder> Folders(string begin = "")
    {
        try
        {
            var found = Exists ? Directory.GetDirectories(path, begin + "*") : [];
            return found.Order(StringComparer.Ordinal).Select(p => new SysFolder(p));
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Those whose names are this word and a number, by number.</summary>
    public IEnumerable<(SysFolder Folder, long Number)> Numbered(string word) => Folders(word)
        .Where(f => f.Name.Length > word.Length && f.Name.AsSpan(word.Length).IndexOfAnyExceptInRange('0', '9') < 0)
        .Select(f => (f, long.Parse(f.Name.AsSpan(word.Length), CultureInfo.InvariantCulture))).OrderBy(f => f.Item2);

    /// <summary>The folder itself, links on the way followed; null: it is gone.</summary>
    public SysFolder? Real()
    {
        try
        {
            var target = new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true);
            return target is not null ? new SysFolder(target.FullName) : Exists ? this : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
