using Holm.Cli;
using Holm.Cli.Console;

namespace Cli.Tests.Console;

public sealed class AbbreviationTests
{
    [Theory]
    [InlineData("sh app", "show app")]
    [InlineData("sh a im", "show app image")]
    [InlineData("sh run", "show running-config")]
    [InlineData("conf app foo netbox", "configure app foo netbox")]
    [InlineData("config show web", "config show web")]
    [InlineData("cop run start", "copy run start")]
    [InlineData("app at bar", "app attach bar")]
    [InlineData("app r bar", "app restart bar")]
    [InlineData("ima l --format csv", "image list --format csv")]
    [InlineData("exi", "exit")]
    [InlineData("logo", "logout")]
    [InlineData("show app list", "show app list")]
    [InlineData("nosuch app", "nosuch app")]
    public void Words_are_spelled_out(string typed, string whole) =>
        Assert.Equal(whole, string.Join(' ', Abbreviations.Expand(Session.Words, typed.Split(' '))));

    [Theory]
    [InlineData("app s web", "'s' could be start or stop")]
    public void What_could_be_several_is_told(string typed, string error) =>
        Assert.Equal(error, Assert.Throws<UsageError>(() => Abbreviations.Expand(Session.Words, typed.Split(' '))).Message);
}
