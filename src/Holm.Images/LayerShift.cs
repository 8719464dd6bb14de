using System.Buffers.Binary;
using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Images;

/// <summary>
/// Writes a copy of a layer whose owners are moved into a node's id range, for kernels that cannot idmap SquashFS (before 6.2):
/// <code>
///   sqfs2tar ─ owners + base, capabilities with root id base ─ tar2sqfs ─ staged file
/// </code>
/// The same layer and base give the same bytes. There are no ACLs to move: SquashFS cannot hold them.
/// </summary>
public static class LayerShift
{
    private static readonly byte[] Capability = "security.capability"u8.ToArray();

    /// <summary>Writes the copy.</summary>
    /// <param name="sourceSquashfs">A layer.</param>
    /// <param name="output">Gets the copy; the caller commits it.</param>
    /// <param name="idBase">First host id of the range of 65536.</param>
    /// <param name="ct">Gives up; the programs of the pipe are killed.</param>
    /// <exception cref="Refusal">400: an owner is above 65535, named; 500: a program is missing or failed.</exception>
    public static Task Shift(string sourceSquashfs, StagedFile output, uint idBase, CancellationToken ct) =>
        Task.Run(() => ShiftOnThisThread(sourceSquashfs, output, idBase, ct), ct);

    private static async Task ShiftOnThisThread(string source, StagedFile output, uint idBase, CancellationToken ct)
    {
        using var layer = Fd.Open(source, OpenFlags.O_RDONLY);
        var squashfs = SquashReader.Start(layer, new TarLimits(), ct);
        await using (squashfs.ConfigureAwait(false))
            await Copy(squashfs, output, idBase, MadeAt(layer), ct).ConfigureAwait(false);
    }

    private static async Task Copy(SquashReader layer, StagedFile output, uint idBase, uint madeAt, CancellationToken ct)
    {
        var squash = SquashWriter.Start(output, madeAt, ct);
        await using (squash.ConfigureAwait(false))
        {
            try
            {
                while (layer.Entries.Next() is { } entry)
                    squash.Add(Moved(entry, idBase), layer.Entries.Read, []);
                await layer.Finish().ConfigureAwait(false);
                await squash.Finish().ConfigureAwait(false);
            }
            catch (EndTooEarlyException e)
            {
                ct.ThrowIfCancellationRequested();
                throw await layer.WhyItEnded(e).ConfigureAwait(false);
            }
            catch (LinuxException e) when (e.Errno == Errnos.EPIPE)
            {
                ct.ThrowIfCancellationRequested();
                throw await squash.WhyItEnded(e).ConfigureAwait(false);
            }
            catch (Refusal) when (ct.IsCancellationRequested)
            {
                throw new OperationCanceledException(ct);
            }
        }
    }

    internal static TarEntry Moved(TarEntry entry, uint idBase) => entry with
    {
        Uid = entry.Uid + idBase,
        Gid = entry.Gid + idBase,
        Xattrs =
        [
            .. entry.Xattrs.Select(x => x.Name.AsSpan().SequenceEqual(Capability) ? x with { Value = Moved(x.Value, idBase, entry) } : x),
        ],
    };

    /// <summary>
    /// File capabilities count only in the user namespace whose root is the root id of the attribute: revision 3 of
    /// <c>struct vfs_ns_cap_data</c> (<c>linux/capability.h</c>), little-endian: magic, permitted and inheritable low and high, root id.
    /// </summary>
    private static byte[] Moved(byte[] value, uint idBase, TarEntry entry)
    {
        const uint RevisionMask = 0xFF000000, Revision1 = 0x01000000, Revision2 = 0x02000000, Revision3 = 0x03000000;
        var magic = value.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(value) : 0;
        var rootId = 0u;
        switch (magic & RevisionMask, value.Length)
        {
            case (Revision1, 12) or (Revision2, 20):
                break;
            case (Revision3, 24) when BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(20)) is < 65_536 and var own:
                rootId = own;
                break;
            default:
                throw EntryName.Refuse(entry.Name, "has file capabilities in a form that cannot be moved to another id range");
        }
        var moved = new byte[24];
        value.AsSpan(0, Math.Min(value.Length, 20)).CopyTo(moved);
        BinaryPrimitives.WriteUInt32LittleEndian(moved, (magic & ~RevisionMask) | Revision3);
        BinaryPrimitives.WriteUInt32LittleEndian(moved.AsSpan(20), rootId + idBase);
        return moved;
    }

    /// <summary>The time in the layer's superblock: bytes 8 to 11.</summary>
    private static uint MadeAt(Fd layer)
    {
        Span<byte> head = stackalloc byte[12];
        using var again = Fd.Open(layer.ProcPath, OpenFlags.O_RDONLY);
        return again.TryRead(head) == head.Length ? BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) : 0;
    }
}
