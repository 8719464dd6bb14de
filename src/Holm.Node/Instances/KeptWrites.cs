using Holm.Linux;
using Holm.Linux.Files;
using Holm.Config;

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
            if (!Directory.Exists(folder))
                continue;
            Directory.Move(folder, doomed);
            FolderTree.Remove(doomed);
        }
    }

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
