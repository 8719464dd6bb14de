using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Api;

/// <summary>
/// Moves bytes between a descriptor that does not block and something that may take its time. Holds one buffer, never more.
/// </summary>
internal static class FdStream
{
    private const int BufferBytes = 32 * 1024;

    /// <summary>
    /// Reads until the end: end of file, EIO of a terminal that all programs left, or nothing more to read after
    /// <paramref name="over"/> completed (a child left behind may hold the other end for ever).
    /// </summary>
    /// <param name="fd">Not blocking.</param>
    /// <param name="over">Completes when whoever writes has ended.</param>
    /// <param name="give">Takes the bytes; false: bytes are not wanted any more, they are read and dropped.</param>
    public static async Task Pump(Fd fd, Task over, Func<ReadOnlyMemory<byte>, Task<bool>> give)
    {
        var buffer = new byte[BufferBytes];
        var wanted = true;
        using var stop = new CancellationTokenSource();
        while (true)
        {
            var ended = over.IsCompleted;
            var count = fd.TryRead(buffer);
            if (count > 0)
            {
                wanted = wanted && await give(buffer.AsMemory(0, count)).ConfigureAwait(false);
                continue;
            }
            if (count != -Errnos.EAGAIN || ended)
                break;
            var readable = Epoll.Readable(fd, stop.Token);
            if (await Task.WhenAny(readable, over).ConfigureAwait(false) == readable)
                await readable.ConfigureAwait(false);
            else
                await Forget(readable, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Writes everything; false when the reader is gone.</summary>
    public static async Task<bool> Write(Fd fd, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        while (bytes.Length > 0)
        {
            var count = fd.TryWrite(bytes.Span);
            if (count >= 0)
                bytes = bytes[count..];
            else if (count == -Errnos.EAGAIN)
                await Epoll.Writable(fd, ct).ConfigureAwait(false);
            else
                return false;
        }
        return true;
    }

    private static async Task Forget(Task readable, CancellationTokenSource stop)
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await readable.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
