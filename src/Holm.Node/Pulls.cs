using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Holm.Node.Api;
using Holm.Node.Config;

namespace Holm.Node;

/// <summary>Pulls as this node's configuration and logins say.</summary>
/// <param name="images">Where to.</param>
/// <param name="config">Has the registries.</param>
/// <param name="logins">Who the node is to them.</param>
/// <param name="clock">Paces what is told.</param>
internal sealed class Pulls(ImageStore images, ConfigStore config, Logins logins, TimeProvider clock)
{
    /// <summary>Pulls; a name without a registry is looked for in those that are searched, in the order of their names.</summary>
    public async Task<StoredImage> Pull(RegistryPull pull, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct)
    {
        var settings = Settings();
        var platform = pull.Architecture is null ? Platforms.Own : Platforms.Parse(pull.Architecture);
        var references = References(pull.Name, settings);
        var refusals = new List<Refusal>();
        foreach (var reference in references)
            try
            {
                return await new ImagePull(images, settings, clock)
                    .Pull(new PullRequest(reference, platform, host => Of(pull, host)), tell, ct).ConfigureAwait(false);
            }
            catch (Refusal refusal) when (references.Count > 1 && refusal.Code is 401 or 403 or 404 or 503)
            {
                refusals.Add(refusal);
            }
        throw new Refusal(refusals[^1].Code, string.Join("; ", refusals.Select(r => r.Message)), refusals[^1]);
    }

    /// <summary>Takes in the images of an archive.</summary>
    public Task<IReadOnlyList<(StoredImage Image, IReadOnlyList<string> Names)>> Load(
        string path, Action<IReadOnlyList<PullLayer>> tell, CancellationToken ct) =>
        new ImagePull(images, Settings(), clock).Load(path, Platforms.Own, tell, ct);

    /// <summary>Asks the registry, then keeps who the node is there.</summary>
    public async Task Login(string host, RegistryLogin login, CancellationToken ct)
    {
        var credentials = new RegistryCredentials(login.User, login.Password, login.IdentityToken);
        using var client = new RegistryClient(Settings().Endpoint(host), credentials);
        try
        {
            await client.Check(ct).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new Refusal(503, $"log in at {host}: it cannot be asked: {e.InnerException?.Message ?? e.Message}", e);
        }
        logins.Set(host, credentials);
    }

    private static List<ImageReference> References(string name, RegistrySettings settings)
    {
        if (ImageReference.NamesRegistry(name))
            return [ImageReference.Parse(name)];
        return settings.Search.Count > 0 ? [.. settings.Search.Select(host => ImageReference.Parse($"{host}/{name}"))]
            : throw new Refusal(400, $"image name {Names.Show(name)} begins with no registry, and none is searched; write one, for " +
                $"example {Names.Show(ImageReference.Hub + "/" + name)}, or `holm configure registry {ImageReference.Hub} search`");
    }

    private RegistryCredentials? Of(RegistryPull pull, string host) => pull.Logins.TryGetValue(host, out var login)
        ? new RegistryCredentials(login.User, login.Password, login.IdentityToken) : logins.Of(host);

    private RegistrySettings Settings()
    {
        var registries = config.Current.Registries.Values;
        return new RegistrySettings
        {
            Search = [.. registries.Where(r => r.Search).Select(r => r.Host)],
            Insecure = [.. registries.Where(r => r.Insecure).Select(r => r.Host)],
            Mirrors = registries.ToDictionary(r => r.Host, r => (IReadOnlyList<string>)r.Mirrors),
        };
    }
}
