using System.Globalization;
using System.Security.Cryptography;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Holm.Node.Api;

/// <summary><c>POST /1.0/images</c>: takes an image in, from a file of this machine (a JSON body) or as the body itself.</summary>
internal static class ImageImport
{
    public static async Task Import(Call call)
    {
        var type = call.Http.Request.ContentType ?? "";
        if (type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) || (type.Length == 0
            && call.Http.Request.ContentLength < Call.LongestBody))
            await FromFile(call).ConfigureAwait(false);
        else
            await FromBody(call).ConfigureAwait(false);
    }

    private static async Task FromFile(Call call)
    {
        var body = await call.Body(ContractJson.Default.ImagesPost).ConfigureAwait(false);
        if (body.Source is { Type: "registry" } registry)
        {
            await ImagePulling.Begin(call, registry, body.Aliases ?? []).ConfigureAwait(false);
            return;
        }
        if (body.Source is { Type: "instance" or "container" or "snapshot" } published)
        {
            await ImagePublish.Begin(call, published, body).ConfigureAwait(false);
            return;
        }
        if (body.Source is not { Type: "file" or "archive" } source)
            throw NotTaken(body.Source?.Type ?? "");
        if (!Path.IsPathFullyQualified(source.Path) || source.Path.Contains('\0', StringComparison.Ordinal))
            throw new Refusal(400, $"source path {Names.Show(source.Path)} is no absolute path");
        foreach (var alias in body.Aliases ?? [])
            Names.CheckImage(alias?.Name ?? "");
        var file = new ImageFile(source.Path, body.Filename ?? Path.GetFileName(source.Path), body.NoInit, Maps.From(body.Properties),
            IsArchive: source.Type == "archive");
        CheckWords(file.Filename, file.Properties);
        await Begin(call, file, body.Aliases ?? []).ConfigureAwait(false);
    }

    /// <summary>Sources of LXD's that this node does not have, and the way there is instead.</summary>
    private static Refusal NotTaken(string type) => type switch
    {
        "url" => new Refusal(400, "this node fetches no image from a URL; fetch the file yourself, check it, and import it: " +
            "`lxc image import META ROOTFS`"),
        "image" => new Refusal(400, "this node copies no image from another server; `lxc image export` there and `lxc image import` " +
            "here, or let the client carry it: `lxc image copy … --mode=relay`"),
        _ => new Refusal(400, $"Unknown source type {Names.Show(type)}; file, archive, registry, instance and snapshot are known here"),
    };

    private static async Task FromBody(Call call)
    {
        var properties = QueryHelpers.ParseQuery(call.Words("properties")).ToDictionary(p => p.Key, p => p.Value.ToString());
        var profiles = QueryHelpers.ParseQuery(call.Words("profiles"));
        var filename = Uri.UnescapeDataString(call.Words("filename"));
        var noInit = call.Header("X-Holm-No-Init").Equals("true", StringComparison.OrdinalIgnoreCase);
        if (Keys.IsTrue(call.Words("public")))
            throw ImageRoutes.NotPublic();
        CheckWords(filename, properties);
        List<string> named = [.. profiles.SelectMany(p => p.Value).OfType<string>()];
        named.ForEach(Names.CheckProfile);
        var (metadata, upload, sha256) = await ReceiveAll(call).ConfigureAwait(false);
        // From here on the files are the operation's, also when the client does not wait for the answer.
        var isArchive = call.Header("X-Holm-Archive").Equals("true", StringComparison.OrdinalIgnoreCase);
        var file = new ImageFile(upload.Path, filename, noInit, properties, upload, isArchive)
        {
            Metadata = metadata,
            Sha256 = sha256,
            Profiles = named.Count == 0 ? null : named,
        };
        await Begin(call, file, []).ConfigureAwait(false);
    }

    private static async Task<(StagedFile? Metadata, StagedFile Upload, string Sha256)> ReceiveAll(Call call)
    {
        OpenLimits(call.Http);
        var isSplit = (call.Http.Request.ContentType ?? "").StartsWith("multipart/", StringComparison.OrdinalIgnoreCase);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        (StagedFile? Metadata, StagedFile Upload, string Sha256) all = isSplit
            ? await ImageParts.Receive(call, (part, most, sum) => Receive(call, part, most, sum)).ConfigureAwait(false)
            : (null, await Receive(call, call.Http.Request.Body, long.MaxValue, hash).ConfigureAwait(false), "");
        if (!isSplit)
            all.Sha256 = Convert.ToHexStringLower(hash.GetCurrentHash());
        if (call.Words("fingerprint") is not { Length: > 0 } expected || expected == all.Sha256)
            return all;
        all.Metadata?.Dispose();
        all.Upload.Dispose();
        throw new Refusal(400, $"fingerprints don't match, got {all.Sha256} expected {Names.Show(expected)}");
    }

    /// <summary>How long an upload may say nothing.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);

    private static void CheckWords(string filename, IReadOnlyDictionary<string, string> properties)
    {
        Keys.CheckText("file name", filename);
        ImageRoutes.CheckProperties(properties);
    }

    private static void OpenLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        // What feeds a pipe may pause for minutes: `xz -9`, a backup over a thin line.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    /// <summary>Writes a body to a staged file, which the store removes at its next start if this process dies here.</summary>
    private static async Task<StagedFile> Receive(Call call, Stream body, long most, IncrementalHash hash)
    {
        var (http, images) = (call.Http, call.Node.Images);
        var file = Durable.Stage(call.Node.UploadFolder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(LongestPause);
        try
        {
            // What cannot be an image ends here, not after a gigabyte.
            var piece = new byte[256 * 1024];
            var count = await body.ReadAtLeastAsync(piece, 512, throwOnEndOfStream: false, deadline.Token)
                .ConfigureAwait(false);
            images.CheckHead(piece[..Math.Min(count, 512)]);
            images.CheckRoom(http.Request.ContentLength ?? 0);
            for (; count > 0; count = await body.ReadAsync(piece, deadline.Token).ConfigureAwait(false))
            {
                deadline.CancelAfter(LongestPause);
                if ((most -= count) < 0)
                    throw new Refusal(400, "the metadata half of an image is not that long; it holds metadata.yaml and templates/");
                images.CheckRoom(count);
                hash.AppendData(piece.AsSpan(0, count));
                file.Write(piece.AsSpan(0, count));
            }
            return file;
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            file.Dispose();
            throw new Refusal(408, $"nothing more of the upload came for {LongestPause.TotalMinutes} minutes; nothing of it is kept");
        }
        catch (Exception e)
        {
            file.Dispose();
            throw e is IOException and not BadHttpRequestException
                ? new Refusal(507, $"cannot store the uploaded image: {e.Message}", e) : e;
        }
    }

    private static Task Begin(Call call, ImageFile file, IReadOnlyList<ImageAlias> aliases)
    {
        var node = call.Node;
        var plan = new OperationPlan("Downloading image", "images") { MayCancel = true };
        return call.Began(call.Operations.Start(plan, async (run, ct) =>
        {
            using (file.Upload)
            using (file.Metadata)
            {
                if (file.IsArchive)
                {
                    await ImagePulling.Load(node, file.Path, aliases, run, ct).ConfigureAwait(false);
                    return;
                }
                var image = await node.Images.Import(file, new Progress(run), ct).ConfigureAwait(false);
                foreach (var alias in aliases)
                    node.Images.SetAlias(alias.Name, image.Fingerprint, alias.Description ?? "");
                run.Tell("size", image.Size.ToString(CultureInfo.InvariantCulture));
                run.Tell("fingerprint", image.Fingerprint);
                node.Events.Lifecycle("image-created", ImageRoutes.Url(image.Fingerprint));
            }
        }));
    }

    /// <summary>Told in order, on the thread that reports.</summary>
    private sealed class Progress(OperationRun run) : IProgress<string>
    {
        public void Report(string value) => run.Tell("import_progress", value);
    }
}
