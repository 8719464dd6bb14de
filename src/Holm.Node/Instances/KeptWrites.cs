using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>
/// The folders of instances in pools of driver dir: one for their writes, one for their snapshots. What is done to one is done to both.
/// </summary>
public static class KeptWrites
{
    /// <summary>
    /// Deletes those of an instance in every pool: set aside under a dot name first, so that a crash leaves no half root in use.
    /// </summary>
    public static void Delete(PoolFolders pools, string name)
    {
        foreach (var pool in pools.Places)
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
    public static IReadOnlyList<string> Of(PoolFolders pools, IEnumerable<string> names) =>
        [.. names.Where(n => pools.Places.Any(p => Directory.Exists(Path.Combine(p, n))))];

    /// <summary>
    /// Says, before the document does, that instances and their writes go: a folder <c>.NAME!</c> beside theirs. After a crash it is the
    /// document that says whether they have gone.
    /// </summary>
    public static void Doom(PoolFolders pools, IEnumerable<string> names)
    {
        foreach (var folder in names.SelectMany(n => pools.Places.Select(p => Path.Combine(p, n))).Where(Directory.Exists))
            Durable.CreateFolder(MarkOf(folder));
    }

    /// <summary>Takes that back: nothing has been changed.</summary>
    public static void Spare(PoolFolders pools, IEnumerable<string> names)
    {
        foreach (var name in names)
            foreach (var pool in pools.Places)
                FolderTree.Remove(MarkOf(Path.Combine(pool, name)));
    }

    private static string MarkOf(string folder) => Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}!");

    /// <summary>
    /// Moves them to a new name by way of <c>.FROM>TO</c>, so that after a crash it is the document that says whose they are.
    /// </summary>
    public static void Rename(PoolFolders pools, string from, string to, Action rename, Func<Document> current)
    {
        foreach (var pool in pools.Places.Where(p => Directory.Exists(Path.Combine(p, from))))
            Durable.Rename(Path.Combine(pool, from), Path.Combine(pool, $".{from}>{to}"));
        try
        {
            rename();
        }
        finally
        {
            foreach (var pool in pools.Places)
                Settle(pools, Path.Combine(pool, $".{from}>{to}"), current());
        }
    }

    /// <summary>True for names that only this type makes: a pool may lie in a folder where others leave something, too.</summary>
    internal static bool IsOurs(string folder)
    {
        try
        {
            foreach (var name in Path.GetFileName(folder)[1..].TrimEnd('!', '+', '~').Split('>'))
                Names.CheckInstance(name);
            return true;
        }
        catch (Refusal)
        {
            return false;
        }
    }

    private static void Settle(PoolFolders pools, string between, Document document)
    {
        if (!Directory.Exists(between))
            return;
        var place = Path.GetDirectoryName(between)!;
        if (Path.GetFileName(between) is ['.', .. var moved, '~'])
        {
            if (!pools.IsPlaceOf(document, moved, place))
                return;
            foreach (var left in pools.Places.Where(p => !pools.IsPlaceOf(document, moved, p)))
                FolderTree.Remove(Path.Combine(left, moved));
            Durable.Rename(between, Path.Combine(place, moved));
        }
        // The old name is gone from the document as soon as the rename has happened.
        else if (Path.GetFileName(between)[1..].Split('>') is [_, _] names &&
            names.FirstOrDefault(document.Instances.ContainsKey) is { } owner && !Directory.Exists(Path.Combine(place, owner)))
            Durable.Rename(between, Path.Combine(place, owner));
    }

    /// <summary>
    /// Lets folders that were made under <c>.NAME>NAME</c> appear together with their instance: after a crash it is the document that says
    /// whether there is one.
    /// </summary>
    public static void Appear(PoolFolders pools, string name, Action make, Action add, Func<Document> current) =>
        ComeTrue(pools, place => Between(place, name), make, add, current);

    /// <summary>
    /// Lets folders that were made in another pool, under <c>.NAME~</c>, take the place of an instance's as its root does: after a crash it
    /// is the document that says in which pool that is.
    /// </summary>
    public static void Move(PoolFolders pools, string name, Action make, Action change, Func<Document> current) =>
        ComeTrue(pools, place => Moving(place, name), make, change, current);

    private static void ComeTrue(
        PoolFolders pools, Func<string, string> between, Action make, Action change, Func<Document> current)
    {
        var isMade = false;
        try
        {
            make();
            isMade = true;
            change();
        }
        // Where the disk failed while the configuration was written, the next start of the daemon knows what has come of it.
        catch (Exception e) when (!isMade || e is Refusal { Code: not 507 })
        {
            foreach (var place in pools.Places)
                FolderTree.Remove(between(place));
            throw;
        }
        finally
        {
            foreach (var place in pools.Places)
                Settle(pools, between(place), current());
        }
    }

    /// <summary>Where the folder of a new instance waits in a place until the document has it.</summary>
    public static string Between(string place, string name) => Path.Combine(place, $".{name}>{name}");

    /// <summary>Where the folder of an instance waits in a place of another pool until the document has it there.</summary>
    public static string Moving(string place, string name) => Path.Combine(place, $".{name}~");

    /// <summary>
    /// Finishes renames, moves and deletions that a crash cut short; what cannot be removed is told, and holds nothing up.
    /// </summary>
    public static void Sweep(PoolFolders pools, Document document, Action<string> tell)
    {
        foreach (var place in pools.Places)
            PoolFolders.Try(place, tell, () =>
            {
                foreach (var left in Directory.EnumerateDirectories(place, ".*").Where(IsOurs).ToList())
                    PoolFolders.Try(left, tell, () =>
                    {
                        if (Path.GetFileName(left) is ['.', .. var name, '!'] && !document.Instances.ContainsKey(name))
                            Delete(pools, name);
                        Settle(pools, left, document);
                        FolderTree.Remove(left);
                    });
            });
    }
}
