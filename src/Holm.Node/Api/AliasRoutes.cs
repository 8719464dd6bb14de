using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Names of images.</summary>
internal static class AliasRoutes
{
    public static Task List(Call call) => call.Recursion == 0
        ? call.Answer([.. call.Node.Images.Aliases().Select(a => Url(a.Name))], ContractJson.Default.IReadOnlyListString)
        : call.Answer([.. call.Node.Images.Aliases().Select(View)], ContractJson.Default.IReadOnlyListImageAlias);

    public static Task Get(Call call)
    {
        var alias = Find(call);
        return call.Answer(View(alias), ContractJson.Default.ImageAlias, ETag(alias));
    }

    public static async Task Create(Call call)
    {
        var body = await call.Body(ContractJson.Default.ImageAlias).ConfigureAwait(false);
        var name = body.Name ?? "";
        Names.CheckImage(name);
        if (call.Node.Images.Aliases().Any(a => a.Name == name))
            throw new Refusal(409, $"Alias \"{name}\" already exists");
        Set(call, name, body.Target, body.Description);
        call.Node.Events.Lifecycle("image-alias-created", Url(name), ("target", call.Node.Images.Find(name)?.Fingerprint ?? ""));
        await call.Created(Url(name)).ConfigureAwait(false);
    }

    public static Task Put(Call call) => Change(call, (_, body) => (body.Target, body.Description ?? ""));

    public static Task Patch(Call call) => Change(call, (now, body) => (body.Target ?? now.Target, body.Description ?? now.Description));

    public static async Task Rename(Call call)
    {
        var alias = Find(call);
        var body = await call.Body(ContractJson.Default.ImageAliasPut).ConfigureAwait(false);
        Names.CheckImage(body.Name ?? "");
        if (call.Node.Images.Aliases().Any(a => a.Name == body.Name))
            throw new Refusal(409, $"Alias \"{body.Name}\" already exists");
        RequireUnfollowed(call, alias);
        call.Node.Images.RenameAlias(alias.Name, body.Name!);
        call.Node.Events.Lifecycle("image-alias-renamed", Url(body.Name!), ("old_name", alias.Name));
        await call.Created(Url(body.Name!)).ConfigureAwait(false);
    }

    public static Task Delete(Call call)
    {
        var alias = Find(call);
        RequireUnfollowed(call, alias);
        call.Node.Images.DeleteAlias(alias.Name);
        call.Node.Events.Lifecycle("image-alias-deleted", Url(alias.Name));
        return call.Done();
    }

    private static async Task Change(Call call, Func<ImageAlias, ImageAliasPut, (string? Target, string Description)> change)
    {
        var alias = Find(call);
        var body = await call.Body(ContractJson.Default.ImageAliasPut).ConfigureAwait(false);
        call.CheckMatch(ETag(alias));
        var (target, description) = change(alias, body);
        Set(call, alias.Name, target, description);
        call.Node.Events.Lifecycle("image-alias-updated", Url(alias.Name));
        await call.Done().ConfigureAwait(false);
    }

    private static void Set(Call call, string name, string? target, string? description)
    {
        Keys.CheckText("description", description ?? "");
        var image = call.Node.Images.Find(target is { Length: > 0 } ? target : throw new Refusal(400,
            "target is missing; give a fingerprint"));
        call.Node.Images.SetAlias(name, (image ?? throw new Refusal(404, $"Image not found: {Names.Show(target)}")).Fingerprint,
            description ?? "");
    }

    private static void RequireUnfollowed(Call call, ImageAlias alias)
    {
        var users = string.Join(", ", call.Document.Instances.Values.Where(i => i.Image == alias.Name).Select(i => i.Name));
        if (users.Length > 0)
            throw new Refusal(400, $"alias {alias.Name} is followed by {users}: give them another image, or delete them first");
    }

    private static ImageAlias Find(Call call)
    {
        var name = call.Route("alias");
        return call.Node.Images.Aliases().FirstOrDefault(a => a.Name == name) ??
            throw new Refusal(404, $"Image alias not found: {Names.Show(name)}");
    }

    private static ImageAlias View(ImageAlias alias) => alias with { Type = "container" };

    private static string ETag(ImageAlias alias) => Call.ETag(
        new ImageAliasPut { Description = alias.Description, Target = alias.Target }, ContractJson.Default.ImageAliasPut);

    private static string Url(string name) => $"/1.0/images/aliases/{Uri.EscapeDataString(name)}";
}
