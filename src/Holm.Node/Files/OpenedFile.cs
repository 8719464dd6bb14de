using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Node.Files;

/// <summary>What stands at a path inside an instance, and what may be read of it: a file, a folder or a link itself.</summary>
public sealed class OpenedFile : IDisposable
{
    /// <summary>More names than this are not listed: one answer has to hold them all.</summary>
    private const int NamesMax = 100_000;

    private readonly Fd _entry;
    private readonly string _path;

    internal OpenedFile(Fd entry, string path, InnerIds ids)
    {
        (_entry, _path, Stat) = (entry, path, FileStat.Of(entry));
        (Uid, Gid) = (ids.Inside(Stat.Uid), ids.Inside(Stat.Gid));
        if (!Stat.IsRegular && !Stat.IsFolder && !Stat.IsLink)
            throw new Refusal(400, $"{Names.Show(path)} is a {Stat switch
            {
                { IsFifo: true } => "named pipe",
                { IsCharDevice: true } or { IsBlockDevice: true } => "device",
                _ => "socket",
            }}; files, folders and symbolic links can be read, for the rest use exec");
    }

    /// <summary>As the kernel says it, with the host's ids.</summary>
    public FileStat Stat { get; }

    /// <summary>Owner, as the instance numbers them.</summary>
    public uint Uid { get; }

    /// <summary>Group, as the instance numbers them.</summary>
    public uint Gid { get; }

    /// <summary>Opens the content of a file.</summary>
    /// <exception cref="Refusal">It is one of the kernel's own.</exception>
    public Fd Content()
    {
        if (FolderEntry.IsKernels(_entry))
            throw new Refusal(400, $"{Names.Show(_path)} is made up by the kernel as it is read; use exec and cat");
        return Fd.Open(_entry.ProcPath, OpenFlags.O_RDONLY | OpenFlags.O_NOCTTY | OpenFlags.O_NONBLOCK);
    }

    /// <summary>The names in a folder, in order.</summary>
    /// <exception cref="Refusal">There are too many.</exception>
    public IReadOnlyList<string> Entries()
    {
        var names = Directory.EnumerateFileSystemEntries(_entry.ProcPath).Take(NamesMax + 1).Select(p => Path.GetFileName(p)!).ToList();
        if (names.Count > NamesMax)
            throw new Refusal(400, $"{Names.Show(_path)} has more than {NamesMax} entries; use exec and ls");
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Where a link leads, as an absolute path by its text alone (LXD's way), byte for byte.</summary>
    public byte[] Target()
    {
        byte[] said;
        try
        {
            said = FolderEntry.Target(_entry);
        }
        catch (LinuxException e)
        {
            // One of the kernel's that leads to no file of this namespace, such as /proc/self.
            throw new Refusal(400, $"read the link {Names.Show(_path)}: {e.Message}", e);
        }
        // Latin-1 keeps what is no UTF-8.
        var target = Encoding.Latin1.GetString(said);
        var own = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(_path.TrimEnd('/')));
        return Encoding.Latin1.GetBytes(Clean(target.StartsWith('/') ? target : own[..(own.LastIndexOf('/') + 1)] + target));
    }

    internal static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/').Where(p => p is not ("" or ".")))
            if (part != "..")
                parts.Add(part);
            else if (parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
        return "/" + string.Join('/', parts);
    }

    /// <inheritdoc/>
    public void Dispose() => _entry.Dispose();
}
