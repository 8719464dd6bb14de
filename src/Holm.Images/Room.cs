using Holm.Contract;

namespace Holm.Images;

/// <summary>
/// Room on the disk of the store. Whoever writes asks again as it goes: how much comes out of a pipe is not known before.
/// </summary>
public static class Room
{
    /// <summary>Bytes that stay free, so that the rest of the node can go on writing.</summary>
    public const long ReserveBytes = 32L << 20;

    /// <summary>Refuses what the disk has no room for.</summary>
    /// <param name="folder">A folder of that disk.</param>
    /// <param name="bytes">Bytes about to be written.</param>
    /// <exception cref="Refusal">507, with both numbers.</exception>
    public static void Check(string folder, long bytes)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (bytes + ReserveBytes > free)
            throw new Refusal(507, $"no room in {folder}: {(bytes + (1 << 20) - 1) >> 20} MiB are needed and {ReserveBytes >> 20} MiB " +
                $"kept in reserve, {free >> 20} MiB are free; `holm image prune` removes images that no app uses");
    }
}
