using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;
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
        if (type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
            throw new Refusal(400, "split images are not supported yet by this node; send the SquashFS or the tar file alone");
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
        if (body.Source is not { Type: "file" or "archive" } source)
            throw new Refusal(400, $"Unknown source type {Names.Show(body.Source?.Type ?? "")}; file, archive and registry are known to " +
                "this node");
        if (!Path.IsPathFullyQualified(source.Path) || source.Path.Contains('\0', StringComparison.Ordinal))
            throw new Refusal(400, $"source path {Names.Show(source.Path)} is no absolute path");
        foreach (var alias in body.Aliases ?? [])
            Names.CheckImage(alias?.Name ?? "");
        var file = new ImageFile(source.Path, body.Filename ?? Path.GetFileName(source.Path), body.NoInit, Maps.From(body.Properties),
            IsArchive: source.Type == "archive");
        CheckWords(file.Filename, file.Properties);
        await Begin(call, file, body.Aliases ?? []).ConfigureAwait(false);
    }

    private static async Task FromBody(Call call)
    {
        var properties = QueryHelpers.ParseQuery(call.Http.Request.Headers["X-LXD-properties"].ToString())
            .ToDictionary(p => p.Key, p => p.Value.ToString());
        var filename = call.Header("X-LXD-filename");
        var noInit = call.Header("X-Holm-No-Init").Equals("true", StringComparison.OrdinalIgnoreCase);
        CheckWords(filename, properties);
        var upload = await Receive(call).ConfigureAwait(false);
        // From here on the file is the operation's, also when the client does not wait for the answer.
        var isArchive = call.Header("X-Holm-Archive").Equals("true", StringComparison.OrdinalIgnoreCase);
        var file = new ImageFile(upload.Path, filename, noInit, properties, upload, isArchive);
        await Begin(call, file, []).ConfigureAwait(false);
    }

    /// <summary>How long an upload may say nothing.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);

    private static void CheckWords(string filename, IReadOnlyDictionary<string, string> properties)
    {
        Keys.CheckText("file name", filename);
        ImageRoutes.CheckProperties(properties);
    }

    /// <summary>Writes the body to a staged file, which the store removes at its next start if this process dies here.</summary>
    private static async Task<StagedFile> Receive(Call call)
    {
        var (http, images) = (call.Http, call.Node.Images);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        // What feeds a pipe may pause for minutes: `xz -9`, a backup over a thin line.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var file = Durable.Stage(call.Node.UploadFolder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(LongestPause);
        try
        {
            // What cannot be an image ends here, not after a gigabyte.
            var piece = new byte[256 * 1024];
            var count = await http.Request.Body.ReadAtLeastAsync(piece, 512, throwOnEndOfStream: false, deadline.Token)
                .ConfigureAwait(false);
            images.CheckHead(piece[..Math.Min(count, 512)]);
            images.CheckRoom(http.Request.ContentLength ?? 0);
            for (; count > 0; count = await http.Request.Body.ReadAsync(piece, deadline.Token).ConfigureAwait(false))
            {
                deadline.CancelAfter(LongestPause);
                images.CheckRoom(count);
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
            throw e is IOException and not Microsoft.AspNetCore.Http.BadHttpRequestException
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
