using System.Security.Cryptography;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Node.Files;

/// <summary>
/// A file on its way into an instance. What stood at its place stays until <see cref="Commit"/>, and for good without it:
/// <code>
///   a file without a name, beside its place ── write … write ── owner, permissions ── nothing there: it gets the name
///                                                                                └─ a file there: fsync, then it takes the name over
/// </code>
/// A crash leaves nothing (where the filesystem knows no files without names, a file <c>.holm-XXXX</c>). A file that is a mount of its own
/// cannot be replaced, and is written to once all has come. What replaces is another file with the old one's owner and permissions: other
/// names of the old one (hard links) stay with the old one, and ACLs go with it.
/// </summary>
public sealed class PushedFile : IDisposable
{
    private readonly InnerPlace _place;
    private readonly Fd _file;
    private readonly (uint User, uint Group) _maker;
    private readonly (uint User, uint Group)? _owner;
    private readonly uint _mode;
    private string? _name;

    private PushedFile(InnerPlace place, Fd file, string? name, (uint, uint) maker, (uint, uint)? owner, uint mode) =>
        (_place, _file, _name, _maker, _owner, _mode) = (place, file, name, maker, owner, mode);

    /// <summary>Begins.</summary>
    /// <param name="place">Where; this object's from here on, unless it throws.</param>
    /// <param name="maker">Host's user and group that make the file.</param>
    /// <param name="owner">Whose it is to be, where that has to be said again; ids of the host.</param>
    /// <param name="mode">Its permissions.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal static PushedFile Begin(InnerPlace place, (uint User, uint Group) maker, (uint User, uint Group)? owner, uint mode) =>
        FilesystemUser.Run(maker.User, maker.Group, () =>
        {
            if (FolderEntry.TryMakeUnnamed(place.Folder) is { } unnamed)
                return new PushedFile(place, unnamed, null, maker, owner, mode);
            var name = FreeName();
            return new PushedFile(place, FolderEntry.MakeFile(place.Folder, name), name, maker, owner, mode);
        });

    /// <summary>Adds bytes.</summary>
    /// <exception cref="LinuxException">The kernel refused, for example ENOSPC.</exception>
    public void Write(ReadOnlySpan<byte> bytes) => _file.WriteAll(bytes);

    /// <summary>All has come: it takes its place.</summary>
    /// <exception cref="LinuxException">The kernel refused; what stood there stands.</exception>
    public void Commit()
    {
        if (_owner is { } owner)
            FolderEntry.SetOwner(_file, owner.User, owner.Group);
        FolderEntry.SetMode(_file, _mode);
        // A filesystem of the app's own takes no names of users it does not know either.
        FilesystemUser.Run(_maker.User, _maker.Group, () =>
        {
            TakePlace();
            return true;
        });
    }

    private void TakePlace()
    {
        if (_place.Entry is null && _name is null && TryName(_place.Name))
            return;
        if (_place.IsMount)
        {
            using var there = Fd.Open(_place.Entry!.ProcPath, OpenFlags.O_WRONLY | OpenFlags.O_TRUNC | OpenFlags.O_NOCTTY);
            CopyTo(there);
            return;
        }
        if (_place.Entry is not null)
            FolderEntry.Sync(_file);
        while (_name is null)
        {
            var name = FreeName();
            _name = TryName(name) ? name : null;
        }
        FolderEntry.Rename(_place.Folder, _name, _place.Name);
        _name = null;
    }

    private bool TryName(string name)
    {
        try
        {
            FolderEntry.Name(_file, _place.Folder, name);
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errnos.EEXIST)
        {
            return false;
        }
    }

    private void CopyTo(Fd there)
    {
        var piece = new byte[256 * 1024];
        long at = 0;
        for (int count; (count = _file.ReadAt(piece, at)) > 0; at += count)
            there.WriteAll(piece.AsSpan(0, count));
    }

    private static string FreeName() => ".holm-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        if (_name is { } left)
            try
            {
                FolderEntry.Remove(_place.Folder, left);
            }
            catch (LinuxException)
            {
                // The instance has moved it, or its root is gone: it is the instance's own by now.
            }
        _name = null;
        _place.Dispose();
    }
}
