using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Flakes;

namespace Holm.Node.Api;

/// <summary>Flakes: list, look, register, replace, remove, reset; as JSON, or as the YAML that is kept.</summary>
/// <remarks>
/// A body of type <c>application/yaml</c> is a flake's own text, or one of flake-pilot's; documents after the first lie over it as drop-ins
/// do. <c>?name=NAME</c> names it where the text does not, <c>?force=true</c> replaces one that is there. <c>?instance=NAME</c> of a reset:
/// only what a call named <c>@NAME</c>.
/// </remarks>
internal static class FlakeRoutes
{
    private const string YamlType = "application/yaml";

    public static Task List(Call call)
    {
        var all = call.Node.Flakes.All();
        return call.Recursion == 0
            ? call.Answer([.. all.Select(f => Url(f.Name))], ContractJson.Default.IReadOnlyListString)
            : call.Answer(all, ContractJson.Default.IReadOnlyListFlake);
    }

    public static Task Get(Call call)
    {
        var flake = call.Node.Flakes.Get(call.Route("name"));
        var wantsYaml = call.Query("format") switch
        {
            "" => call.Http.Request.Headers.Accept.ToString().StartsWith(YamlType, StringComparison.OrdinalIgnoreCase),
            "yaml" => true,
            "json" => false,
            var other => throw new Refusal(400, $"format={Names.Show(other)} is not known; json and yaml are"),
        };
        return wantsYaml ? Text(call, FlakeText.Write(flake)) : call.Answer(flake, ContractJson.Default.Flake, ETag(flake));
    }

    public static async Task Create(Call call)
    {
        var import = await Body(call, null).ConfigureAwait(false);
        var flake = import.Flake;
        var force = call.Query("force") switch
        {
            "" or "false" or "0" => false,
            "true" or "1" => true,
            var other => throw new Refusal(400, $"force={Names.Show(other)} is not allowed; true and false are"),
        };
        var isNew = call.Node.Flakes.All().All(f => f.Name != flake.Name);
        await call.Node.Flakes.Register(flake, force, call.Http.RequestAborted).ConfigureAwait(false);
        call.Node.Events.Lifecycle(isNew ? "flake-created" : "flake-updated", Url(flake.Name));
        call.Http.Response.Headers.Location = Url(flake.Name);
        await call.Answer(import, ContractJson.Default.FlakeImport).ConfigureAwait(false);
    }

    public static async Task Put(Call call)
    {
        var name = call.Route("name");
        call.CheckMatch(ETag(call.Node.Flakes.Get(name)));
        var flake = (await Body(call, name).ConfigureAwait(false)).Flake;
        if (flake.Name != name)
            throw new Refusal(400,
                $"flake {name} cannot be called {Names.Show(flake.Name)}; register it under that name, and remove this one");
        await call.Node.Flakes.Register(flake, true, call.Http.RequestAborted).ConfigureAwait(false);
        call.Node.Events.Lifecycle("flake-updated", Url(name));
        await call.Done().ConfigureAwait(false);
    }

    public static Task Delete(Call call)
    {
        var name = call.Route("name");
        call.Node.Flakes.Remove(name);
        call.Node.Events.Lifecycle("flake-deleted", Url(name));
        return call.Done();
    }

    public static async Task Reset(Call call)
    {
        var called = call.Query("instance");
        await call.Node.Flakes.Reset(call.Route("name"), called.Length > 0 ? called : null).ConfigureAwait(false);
        await call.Done().ConfigureAwait(false);
    }

    /// <summary><c>GET /1.0/images/NAME/flake</c>: what the vendor wrote into the image for those who register it.</summary>
    public static Task Info(Call call)
    {
        var image = call.Route("fingerprint");
        return Text(call, call.Node.Flakes.Info(image) ?? throw new Refusal(404,
            $"image {Names.Show(image)} has no defaults for flakes: in its root is no file of its name and .yaml"));
    }

    public static string Url(string name) => $"/1.0/flakes/{name}";

    private static async Task<FlakeImport> Body(Call call, string? name)
    {
        var type = call.Http.Request.ContentType ?? "";
        if (!type.StartsWith(YamlType, StringComparison.OrdinalIgnoreCase))
        {
            var given = await call.Body(ContractJson.Default.Flake).ConfigureAwait(false);
            var usual = name ?? Path.GetFileName(given.Commands.Keys.FirstOrDefault("")) ?? "";
            var chosenName = given.Name.Length > 0 ? given.Name : usual;
            return new FlakeImport { Flake = given with { Name = chosenName, File = null, Problem = null } };
        }
        using var reader = new StreamReader(call.Http.Request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true));
        string text;
        try
        {
            text = await reader.ReadToEndAsync(call.Http.RequestAborted).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw new Refusal(400, "the request's body is not UTF-8", e);
        }
        var chosen = name ?? call.Query("name");
        var where = chosen.Length > 0 ? chosen + ".yaml" : "the request's body";
        if (FlakePilotText.Is(text, where))
            return FlakePilotText.Read(chosen, text, where);
        var flake = FlakeText.Read(text, where);
        return new FlakeImport { Flake = flake.Name.Length > 0 ? flake : flake with { Name = chosen } };
    }

    private static Task Text(Call call, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        call.Http.Response.ContentType = YamlType;
        call.Http.Response.ContentLength = bytes.Length;
        return call.Http.Response.Body.WriteAsync(bytes, call.Http.RequestAborted).AsTask();
    }

    private static string ETag(Flake flake) => Call.ETag(flake with { File = null, Problem = null }, ContractJson.Default.Flake);
}
