using System.Security.Cryptography;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Images.Oci;

/// <summary>
/// Brings one blob into a file, whatever the link does. The file's length is the progress, so another process goes on with it:
/// <code>
///   hash what is here ─> ask from there on ─> append and hash ─┬─ whole, digest right: fsync, done
///         ^                                                    ├─ whole, digest wrong: once more from nothing, then refused
///         └── pause, longer each time that brings nothing ─────┴─ cut
/// </code>
/// What a power cut garbled at the end of the file is found by the digest.
/// </summary>
/// <param name="client">The registry.</param>
/// <param name="path">Path of the image there.</param>
/// <param name="pause">Waits; tests need not.</param>
internal sealed class BlobFetch(RegistryClient client, string path, Func<TimeSpan, CancellationToken, Task> pause)
{
    /// <summary>Tries in a row that bring no byte, before it is given up.</summary>
    private const int Tries = 8;

    /// <summary>Bytes read at a time.</summary>
    private const int Piece = 128 * 1024;

    /// <summary>Fetches what is missing.</summary>
    /// <param name="blob">Which, and how long.</param>
    /// <param name="file">Gets it; may hold a beginning.</param>
    /// <param name="progress">Bytes that are here.</param>
    /// <param name="ct">Gives up; what is here stays.</param>
    /// <exception cref="Refusal">The registry refuses, does not come back, or sends other bytes than these; 507 no room.</exception>
    public async Task Fetch(OciDescriptor blob, string file, Action<long> progress, CancellationToken ct)
    {
        var digest = Digest.Parse(blob.Digest, $"{client.Host}/{path}");
        for (var again = false; ; again = true)
        {
            using var target = GrowingFile.Open(file);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            if (target.Length > blob.Size)
                target.Clear();
            var resumed = target.Length > 0;
            Room.Check(Path.GetDirectoryName(file)!, blob.Size - target.Length);
            progress(Hash(target, hash, ct));
            await Rest(blob, digest, target, hash, progress, ct).ConfigureAwait(false);
            if (Digest.Of(hash) == digest)
            {
                target.Sync();
                return;
            }
            target.Clear();
            if (again || !resumed)
                throw new Refusal(400, $"{client.Host}/{path}: the bytes that came for {digest.Brief} are others than it names; " +
                    "nothing of them is kept");
        }
    }

    private async Task Rest(
        OciDescriptor blob, Digest digest, GrowingFile target, IncrementalHash hash, Action<long> progress, CancellationToken ct)
    {
        for (var failed = 0; target.Length is var before && before < blob.Size;)
        {
            var why = "the connection was closed early";
            TimeSpan? asked = null;
            try
            {
                await Once(blob, digest, target, hash, progress, ct).ConfigureAwait(false);
            }
            catch (HttpRequestException e)
            {
                (why, asked) = (e.InnerException?.Message ?? e.Message, (e as BusyException)?.Pause);
            }
            var here = target.Length;
            if (here == blob.Size)
                return;
            failed = here > before ? 0 : failed + 1;
            if (failed == Tries)
                throw new Refusal(503, $"{client.Host}/{path}: {digest.Brief} stopped at {here} of {blob.Size} bytes: {why}; " +
                    "what came is kept, and the next pull goes on from there");
            await pause(Backoff.Pause(failed, asked), ct).ConfigureAwait(false);
        }
    }

    /// <summary>One request, until it ends.</summary>
    private async Task Once(
        OciDescriptor blob, Digest digest, GrowingFile target, IncrementalHash hash, Action<long> progress, CancellationToken ct)
    {
        var here = target.Length;
        var (answer, from) = await client.Blob(path, digest, here, ct).ConfigureAwait(false);
        using (answer)
        {
            if (from > here)
                throw new Refusal(400, $"{client.Host}: asked for {digest.Brief} from byte {here} on, it answers from {from}");
            var body = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
            var buffer = new byte[Piece];
            for (int count; here < blob.Size && (count = await RegistryClient.Read(body, buffer, ct).ConfigureAwait(false)) > 0;)
            {
                // A registry that does not give parts begins anew: what is here already is passed over.
                var known = (int)Math.Min(here - from, count);
                from += count;
                var piece = buffer.AsSpan(known, (int)Math.Min(count - known, blob.Size - here));
                if (piece.IsEmpty)
                    continue;
                Room.Check(Path.GetDirectoryName(target.Path)!, piece.Length);
                target.Append(piece);
                hash.AppendData(piece);
                progress(here += piece.Length);
            }
        }
    }

    private static long Hash(GrowingFile target, IncrementalHash hash, CancellationToken ct)
    {
        var buffer = new byte[Piece];
        long here = 0;
        for (int count; (count = target.Read(buffer)) > 0; here += count)
        {
            ct.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }
        return here;
    }
}
