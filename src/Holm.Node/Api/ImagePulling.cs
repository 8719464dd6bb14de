using System.Globalization;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Images out of registries, and who this node is to them.</summary>
internal static class ImagePulling
{
    /// <summary>
    /// <c>POST /1.0/images</c> with a source of type <c>registry</c>: an operation that can be cancelled and goes on another time.
    /// </summary>
    public static Task Begin(Call call, ImageSource source, IReadOnlyList<ImageAlias> aliases)
    {
        var node = call.Node;
        foreach (var alias in aliases)
            Names.CheckImage(alias?.Name ?? "");
        foreach (var login in source.Logins ?? [])
            Check(login.Key, login.Value);
        if (source.Timeout is <= 0)
            throw new Refusal(400, $"a timeout of {source.Timeout} seconds is not allowed; it takes 1 or more");
        var pull = new RegistryPull(source.Name ?? "", source.Architecture, source.Logins ?? []);
        return call.Began(call.Operations.Start(new OperationPlan("Downloading image", "images") { MayCancel = true }, async (run, ct) =>
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
            if (source.Timeout is { } seconds)
                late.CancelAfter(TimeSpan.FromSeconds(seconds));
            try
            {
                var image = await node.Images.Pull(pull, layers => Tell(run, layers), late.Token).ConfigureAwait(false);
                foreach (var alias in aliases)
                    node.Images.SetAlias(alias.Name, image.Fingerprint, alias.Description ?? "");
                run.Tell("size", image.Size.ToString(CultureInfo.InvariantCulture));
                run.Tell("fingerprint", image.Fingerprint);
                node.Events.Lifecycle("image-created", ImageRoutes.Url(image.Fingerprint));
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                throw new Refusal(408, $"pull {pull.Name}: not whole after {source.Timeout} seconds; what came is kept, and the next " +
                    "pull goes on from there");
            }
        }));
    }

    /// <summary>The images of an archive; names that the caller wants go to the only one in it.</summary>
    public static async Task Load(
        NodeFace node, string path, IReadOnlyList<ImageAlias> aliases, OperationRun run, CancellationToken ct)
    {
        var loaded = await node.Images.Load(path, layers => Tell(run, layers), ct).ConfigureAwait(false);
        run.Tell("loaded", JsonSerializer.SerializeToElement(loaded, ContractJson.Default.IReadOnlyListLoadedImage));
        run.Tell("fingerprint", loaded[0].Fingerprint);
        foreach (var image in loaded)
            node.Events.Lifecycle("image-created", ImageRoutes.Url(image.Fingerprint));
        if (aliases.Count > 0 && loaded.Count > 1)
            throw new Refusal(400, $"{loaded.Count} images are in the archive, and one name is wanted; they have their own names");
        foreach (var alias in aliases)
            node.Images.SetAlias(alias.Name, loaded[0].Fingerprint, alias.Description ?? "");
    }

    /// <summary><c>DELETE /1.0/images/unfinished</c>: removes what came of images that are not whole.</summary>
    public static Task Abandon(Call call)
    {
        foreach (var fingerprint in call.Node.Images.Unfinished())
            call.Node.Images.Abandon(fingerprint);
        return call.Done();
    }

    /// <summary><c>GET /1.0/registries</c>: hosts; never what is secret.</summary>
    public static Task Logins(Call call) => call.Answer(call.Node.Images.Logins(), ContractJson.Default.IReadOnlyListString);

    /// <summary><c>PUT /1.0/registries/HOST</c>: asks the registry, then keeps who the node is there.</summary>
    public static async Task Login(Call call)
    {
        var login = await call.Body(ContractJson.Default.RegistryLogin).ConfigureAwait(false);
        Check(call.Route("host"), login);
        await call.Node.Images.Login(call.Route("host"), login, call.Http.RequestAborted).ConfigureAwait(false);
        await call.Done().ConfigureAwait(false);
    }

    /// <summary><c>DELETE /1.0/registries/HOST</c>.</summary>
    public static Task Logout(Call call)
    {
        call.Node.Images.Logout(call.Route("host"));
        return call.Done();
    }

    private static void Check(string host, RegistryLogin? login)
    {
        if (!RegistryConfig.IsHost(host))
            throw new Refusal(400, $"registry {Names.Show(host)} is no host; write a name or address, with :PORT where it is not 443");
        if (login is null || (login.IdentityToken is null && login.User.Length == 0) || login.User.Any(c => c == ':' || char.IsControl(c)))
            throw new Refusal(400, $"registry {host}: a user name is needed, without a colon");
    }

    private static void Tell(OperationRun run, IReadOnlyList<PullLayer> layers)
    {
        static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
        var moving = layers.Where(l => l.State is "fetching").Select(l => $"{l.Digest} {Megabytes(l.Here)}/{Megabytes(l.Size)}")
            .Concat(layers.Where(l => l.State is "converting").Select(l => $"{l.Digest} to SquashFS"));
        run.Tell("layers", JsonSerializer.SerializeToElement(layers, ContractJson.Default.IReadOnlyListPullLayer));
        var sum = $"{layers.Count(l => l.State == "done")} of {layers.Count} layers, {Megabytes(layers.Sum(l => l.Here))} of " +
            $"{Megabytes(layers.Sum(l => l.Size))} MB";
        run.Tell("pull_progress", string.Join("; ", moving.Prepend(sum)));
    }
}
