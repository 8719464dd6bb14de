using System.Text;
using LaunchWords = Holm.Launch.Words;

namespace Cli.Tests;

/// <summary>What of a flake's command line is Holm's.</summary>
public sealed class LaunchWordsTests
{
    private static LaunchWords Read(params string[] arguments) =>
        LaunchWords.Read(Encoding.Latin1.GetBytes(string.Concat(arguments.Prepend("/usr/bin/tool").Select(a => a + '\0'))));

    private static string Left(LaunchWords words) => Encoding.Latin1.GetString(words.Arguments).Replace('\0', '|');

    [Theory]
    [InlineData("a|@b|%progress|--|c", "", "", "a|@b|%progress|--|c|", 5)]
    [InlineData("@name|a", "name", "", "a|", 1)]
    [InlineData("@name|@other|a", "name", "", "@other|a|", 2)]
    [InlineData("%progress|%remove|@n|x", "n", "progress remove", "x|", 1)]
    [InlineData("%unknown|x", "", "", "%unknown|x|", 2)]
    [InlineData("%progress:value|x", "", "progress:value", "x|", 1)]
    [InlineData("@@x|@y", "", "", "@x|@y|", 2)]
    [InlineData("%%x", "", "", "%x|", 1)]
    [InlineData("@n|@@x", "n", "", "@x|", 1)]
    [InlineData("--|@x", "", "", "@x|", 1)]
    [InlineData("--|--|x", "", "", "--|x|", 2)]
    [InlineData("--|-x", "", "", "--|-x|", 2)]
    [InlineData("@n|--|-x", "n", "", "-x|", 1)]
    [InlineData("@scope/package", "", "", "@scope/package|", 1)]
    [InlineData("@file.rsp", "", "", "@file.rsp|", 1)]
    [InlineData("@|%", "", "", "@|%|", 2)]
    [InlineData("\xff\xfe|", "", "", "\xff\xfe||", 2)]
    public void Words_of_Holm_only_lead(string arguments, string instance, string options, string left, int count)
    {
        var words = Read(arguments.Split('|'));
        Assert.Equal((instance, options, left, count), (words.Instance, string.Join(' ', words.Options), Left(words), words.Count));
    }

    [Fact]
    public void No_word_is_no_word()
    {
        var words = Read();
        Assert.Equal(("", 0), (Left(words), words.Count));
        Assert.Equal(("", 0), (Left(LaunchWords.Read([])), LaunchWords.Read([]).Count));
    }
}
