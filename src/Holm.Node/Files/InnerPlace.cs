using System.Text;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Node.Files;

/// <summary>
/// A name in an open folder inside an instance's root, and what stands there now. The instance may change both all the time: what is done
/// goes to this folder and to this name, and follows no link any more, so that it can only reach another thing of the instance's own.
/// </summary>
internal sealed class InnerPlace : IDisposable
{
    /// <summary>The kernel's own limit; path_resolution(7).</summary>
    private const int LinksMax = 40;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private InnerPlace(Fd folder, string name, Fd? entry)
    {
        (Folder, Name, Entry) = (folder, name, entry);
        Stat = entry is null ? null : FileStat.Of(entry);
    }

    /// <summary>The folder, O_PATH.</summary>
    public Fd Folder { get; }

    /// <summary>One component; empty: the place is a folder by its path alone, such as / or one that ends in a dot.</summary>
    public string Name { get; }

    /// <summary>What has the name, O_PATH; null: nothing has.</summary>
    public Fd? Entry { get; }

    /// <summary>What that is.</summary>
    public FileStat? Stat { get; }

    /// <summary>
    /// True: something is mounted there. The kernel would refuse its app to replace or remove it, but not us: in our namespace nothing is
    /// mounted, and what is in the app's would be taken away.
    /// </summary>
    public bool IsMount => Name.Length > 0 && Entry is not null && MountIdentity.Of(Entry).MountId != MountIdentity.Of(Folder).MountId;

    /// <summary>Finds it.</summary>
    /// <param name="root">The instance's root.</param>
    /// <param name="path">Absolute.</param>
    /// <param name="follow">True: a link at its end is gone through, also one to something that is still to be made.</param>
    /// <exception cref="LinuxException">The way there does not exist, or does not end.</exception>
    public static InnerPlace Find(Fd root, string path, bool follow)
    {
        for (var links = 0; ; links++)
        {
            var (way, name) = Split(path);
            if (name.Length == 0)
                return new InnerPlace(Open(root, path), "", Open(root, path));
            var place = At(Open(root, way), name);
            if (!follow || place.Stat is not { IsLink: true })
                return place;
            using (place)
            {
                if (links == LinksMax)
                    throw new LinuxException($"open {path} inside the root", Errnos.ELOOP);
                var target = TargetOf(place.Entry!, path);
                // Not shortened here: where `..` leads is seen once the links before it have been gone through.
                path = target.StartsWith('/') ? target : way + "/" + target;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Entry?.Dispose();
        Folder.Dispose();
    }

    private static InnerPlace At(Fd folder, string name)
    {
        Fd? entry = null;
        try
        {
            return new InnerPlace(folder, name, entry = FolderEntry.TryOpen(folder, name));
        }
        catch
        {
            entry?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    private static Fd Open(Fd root, string path) => Fd.OpenInRoot(root, path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);

    /// <summary>The way to the last component, and that; empty where it names no entry of its folder.</summary>
    private static (string Way, string Name) Split(string path)
    {
        var trimmed = path.TrimEnd('/');
        var slash = trimmed.LastIndexOf('/');
        var name = trimmed[(slash + 1)..];
        return name is "" or "." or ".." ? (path, "") : (slash <= 0 ? "/" : trimmed[..slash], name);
    }

    private static string TargetOf(Fd link, string path)
    {
        try
        {
            return Strict.GetString(FolderEntry.Target(link));
        }
        catch (DecoderFallbackException)
        {
            // A request cannot spell such a name either.
            throw new LinuxException($"follow {path}, a link whose target is not UTF-8", Errnos.ENOENT);
        }
    }
}
