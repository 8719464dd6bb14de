using Holm.Cli;
using Holm.Cli.Streams;
using Holm.Linux.Terminals;

namespace Cli.Tests;

public sealed class EscapeKeysTests
{
    [Theory]
    [InlineData("abc", "abc", false)]
    [InlineData("a\u0010\u0010b", "a\u0010b", false)]
    [InlineData("\u0010\u0011", "", true)]
    [InlineData("\u0010q", "", true)]
    [InlineData("\u0010Q", "", true)]
    [InlineData("ab\u0010qcd", "ab", true)]
    [InlineData("\u0010x", "\u0010x", false)]
    [InlineData("q\u0011", "q\u0011", false)]
    [InlineData("\u0010\u0010q", "\u0010q", false)]
    [InlineData("\u0010", "", false)]
    public void Way_out_with_the_standard_prefix(string typed, string sent, bool left)
    {
        // In one piece and byte by byte.
        Assert.Equal((sent, left), Feed(EscapeOption.Parse("^p"), typed, typed.Length));
        Assert.Equal((sent, left), Feed(EscapeOption.Parse("^p"), typed, 1));
    }

    [Fact]
    public void Other_prefix_and_none()
    {
        Assert.Equal(("\u0010q", false), Feed(EscapeOption.Parse("ctrl-a"), "\u0010q", 1));
        Assert.Equal(("", true), Feed(EscapeOption.Parse("C-a"), "\u0001q", 1));
        Assert.Equal(("\u0010q\u0001q", false), Feed(EscapeOption.Parse("none"), "\u0010q\u0001q", 1));
    }

    [Fact]
    public void Banner_follows_the_prefix()
    {
        Assert.Equal("Type <Ctrl+p q> to exit the console, <Ctrl+p Ctrl+p> to enter Ctrl+p itself", EscapeOption.Parse("^p").Banner);
        Assert.Equal("Type <Ctrl+a q> to exit the console, <Ctrl+a Ctrl+a> to enter Ctrl+a itself", EscapeOption.Parse("^A").Banner);
        Assert.Equal("Type <Ctrl+] q> to exit the console, <Ctrl+] Ctrl+]> to enter Ctrl+] itself", EscapeOption.Parse("^]").Banner);
    }

    [Theory]
    [InlineData("^q")]
    [InlineData("p")]
    [InlineData("^")]
    [InlineData("")]
    [InlineData("^pp")]
    [InlineData("^1")]
    public void Wrong_prefix_is_a_usage_error(string text) => Assert.Throws<UsageError>(() => EscapeOption.Parse(text));

    private static (string Sent, bool Left) Feed(EscapeKeys keys, string typed, int piece)
    {
        List<byte> sent = [];
        var bytes = typed.Select(c => (byte)c).Chunk(piece);
        var left = bytes.Any(b => keys.Feed(b, sent));
        return (string.Concat(sent.Select(b => (char)b)), left);
    }
}
