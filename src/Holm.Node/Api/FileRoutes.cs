using Holm.Contract;
using Holm.Linux;
using Holm.Node.Files;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Holm.Node.Api;

/// <summary>
/// <c>/1.0/instances/NAME/files?path=PATH</c>: files of an instance. A folder is answered with its names, all else with its bytes and the
/// headers of <see cref="FileHeaders"/>.
/// </summary>
internal static class FileRoutes
{
    private const int PieceBytes = 128 * 1024, LongestPath = 4095;

    /// <summary>How long a push may say nothing: what it goes into is held for it.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    public static Task Get(Call call) => Retrieve(call, async (file, ct) =>
    {
        switch (file.Stat)
        {
            case { IsFolder: true }:
                await call.Answer(file.Entries(), ContractJson.Default.IReadOnlyListString).ConfigureAwait(false);
                break;
            case { IsLink: true }:
                await SendTarget(call, file.Target(), ct).ConfigureAwait(false);
                break;
            default:
                await SendContent(call, file, ct).ConfigureAwait(false);
                break;
        }
    });

    public static Task Head(Call call) => Retrieve(call, (file, _) =>
    {
        if (file.Stat.IsRegular)
            call.Http.Response.ContentLength = file.Stat.Size;
        call.Http.Response.ContentType = file.Stat.IsFolder ? "application/json" : "application/octet-stream";
        return Task.CompletedTask;
    });

    public static async Task Post(Call call)
    {
        var (name, path, headers) = (InstanceRoutes.Find(call).Name, PathOf(call), FileHeaders.Read(call.Http.Request.Headers));
        var changed = true;
        Func<InnerFiles, CancellationToken, Task> work = headers switch
        {
            { Type: "directory" } => (files, _) =>
            {
                changed = files.MakeFolder(path, headers.Entry);
                return Task.CompletedTask;
            }
            ,
            { Type: "symlink" } => async (files, ct) => changed = files.MakeLink(path, await TargetOf(call, ct).ConfigureAwait(false)),
            { Append: true } => async (files, ct) =>
            {
                using var file = files.Append(path);
                await Receive(call, files, path, piece => file.WriteAll(piece.Span), ct).ConfigureAwait(false);
            }
            ,
            _ => async (files, ct) =>
            {
                using var pushed = files.Push(path, headers.Entry);
                await Receive(call, files, path, piece => pushed.Write(piece.Span), ct).ConfigureAwait(false);
                files.Told("write", path, () =>
                {
                    pushed.Commit();
                    return true;
                });
            }
            ,
        };
        await call.Node.Instances.Files(name, true, work, call.Http.RequestAborted).ConfigureAwait(false);
        if (changed)
            Tell(call, "instance-file-pushed", name, path);
        await call.Done().ConfigureAwait(false);
    }

    public static async Task Delete(Call call)
    {
        var (name, path) = (InstanceRoutes.Find(call).Name, PathOf(call));
        await call.Node.Instances.Files(name, true, (files, _) =>
        {
            files.Remove(path);
            return Task.CompletedTask;
        }, call.Http.RequestAborted).ConfigureAwait(false);
        Tell(call, "instance-file-deleted", name, path);
        await call.Done().ConfigureAwait(false);
    }

    private static async Task Retrieve(Call call, Func<OpenedFile, CancellationToken, Task> send)
    {
        var (name, path) = (InstanceRoutes.Find(call).Name, PathOf(call));
        await call.Node.Instances.Files(name, false, async (files, ct) =>
        {
            using var file = files.Open(path);
            FileHeaders.Write(call.Http.Response.Headers, file);
            Tell(call, "instance-file-retrieved", name, path);
            await send(file, ct).ConfigureAwait(false);
        }, call.Http.RequestAborted).ConfigureAwait(false);
    }

    private static Task SendTarget(Call call, byte[] target, CancellationToken ct)
    {
        call.Http.Response.ContentType = "application/octet-stream";
        call.Http.Response.ContentLength = target.Length;
        return call.Http.Response.Body.WriteAsync(target, ct).AsTask();
    }

    /// <summary>As long as it was when it was opened; one that is cut meanwhile ends the connection.</summary>
    private static async Task SendContent(Call call, OpenedFile file, CancellationToken ct)
    {
        using var content = file.Content();
        var response = call.Http.Response;
        response.ContentType = "application/octet-stream";
        response.ContentLength = file.Stat.Size;
        response.Headers.ContentDisposition = $"inline;filename*=UTF-8''{Uri.EscapeDataString(Path.GetFileName(PathOf(call)))}";
        var piece = new byte[PieceBytes];
        for (var at = 0L; at < file.Stat.Size;)
        {
            var count = content.ReadAt(piece.AsSpan(0, (int)Math.Min(piece.Length, file.Stat.Size - at)), at);
            if (count == 0)
                throw new LinuxException("read a file that was cut meanwhile", Errnos.EIO);
            await response.Body.WriteAsync(piece.AsMemory(0, count), ct).ConfigureAwait(false);
            at += count;
        }
    }

    /// <summary>Takes the body in, a piece at a time.</summary>
    private static async Task Receive(Call call, InnerFiles files, string path, Action<ReadOnlyMemory<byte>> write, CancellationToken ct)
    {
        var http = call.Http;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var piece = new byte[PieceBytes];
        while (true)
        {
            deadline.CancelAfter(LongestPause);
            int count;
            try
            {
                count = await http.Request.Body.ReadAsync(piece, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new Refusal(408, $"nothing more of the file came for {LongestPause.TotalSeconds} s");
            }
            if (count == 0)
                return;
            files.Told("write", path, () =>
            {
                write(piece.AsMemory(0, count));
                return true;
            });
        }
    }

    private static async Task<byte[]> TargetOf(Call call, CancellationToken ct)
    {
        var target = new byte[LongestPath + 1];
        var length = await call.Http.Request.Body.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, ct)
            .ConfigureAwait(false);
        if (length is 0 or > LongestPath || target.AsSpan(0, length).Contains((byte)0))
            throw new Refusal(400, $"the target of a symbolic link is 1 to {LongestPath} bytes long, none of them zero");
        return target[..length];
    }

    /// <summary>LXD's client leaves out the first slash.</summary>
    private static string PathOf(Call call)
    {
        var path = call.Query("path");
        if (path.Length == 0)
            throw new Refusal(400, "Missing path argument");
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new Refusal(400, "the path has a zero byte in it");
        return path.StartsWith('/') ? path : "/" + path;
    }

    private static void Tell(Call call, string action, string name, string path) =>
        call.Node.Events.Lifecycle(action, InstanceRoutes.Url(name), ("path", path));
}
