using System.Text;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>What the image of an instance says of itself, and its templates: shown, not changed.</summary>
/// <remarks>LXD 5.0.2, doc/rest-api.yaml, "/1.0/instances/{name}/metadata".</remarks>
internal static class MetadataRoutes
{
    public static Task Get(Call call)
    {
        var metadata = Of(call).Metadata;
        return call.Answer(metadata, ContractJson.Default.ImageMetadata, Call.ETag(metadata, ContractJson.Default.ImageMetadata));
    }

    /// <summary>Their names; with <c>?path=NAME</c> the text of one.</summary>
    public static async Task Templates(Call call)
    {
        var (_, templates) = Of(call);
        if (call.Query("path") is not { Length: > 0 } name)
        {
            await call.Answer([.. templates.Keys.Order(StringComparer.Ordinal)], ContractJson.Default.IReadOnlyListString)
                .ConfigureAwait(false);
            return;
        }
        var text = Encoding.UTF8.GetBytes(templates.GetValueOrDefault(name) ??
            throw new Refusal(404, $"Path \"{Names.Show(name)}\" not found; `lxc config template list` names them"));
        call.Http.Response.ContentType = "application/octet-stream";
        call.Http.Response.ContentLength = text.Length;
        await call.Http.Response.Body.WriteAsync(text, call.Http.RequestAborted).ConfigureAwait(false);
    }

    public static Task Refuse(Call call)
    {
        InstanceRoutes.Find(call);
        throw new Refusal(400, "metadata and templates of an instance are its image's here, and are changed there: export the image, " +
            "change its metadata.yaml or templates/, and import it");
    }

    private static (ImageMetadata Metadata, IReadOnlyDictionary<string, string> Templates) Of(Call call)
    {
        var instance = InstanceRoutes.Find(call);
        var image = call.Node.Images.Find(instance.Image) ?? throw new Refusal(404, $"Image not found: {Names.Show(instance.Image)}");
        return call.Node.Images.Metadata(image.Fingerprint) ?? (new ImageMetadata
        {
            Architecture = image.Architecture,
            CreationDate = image.CreatedAt.ToUnixTimeSeconds(),
            Properties = image.Properties,
        }, new Dictionary<string, string>());
    }
}
