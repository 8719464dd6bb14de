using System.Net;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Tests.Registry;

namespace Images.Tests.Oci;

/// <summary>Who Holm is to registries, and who else does not hear of it.</summary>
public sealed class TokenTests : IDisposable
{
    private static readonly RegistryCredentials Anna = new("anna", TokenServer.Password);
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_asked_for_the_image_alone_by_whoever_may_have_it()
    {
        await using var tokens = new TokenServer();
        await using var registry = new RegistryServer { Tokens = tokens, Password = TokenServer.Password };
        await registry.InitializeAsync();
        registry.Push(Layout(0), "public/a:1");
        registry.Push(Layout(0), "private/a:1");
        var store = Store();

        var pushes = tokens.Asked.Count;
        await Pull(store, registry.Host + "/public/a:1", null);
        Assert.All(tokens.Asked.Skip(pushes), a => Assert.Equal((null, "repository:public/a:pull"), a));
        Assert.True(tokens.Asked.Count > pushes);

        var nobody = await Assert.ThrowsAsync<Refusal>(() => Pull(store, registry.Host + "/private/a:1", null));
        Assert.Equal(401, nobody.Code);
        Assert.Contains($"`holm login {registry.Host}`", nobody.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<Refusal>(() => Pull(store, registry.Host + "/private/a:1", Anna with { Password = "guess" }));
        Assert.Equal(401, wrong.Code);
        Assert.Contains("refuses anna", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("guess", wrong.Message, StringComparison.Ordinal);

        var before = tokens.Asked.Count;
        await Pull(store, registry.Host + "/private/a:1", Anna);
        Assert.All(tokens.Asked.Skip(before), a => Assert.Equal(("anna", "repository:private/a:pull"), a));
        using var client = new RegistryClient(new RegistryEndpoint(registry.Host, new Uri($"http://{registry.Host}")), Anna);
        await client.Check(Ct);
        Assert.Equal(("anna", ""), tokens.Asked[^1]);
    }

    [Fact]
    public async Task A_token_that_expires_during_a_pull_is_renewed()
    {
        await using var tokens = new TokenServer();
        await using var registry = new RegistryServer { Tokens = tokens, Password = TokenServer.Password };
        await registry.InitializeAsync();
        registry.Push(Layout(2), "private/slow:1");
        await using var link = new CuttingLink(registry.Port) { CutAfter = 1 << 20 };
        tokens.Life = TimeSpan.FromSeconds(2);
        var before = tokens.Asked.Count;
        var image = await Pull(Store(), link.Host + "/private/slow:1", Anna, async (_, ct) =>
        {
            while (DateTimeOffset.UtcNow <= tokens.LastsUntil.AddSeconds(1))
                await Task.Delay(100, ct);
        });
        Assert.Single(image.Layers);
        Assert.True(link.Cuts >= 2);
        Assert.True(tokens.Asked.Count - before >= 3);
        Assert.All(tokens.Asked.Skip(before), a => Assert.Equal(("anna", "repository:private/slow:pull"), a));
    }

    [Fact]
    public async Task Who_keeps_the_blobs_of_a_registry_is_not_told_who_asks()
    {
        await using var registry = new RegistryServer { Password = TokenServer.Password };
        await registry.InitializeAsync();
        registry.Push(Layout(0), "tools/a:1");
        await using var keeper = new HttpServer(
            "localhost", c => HttpServer.PassOn(c, registry.Host, HttpServer.Basic("anna", TokenServer.Password)));
        await using var front = Before(registry, keeper);
        await Pull(Store(), front.Host + "/tools/a:1", Anna);
        Assert.Contains(front.Asked, a => a.Authorization is not null);
        Assert.NotEmpty(keeper.Asked);
        Assert.All(keeper.Asked, a => Assert.Null(a.Authorization));
    }

    [Fact]
    public async Task Who_keeps_the_blobs_of_a_registry_cannot_ask_for_credentials()
    {
        await using var registry = new RegistryServer { Password = TokenServer.Password };
        await registry.InitializeAsync();
        registry.Push(Layout(0), "tools/a:1");
        await using var thief = new HttpServer("localhost", _ => Task.CompletedTask);
        await using var keeper = new HttpServer("localhost", c =>
        {
            c.Response.StatusCode = 401;
            c.Response.AddHeader("WWW-Authenticate", $"Bearer realm=\"http://{thief.Host}/token\",service=\"x\"");
            return Task.CompletedTask;
        });
        await using var front = Before(registry, keeper);
        var refused = await Assert.ThrowsAsync<Refusal>(() => Pull(Store(), front.Host + "/tools/a:1", Anna));
        Assert.Equal(401, refused.Code);
        Assert.NotEmpty(keeper.Asked);
        Assert.Empty(thief.Asked);
    }

    [Fact]
    public async Task A_token_server_cannot_send_an_identity_elsewhere()
    {
        await using var thief = new HttpServer("localhost", _ => Task.CompletedTask);
        await using var tokens = new HttpServer("localhost", c =>
        {
            c.Response.StatusCode = 307;
            c.Response.RedirectLocation = $"http://{thief.Host}/token";
            return Task.CompletedTask;
        });
        await using var registry = new HttpServer("127.0.0.1", c =>
        {
            c.Response.StatusCode = 401;
            c.Response.AddHeader("WWW-Authenticate", $"Bearer realm=\"http://{tokens.Host}/token\",service=\"x\"");
            return Task.CompletedTask;
        });
        var refused = await Assert.ThrowsAsync<Refusal>(
            () => Pull(Store(), registry.Host + "/tools/a:1", new RegistryCredentials("anna", "", "identity")));
        Assert.Contains("answers 307", refused.Message, StringComparison.Ordinal);
        Assert.Contains("refresh_token=identity", Assert.Single(tokens.Asked).Body, StringComparison.Ordinal);
        Assert.Empty(thief.Asked);
    }

    [Theory]
    [InlineData("{\"token\":\"a\\r\\nX-Evil: b\"}", "gave no token")]
    [InlineData("{\"token\":7}", "no JSON")]
    [InlineData("{}", "gave no token")]
    public async Task What_is_no_token_is_not_used(string answer, string why)
    {
        await using var tokens = new HttpServer(
            "localhost", c => c.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer)).AsTask());
        await using var registry = new HttpServer("127.0.0.1", c =>
        {
            c.Response.StatusCode = 401;
            c.Response.AddHeader("WWW-Authenticate", $"Bearer realm=\"http://{tokens.Host}/token\",service=\"x\"");
            return Task.CompletedTask;
        });
        var refused = await Assert.ThrowsAsync<Refusal>(() => Pull(Store(), registry.Host + "/tools/a:1", null));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Single(registry.Asked);
    }

    /// <summary>A registry whose blobs are somewhere else.</summary>
    private static HttpServer Before(RegistryServer registry, HttpServer keeper) => new("127.0.0.1", c =>
    {
        if (!c.Request.RawUrl!.Contains("/blobs/", StringComparison.Ordinal))
            return HttpServer.PassOn(c, registry.Host, c.Request.Headers["Authorization"]);
        c.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
        c.Response.RedirectLocation = $"http://{keeper.Host}{c.Request.RawUrl}";
        return Task.CompletedTask;
    });

    private static Task<StoredImage> Pull(
        ImageStore store, string name, RegistryCredentials? who, Func<TimeSpan, CancellationToken, Task>? pause = null)
    {
        var reference = ImageReference.Parse(name);
        return new ImagePull(
            store, new RegistrySettings { Insecure = [reference.Registry] }, TimeProvider.System, pause ?? ((_, _) => Task.CompletedTask))
            .Pull(new PullRequest(reference, Platforms.Own, _ => who), _ => { }, Ct);
    }

    private ImageStore Store()
    {
        Directory.CreateDirectory(_scratch["state"]);
        var store = new ImageStore(_scratch["state"], TimeProvider.System);
        store.Open();
        return store;
    }

    /// <summary>An image of one layer with some random megabytes.</summary>
    private string Layout(int megabytes) => _scratch.Shell($"""
        rm -rf L && umoci init --layout L && umoci new --image L:1
        date +%N > name && head -c {megabytes}M /dev/urandom > noise && tar -cf l.tar name noise && umoci raw add-layer --image L:1 l.tar
        echo $PWD/L:1
        """).Trim().Split('\n')[^1];
}
