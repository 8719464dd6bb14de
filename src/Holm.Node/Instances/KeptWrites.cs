using Holm.Config;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>The folders below <c>$HOLM_STATE/pools</c> in which instances of pools of driver dir keep their writes.</summary>
public static class KeptWrites
{
    /// <summary>
    /// Deletes those of an instance in every pool: set aside under a dot name first, so that a crash leaves no half root in use.
    /// </summary>
    public static void Delete(NodePaths paths, string name)
    {
        foreach (var pool in Pools(paths))
        {
            var (folder, doomed) = (Path.Combine(pool, name), Path.Combine(pool, "." + name));
            FolderTree.Remove(doomed);
            if (Directory.Exists(folder))
            {
                Directory.Move(folder, doomed);
                FolderTree.Remove(doomed);
            }
            FolderTree.Remove(MarkOf(folder));
        }
    }

    /// <summary>Which of these instances have any.</summary>
    public static IReadOnlyList<string> Of(NodePaths paths, IEnumerable<string> names) =>
        [.. names.Where(n => Pools(paths).Any(p => Directory.Exists(Path.Combine(p, n))))];

    /// <summary>
    /// Says, before the document does, that instances and their writes go: a folder <c>.NAME!</c> beside theirs. After a crash it is the
    /// document that says whether they have gone.
    /// </summary>
    public static void Doom(NodePaths paths, IEnumerable<string> names)
    {
        foreach (var folder in names.SelectMany(n => Pools(paths).Select(p => Path.Combine(p, n))).Where(Directory.Exists))
            Durable.CreateFolder(MarkOf(folder));
    }

    /// <summary>Takes that back: nothing has been changed.</summary>
    public static void Spare(NodePaths paths, IEnumerable<string> names)
    {
        foreach (var name in names)
            foreach (var pool in Pools(paths))
                FolderTree.Remove(MarkOf(Path.Combine(pool, name)));
    }

    private static string MarkOf(string folder) => Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}!");

    /// <summary>
    /// Moves them to a new name by way of <c>.FROM>TO</c>, so that after a crash it is the document that says whose they are.
    /// </summary>
    public static void Rename(NodePaths paths, string from, string to, Action rename, Func<Document> current)
    {
        foreach (var pool in Pools(paths).Where(p => Directory.Exists(Path.Combine(p, from))))
            Durable.Rename(Path.Combine(pool, from), Path.Combine(pool, $".{from}>{to}"));
        try
        {
            rename();
        }
        finally
        {
            foreach (var pool in Pools(paths))
                Settle(Path.Combine(pool, $".{from}>{to}"), current());
        }
    }

    private static void Settle(string between, Document document)
    {
        // The old name is gone from the document as soon as the rename has happened.
        if (Directory.Exists(between) && Path.GetFileName(between)[1..].Split('>') is [_, _] names &&
            names.FirstOrDefault(document.Instances.ContainsKey) is { } owner)
            Durable.Rename(between, Path.Combine(Path.GetDirectoryName(between)!, owner));
    }

    /// <summary>Finishes renames and deletions that a crash cut short; what cannot be removed is told, and holds nothing up.</summary>
    public static void Sweep(NodePaths paths, Document document, Action<string> tell)
    {
        foreach (var left in Pools(paths).SelectMany(p => Directory.EnumerateDirectories(p, ".*")))
            try
            {
                if (Path.GetFileName(left) is ['.', .. var name, '!'] && !document.Instances.ContainsKey(name))
                    Delete(paths, name);
                Settle(left, document);
                FolderTree.Remove(left);
            }
            catch (LinuxException e)
            {
                tell($"{left} was being deleted or renamed, and stays: {e.Message}");
            }
    }

    private static IEnumerable<string> Pools(NodePaths paths)
    {
        var root = Path.Combine(paths.State, "pools");
        return Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [];
    }
}
