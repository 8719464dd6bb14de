using Holm.Contract;
using Holm.Images.Oci;

namespace Images.Tests.Oci;

public sealed class ImageReferenceTests
{
    private const string Sha = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("docker.io/nginx", "docker.io/library/nginx:latest")]
    [InlineData("index.docker.io/amazon/aws-cli:2.1", "docker.io/amazon/aws-cli:2.1")]
    [InlineData("localhost/a", "localhost/a:latest")]
    [InlineData("10.0.0.5:5000/a/b__c/d-e.f:T_a.g-1", "10.0.0.5:5000/a/b__c/d-e.f:T_a.g-1")]
    [InlineData("[fd00::1]:5000/x:1", "[fd00::1]:5000/x:1")]
    [InlineData("ghcr.io/x/y@" + Sha, "ghcr.io/x/y@" + Sha)]
    [InlineData("ghcr.io/x/y:1@" + Sha, "ghcr.io/x/y:1")]
    public void Names_are_read(string text, string alias) => Assert.Equal(alias, ImageReference.Parse(text).Alias);

    [Theory]
    [InlineData("nginx")]
    [InlineData("a/b")]
    [InlineData("docker.io/")]
    [InlineData("docker.io/A")]
    [InlineData("docker.io/a//b")]
    [InlineData("docker.io/../x")]
    [InlineData("docker.io/a:")]
    [InlineData("docker.io/a:-x")]
    [InlineData("docker.io/a@sha256:12")]
    [InlineData("docker.io/a@md5:0123456789abcdef0123456789abcdef")]
    [InlineData("docker.io/a b")]
    [InlineData("docker.io/a\n")]
    [InlineData("-evil.io/a")]
    [InlineData("x.io:99999999/a")]
    [InlineData("http://x.io/a")]
    public void What_is_no_name_is_refused_with_a_sentence(string text) =>
        Assert.Contains("cannot be used", Assert.Throws<Refusal>(() => ImageReference.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""realm="https://auth.io/t",scope="repository:a/b:pull,push" """, "https://auth.io/t", "repository:a/b:pull,push")]
    [InlineData("realm=https://auth.io/t , scope=\"a\\\"b\"", "https://auth.io/t", "a\"b")]
    [InlineData("realm=\"open", "open", null)]
    [InlineData("=,=,=", null, null)]
    public void A_challenge_is_read_whatever_its_quotes(string text, string? realm, string? scope)
    {
        var read = Challenge.Parameters(text);
        Assert.Equal((realm, scope), (read.GetValueOrDefault("realm"), read.GetValueOrDefault("scope")));
    }
}
