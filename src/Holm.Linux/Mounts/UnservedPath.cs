using System.Text;
using Holm.Linux.Files;

namespace Holm.Linux.Mounts;

/// <summary>
/// Absolute paths that are followed through no filesystem whose server is a process (FUSE): such a server may be the one who gave the path,
/// and never answer. Links are followed here, name by name, as path_resolution(7) says.
/// </summary>
public static class UnservedPath
{
    private const int LinksMax = 40;

    /// <summary>Opens what a path leads to (O_PATH); null: nothing is there, or only such a server knows.</summary>
    public static Fd? TryOpen(string path)
    {
        var served = MountLine.ReadAll().Where(m => m.Type.StartsWith("fuse", StringComparison.Ordinal)).Select(m => m.Id).ToHashSet();
        var links = 0;
        var rest = new Stack<string>(Enumerable.Reverse(path.Split('/')));
        var at = Fd.Open("/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        try
        {
            while (rest.TryPop(out var name))
            {
                if (name is "" or ".")
                    continue;
                var next = MountIdentity.MountOf(at) is { } mount && !served.Contains(mount) ? FolderEntry.TryOpen(at, name) : null;
                if (next is null || MountIdentity.MountOf(next) is not { } reached)
                {
                    next?.Dispose();
                    at.Dispose();
                    return null;
                }
                if (served.Contains(reached) || !FileStat.Of(next).IsLink)
                {
                    at.Dispose();
                    at = next;
                    continue;
                }
                using (next)
                {
                    var target = Encoding.UTF8.GetString(FolderEntry.Target(next));
                    foreach (var part in Enumerable.Reverse(target.Split('/')))
                        rest.Push(part);
                    if (target.StartsWith('/'))
                    {
                        at.Dispose();
                        at = Fd.Open("/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
                    }
                }
                if (++links > LinksMax)
                {
                    at.Dispose();
                    return null;
                }
            }
            return at;
        }
        catch (LinuxException)
        {
            at.Dispose();
            return null;
        }
    }
}
