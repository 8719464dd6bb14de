using System.Security.Cryptography;
using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Holm.Node.Api;

/// <summary>
/// Split images on the wire: <c>multipart/form-data</c>, first <c>metadata</c>, then <c>rootfs</c>, nothing else and in no other order.
/// </summary>
/// <remarks>LXD 5.0.2, doc/rest-api.md "/1.0/images"; error texts of lxd/images.go and client/lxd_images.go.</remarks>
internal static class ImageParts
{
    /// <summary>Sends both halves.</summary>
    public static async Task Send(HttpContext http, Stream metadata, ImageExport export)
    {
        var boundary = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(30));
        var fingerprint = Path.GetFileNameWithoutExtension(export.Filename);
        var head = new byte[6];
        var count = await metadata.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, http.RequestAborted)
            .ConfigureAwait(false);
        metadata.Position = 0;
        var first = Header($"--{boundary}\r\n", "metadata", $"meta-{fingerprint}.tar{EndingOf(head.AsSpan(0, count))}");
        var second = Header($"\r\n--{boundary}\r\n", "rootfs", export.Filename);
        var end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        http.Response.ContentType = $"multipart/form-data; boundary={boundary}";
        http.Response.ContentLength = first.Length + metadata.Length + second.Length + export.Length + end.Length;
        var (to, ct) = (http.Response.Body, http.RequestAborted);
        await to.WriteAsync(first, ct).ConfigureAwait(false);
        await metadata.CopyToAsync(to, ct).ConfigureAwait(false);
        await to.WriteAsync(second, ct).ConfigureAwait(false);
        await export.Content.CopyToAsync(to, ct).ConfigureAwait(false);
        await to.WriteAsync(end, ct).ConfigureAwait(false);
    }

    /// <summary>Takes both halves in; the caller disposes what it gets.</summary>
    /// <param name="call">The request.</param>
    /// <param name="receive">Takes one in: its bytes, how many may come, the hash of all.</param>
    /// <exception cref="Refusal">400: they are not these two.</exception>
    public static async Task<(StagedFile Metadata, StagedFile Root, string Sha256)> Receive(
        Call call, Func<Stream, long, IncrementalHash, Task<StagedFile>> receive)
    {
        if (!MediaTypeHeaderValue.TryParse(call.Http.Request.ContentType, out var type) ||
            HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            throw new Refusal(400, "Invalid multipart image: its content type names no boundary");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reader = new MultipartReader(boundary, call.Http.Request.Body);
        try
        {
            var metadata = await receive(await Next(reader, call, "metadata").ConfigureAwait(false), LongestMetadata, hash)
                .ConfigureAwait(false);
            try
            {
                var root = await receive(await Next(reader, call, "rootfs").ConfigureAwait(false), long.MaxValue, hash)
                    .ConfigureAwait(false);
                return (metadata, root, Convert.ToHexStringLower(hash.GetCurrentHash()));
            }
            catch
            {
                metadata.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new Refusal(400, $"Invalid multipart image: {Names.Show(e.Message)}", e);
        }
    }

    private const long LongestMetadata = 4 * 1024 * 1024;

    private static async Task<Stream> Next(MultipartReader reader, Call call, string name)
    {
        var section = await reader.ReadNextSectionAsync(call.Http.RequestAborted).ConfigureAwait(false);
        var found = ContentDispositionHeaderValue.TryParse(section?.ContentDisposition, out var disposition)
            ? HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "" : "";
        if (found == "rootfs.img" && name == "rootfs")
            throw new Refusal(400, "images of virtual machines (rootfs.img) are not supported by this node; it runs containers");
        return found == name ? section!.Body
            : throw new Refusal(400, $"Invalid multipart image: part {name} is wanted here, not {Names.Show(found)}");
    }

    private static byte[] Header(string before, string name, string filename) => Encoding.ASCII.GetBytes(
        $"{before}Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n" +
        "Content-Type: application/octet-stream\r\n\r\n");

    private static string EndingOf(ReadOnlySpan<byte> head) => head switch
    {
        [0x1f, 0x8b, ..] => ".gz",
        [0xfd, (byte)'7', (byte)'z', ..] => ".xz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ".zst",
        _ => "",
    };
}
