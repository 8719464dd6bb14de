namespace Holm.Node.Instances;

/// <summary>The folders below <c>$HOLM_STATE/pools</c> in which instances of pools of driver dir keep their writes.</summary>
public static class KeptWrites
{
    /// <summary>Deletes those of an instance in every pool: set aside under a dot name first, so that a crash leaves no half root in
    /// use.</summary>
    public static void Delete(NodePaths paths, string name)
    {
        foreach (var pool in Pools(paths))
        {
            var (folder, doomed) = (Path.Combine(pool, name), Path.Combine(pool, "." + name));
            if (Directory.Exists(folder))
                Directory.Move(folder, doomed);
            if (Directory.Exists(doomed))
                Directory.Delete(doomed, recursive: true);
        }
    }

    /// <summary>Moves them to a new name.</summary>
    public static void Rename(NodePaths paths, string from, string to)
    {
        foreach (var pool in Pools(paths))
            if (Directory.Exists(Path.Combine(pool, from)))
                Directory.Move(Path.Combine(pool, from), Path.Combine(pool, to));
    }

    /// <summary>Finishes deletions that a crash cut short.</summary>
    public static void Sweep(NodePaths paths)
    {
        foreach (var doomed in Pools(paths).SelectMany(p => Directory.EnumerateDirectories(p, ".*")))
            Directory.Delete(doomed, recursive: true);
    }

    private static IEnumerable<string> Pools(NodePaths paths)
    {
        var root = Path.Combine(paths.State, "pools");
        return Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [];
    }
}
