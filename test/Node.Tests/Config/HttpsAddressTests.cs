using Holm.Config;
using Holm.Contract;

namespace Node.Tests.Config;

/// <summary>Where the node answers by TLS, as people write it.</summary>
public sealed class HttpsAddressTests
{
    [Theory]
    [InlineData("8443", ":8443")]
    [InlineData(":443", ":443")]
    [InlineData("[::]", ":8443")]
    [InlineData("*:1", ":1")]
    [InlineData("10.0.0.1", "10.0.0.1:8443")]
    [InlineData("10.0.0.1:65535", "10.0.0.1:65535")]
    [InlineData("fd00::1", "[fd00::1]:8443")]
    [InlineData("[FD00::1]:9", "[fd00::1]:9")]
    public void What_is_meant(string text, string means)
    {
        Assert.Equal(means, HttpsAddress.Parse(text).ToString());
        Assert.Equal(HttpsAddress.Parse(text), HttpsAddress.Parse(means));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("10.0.0.1:")]
    [InlineData("10.0.0.1:08443x")]
    [InlineData("10.1:8443")]
    [InlineData("example.org:8443")]
    [InlineData("[fd00::1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("10.0.0.1:84 43")]
    public void What_is_none(string text) =>
        Assert.Contains("write a port", Assert.Throws<Refusal>(() => HttpsAddress.Parse(text)).Message, StringComparison.Ordinal);
}
