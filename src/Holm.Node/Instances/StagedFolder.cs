using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Node.Instances;

/// <summary>Folders that appear whole or not at all.</summary>
internal static class StagedFolder
{
    /// <summary>Fills a folder under a name that nobody looks at, then gives it another.</summary>
    /// <param name="staged">Its full path meanwhile; what has it is removed.</param>
    /// <param name="named">Its full path then; nothing has it.</param>
    /// <param name="fill">Gets the first of them.</param>
    /// <exception cref="Refusal">507: the disk is full; nothing is left.</exception>
    public static void Make(string staged, string named, Action<string> fill)
    {
        FolderTree.Remove(staged);
        try
        {
            Durable.CreateFolder(staged);
            fill(staged);
            Durable.Rename(staged, named);
        }
        catch (Exception e)
        {
            FolderTree.Remove(staged);
            if (e is LinuxException { Errno: Errnos.ENOSPC or Errnos.EDQUOT })
                throw new Refusal(507, $"copy to {Path.GetDirectoryName(staged)}: {e.Message}; nothing was changed; make room there, or " +
                    "choose another pool", e);
            throw;
        }
    }
}
