using System.Globalization;
using Holm.Contract;
using Holm.Node.Config;
using Microsoft.AspNetCore.Http.Features;
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
        if (body.Source is not { Type: "file" } source)
            throw new Refusal(400, $"Unknown source type {Names.Show(body.Source?.Type ?? "")}; only file is supported yet by this node");
        if (!Path.IsPathFullyQualified(source.Path) || source.Path.Contains('\0', StringComparison.Ordinal))
            throw new Refusal(400, $"source path {Names.Show(source.Path)} is no absolute path");
        foreach (var alias in body.Aliases ?? [])
            Names.CheckImage(alias?.Name ?? "");
        var file = new ImageFile(source.Path, body.Filename ?? Path.GetFileName(source.Path), body.NoInit, Maps.From(body.Properties));
        await Begin(call, file, body.Aliases ?? [], upload: null).ConfigureAwait(false);
    }

    private static async Task FromBody(Call call)
    {
        var properties = QueryHelpers.ParseQuery(call.Http.Request.Headers["X-LXD-properties"].ToString())
            .ToDictionary(p => p.Key, p => p.Value.ToString());
        var upload = await Receive(call).ConfigureAwait(false);
        try
        {
            // The path of an open file without a name: a crash leaves nothing behind.
            var path = string.Create(CultureInfo.InvariantCulture,
                $"/proc/{Environment.ProcessId}/fd/{upload.SafeFileHandle.DangerousGetHandle()}");
            var noInit = call.Header("X-Holm-No-Init").Equals("true", StringComparison.OrdinalIgnoreCase);
            await Begin(call, new ImageFile(path, call.Header("X-LXD-filename"), noInit, properties), [], upload).ConfigureAwait(false);
        }
        catch
        {
            await upload.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<FileStream> Receive(Call call)
    {
        if (call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var path = Path.Combine(call.Node.UploadFolder, $"upload-{Guid.NewGuid():N}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        try
        {
            File.Delete(path);
            var body = call.Http.Request.Body;
            // What cannot be an image ends here, not after a gigabyte.
            var head = new byte[512];
            var count = await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false,
                call.Http.RequestAborted).ConfigureAwait(false);
            call.Node.Images.CheckHead(head[..count], call.Http.Request.ContentLength ?? 0);
            await file.WriteAsync(head.AsMemory(0, count), call.Http.RequestAborted).ConfigureAwait(false);
            await body.CopyToAsync(file, call.Http.RequestAborted).ConfigureAwait(false);
            await file.FlushAsync(call.Http.RequestAborted).ConfigureAwait(false);
            return file;
        }
        catch (Exception e)
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw e is IOException and not Microsoft.AspNetCore.Http.BadHttpRequestException
                ? new Refusal(507, $"cannot store the uploaded image: {e.Message}", e) : e;
        }
    }

    private static Task Begin(Call call, ImageFile file, IReadOnlyList<ImageAlias> aliases, FileStream? upload)
    {
        Keys.CheckText("file name", file.Filename);
        ImageRoutes.CheckProperties(file.Properties);
        var node = call.Node;
        var plan = new OperationPlan("Downloading image", "images") { MayCancel = true };
        return call.Began(call.Operations.Start(plan, async (run, ct) =>
        {
            await using (upload)
            {
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
