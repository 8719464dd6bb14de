using Holm.Cli.Console;

namespace Cli.Tests.Console;

public sealed class HalfLineTests
{
    [Theory]
    [InlineData("", "", "", "", false)]
    [InlineData("show", "", "show", "show", false)]
    [InlineData("show ", "show", "", "", false)]
    [InlineData("  show  app we", "show,app", "we", "we", false)]
    [InlineData("copy \"my fi", "copy", "my fi", "\"my fi", true)]
    [InlineData("copy \"my file\"", "copy", "my file", "\"my file\"", false)]
    [InlineData("copy \"my file\" ", "copy,my file", "", "", false)]
    [InlineData("description \"a # b", "description", "a # b", "\"a # b", true)]
    public void The_word_at_the_cursor_is_found(string before, string words, string last, string raw, bool quoted)
    {
        var line = HalfLine.Read(before)!;
        Assert.Equal((words, last, raw, quoted), (string.Join(',', line.Words), line.Last, line.Raw, line.Quoted));
    }

    [Theory]
    [InlineData("# show")]
    [InlineData("show # a")]
    [InlineData("description \"a\\")]
    [InlineData("description \"a\\q")]
    public void Nothing_is_offered_in_a_comment_or_an_escape(string before) => Assert.Null(HalfLine.Read(before));
}
