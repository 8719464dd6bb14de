using System.Net.Mime;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Images: list, look, change the properties, export, delete. A fingerprint may be cut to any unique beginning.</summary>
internal static class ImageRoutes
{
    public static Task List(Call call)
    {
        var filter = Filter.Parse(call.Query("filter"));
        var flakes = call.Node.Flakes.All();
        List<Image> shown = [.. call.Node.Images.List().Select(i => WithUsers(call, i, flakes))];
        if (!filter.IsEmpty)
            shown.RemoveAll(i => !filter.Passes(JsonSerializer.SerializeToElement(i, ContractJson.Default.Image)));
        return call.Recursion == 0
            ? call.Answer([.. shown.Select(i => Url(i.Fingerprint))], ContractJson.Default.IReadOnlyListString)
            : call.Answer(shown, ContractJson.Default.IReadOnlyListImage);
    }

    public static Task Get(Call call)
    {
        var image = Find(call);
        return call.Answer(WithUsers(call, image, call.Node.Flakes.All()), ContractJson.Default.Image, ETag(image));
    }

    public static Task Put(Call call) => Change(call, (_, given) => Edits.Filled(given));

    public static Task Patch(Call call) => Change(call, (now, given) => Edits.Merge(Maps.From(now.Properties), given));

    /// <summary><c>POST /1.0/images/FINGERPRINT/refresh</c>: LXD's answer for an image that came from no server.</summary>
    public static Task Refresh(Call call)
    {
        var image = Find(call);
        var plan = new OperationPlan("Refreshing image", "images", Url(image.Fingerprint));
        return call.Began(call.Operations.Start(plan, (_, _) => throw new Refusal(404, "Image source not found")));
    }

    public static async Task Delete(Call call)
    {
        var image = Find(call);
        RequireUnused(call, call.Document, image);
        var node = call.Node;
        var plan = new OperationPlan("Deleting image", "images", Url(image.Fingerprint));
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            // While the configuration stands still: nobody is given the image meanwhile.
            await Task.Run(() => node.Config.Change("delete an image", document =>
            {
                RequireUnused(call, document, image);
                node.Images.Delete(image.Fingerprint);
                return document;
            }), ct).ConfigureAwait(false);
            node.Events.Lifecycle("image-deleted", Url(image.Fingerprint));
        })).ConfigureAwait(false);
    }

    /// <summary>The file; of an image of LXD's both halves, in the order in which their sha256 is its fingerprint.</summary>
    public static async Task Export(Call call)
    {
        var export = call.Node.Images.Export(Find(call).Fingerprint);
        await using (export.Content)
        await using (export.Metadata)
        {
            if (export.Metadata is { } metadata)
            {
                await ImageParts.Send(call.Http, metadata, export).ConfigureAwait(false);
                return;
            }
            call.Http.Response.ContentType = "application/octet-stream";
            call.Http.Response.ContentLength = export.Length;
            call.Http.Response.Headers.ContentDisposition = new ContentDisposition("inline") { FileName = export.Filename }.ToString();
            await export.Content.CopyToAsync(call.Http.Response.Body, call.Http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// <c>GET /1.0/archive?image=NAME&amp;image=NAME…</c>: a tar with an OCI image layout in it. What fails after its first byte ends the
    /// connection.
    /// </summary>
    public static Task Save(Call call)
    {
        var names = call.Http.Request.Query["image"].OfType<string>().Where(n => n.Length > 0).ToList();
        if (names.Count == 0)
            throw new Refusal(400, "an archive holds one image or more; ask with ?image=NAME");
        call.Http.Response.ContentType = "application/x-tar";
        return call.Node.Images.Save(names, call.Http.Response.Body, call.Http.RequestAborted);
    }

    /// <summary>The image the path names.</summary>
    /// <exception cref="Refusal">404.</exception>
    public static Image Find(Call call) => call.Node.Images.Find(call.Route("fingerprint")) ??
        throw new Refusal(404, $"Image not found: {Names.Show(call.Route("fingerprint"))}");

    public static string Url(string fingerprint) => $"/1.0/images/{fingerprint}";

    private static async Task Change(Call call, Func<Image, Dictionary<string, string>?, IReadOnlyDictionary<string, string>> change)
    {
        var image = Find(call);
        var body = await call.Body(ContractJson.Default.ImagePut).ConfigureAwait(false);
        call.CheckMatch(ETag(image));
        var properties = change(image, body.Properties);
        CheckProperties(properties);
        if (body.Public == true)
            throw NotPublic();
        if (body.AutoUpdate == true)
            throw new Refusal(400, "the image came from no server it could be updated from; leave auto_update false");
        foreach (var profile in body.Profiles ?? [])
        {
            Names.CheckProfile(profile);
            if (!call.Document.Profiles.ContainsKey(profile))
                throw new Refusal(400, $"Profile '{profile}' doesn't exist");
        }
        call.Node.Images.Edit(image.Fingerprint, new ImageEdit(
            properties, body.Profiles ?? image.Profiles, (body.ExpiresAt ?? image.ExpiresAt) is var at && at.Year > 1 ? at : default));
        call.Node.Events.Lifecycle("image-updated", Url(image.Fingerprint));
        await call.Done().ConfigureAwait(false);
    }

    /// <summary>Properties become keys <c>image.*</c> of instances, so they obey the same rules.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void CheckProperties(IReadOnlyDictionary<string, string> properties)
    {
        if (properties.Count > 100)
            throw new Refusal(400, $"{properties.Count} image properties are too many, 100 are allowed");
        foreach (var (key, value) in properties)
            Keys.Check("image." + key, value ?? "");
    }

    /// <summary>The answer to whoever wants an image to be public.</summary>
    public static Refusal NotPublic() => new(400, "a public image is one for callers that are not trusted, and this node answers none; " +
        "leave public false");

    private static Image WithUsers(Call call, Image image, IReadOnlyList<Flake> flakes) => image with
    {
        UsedBy = [.. Users(call, call.Document, image).Select(InstanceRoutes.Url),
            .. FlakesOf(call, image, flakes).Select(FlakeRoutes.Url)],
    };

    /// <summary>Flakes that stand on it, by any name.</summary>
    private static IEnumerable<string> FlakesOf(Call call, Image image, IReadOnlyList<Flake> flakes) => flakes
        .Where(f => ((string?[])[f.Base, .. f.Layers, f.Image]).Any(name => name is { Length: > 0 } && IsCalled(call, name, image)))
        .Select(f => f.Name);

    private static bool IsCalled(Call call, string name, Image image)
    {
        try
        {
            return call.Node.Images.Find(name)?.Fingerprint == image.Fingerprint;
        }
        catch (Refusal)
        {
            // Ambiguous: it names none.
            return false;
        }
    }

    private static IEnumerable<string> Users(Call call, Document document, Image image) => document.Instances.Values
        .Where(i => StandsOn(i, image) || call.Node.Instances.RunningImage(i.Name) == image.Fingerprint)
        .Select(i => i.Name);

    private static bool StandsOn(InstanceConfig instance, Image image) =>
        instance.Image == image.Fingerprint || image.Aliases.Any(a => a.Name == instance.Image);

    /// <summary>Names of the snapshots that could not be brought back without an image.</summary>
    private static IEnumerable<string> SnapshotsOn(Call call, Document document, Image image) => document.Instances.Keys.SelectMany(
        name => call.Node.Snapshots.List(name).Where(s => StandsOn(s.Instance, image)).Select(s => $"{name}/{s.Name}"));

    private static void RequireUnused(Call call, Document document, Image image)
    {
        var users = string.Join(", ", Users(call, document, image).Concat(SnapshotsOn(call, document, image))
            .Concat(FlakesOf(call, image, call.Node.Flakes.All()).Select(f => $"flake {f}")));
        if (users.Length > 0)
            throw new Refusal(400, $"image {image.Fingerprint[..12]} is in use by {users}: delete them first");
    }

    private static string ETag(Image image) => Call.ETag(
        new ImagePut
        {
            Properties = new(Maps.From(image.Properties)),
            Profiles = [.. image.Profiles],
            ExpiresAt = image.ExpiresAt,
        }, ContractJson.Default.ImagePut);
}
