using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Images;

/// <summary>
/// Layers as overlayfs would show them together: whiteouts hide, opaque folders hide, links lead within. They are mounted where nobody
/// else sees them, and nothing of them is run.
/// </summary>
public sealed class LayerView : IDisposable
{
    private const int LinksMax = 40, NameBytesMax = 255;
    private readonly List<SquashMount> _mounts = [];
    private readonly List<LayerEntry> _roots = [];
    private readonly List<LayerEntry> _opened = [];

    /// <summary>Mounts them.</summary>
    /// <param name="files">SquashFS files, lowest first.</param>
    /// <exception cref="LinuxException">The kernel refused one.</exception>
    public LayerView(IEnumerable<string> files)
    {
        try
        {
            foreach (var path in files.Reverse())
            {
                using var file = Fd.Open(path, OpenFlags.O_RDONLY);
                _mounts.Add(SquashMount.Open(file));
                _roots.Add(LayerEntry.TryOpen(_mounts[^1].Root, "."u8)!);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>True when something has this name; a link that leads nowhere is something.</summary>
    /// <param name="path">Absolute.</param>
    public bool Has(string path) => Find(path, followLast: false) is not null;

    /// <summary>Content of a regular file; null: there is none of that name.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="bytesMax">More is refused.</param>
    /// <exception cref="Refusal">400: it is longer.</exception>
    public byte[]? Read(string path, int bytesMax)
    {
        if (Find(path, followLast: true) is not { Stat.IsRegular: true } found)
            return null;
        if (found.Stat.Size > bytesMax)
            throw new Refusal(400, $"{path} in it has {found.Stat.Size} bytes; {bytesMax} are read");
        using var file = Fd.Open(found.File.ProcPath, OpenFlags.O_RDONLY);
        var content = new byte[found.Stat.Size];
        var length = 0;
        for (int count; length < content.Length && (count = file.TryRead(content.AsSpan(length))) > 0;)
            length += count;
        return content[..length];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        foreach (var root in _roots)
            root.Dispose();
        foreach (var mount in _mounts)
            mount.Dispose();
    }

    private LayerEntry? Find(string path, bool followLast)
    {
        Forget();
        var trail = new Stack<IReadOnlyList<LayerEntry>>([_roots]);
        var ahead = new Stack<string>(path.Split('/').AsEnumerable().Reverse());
        for (var links = 0; ahead.TryPop(out var name);)
        {
            if (name is "" or ".")
                continue;
            if (name == "..")
            {
                if (trail.Count > 1)
                    trail.Pop();
                continue;
            }
            var (found, target) = Step(trail.Peek(), name);
            if (found.Count == 0)
                return null;
            if (target is not null && (followLast || ahead.Any(a => a is not ("" or "."))))
            {
                if (++links > LinksMax)
                    return null;
                while (target.StartsWith('/') && trail.Count > 1)
                    trail.Pop();
                foreach (var part in target.Split('/').AsEnumerable().Reverse())
                    ahead.Push(part);
            }
            else if (found[0].Stat.IsFolder)
                trail.Push(found);
            else
                return ahead.Any(a => a.Length > 0) ? null : found[0];
        }
        return trail.Peek() is [var top, ..] ? top : null;
    }

    /// <summary>What stands under a name in a folder: of a folder all layers' parts that show, highest first.</summary>
    private (IReadOnlyList<LayerEntry> Found, string? Target) Step(IReadOnlyList<LayerEntry> folders, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var found = new List<LayerEntry>();
        if (bytes.Length > NameBytesMax || bytes.Contains((byte)0))
            return (found, null);
        foreach (var folder in folders)
        {
            if (LayerEntry.TryOpen(folder.File, bytes) is not { } entry)
                continue;
            _opened.Add(entry);
            if (entry.Stat.IsFolder)
            {
                found.Add(entry);
                if (entry.IsOpaque)
                    break;
                continue;
            }
            if (found.Count == 0 && !entry.Stat.IsWhiteout)
                return ([entry], entry.Stat.IsLink ? new FileInfo($"{folder.File.ProcPath}/{name}").LinkTarget : null);
            break;
        }
        return (found, null);
    }

    private void Forget()
    {
        foreach (var entry in _opened)
            entry.Dispose();
        _opened.Clear();
    }
}
