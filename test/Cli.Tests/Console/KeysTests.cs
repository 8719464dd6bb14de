using Holm.Cli.Console;

namespace Cli.Tests.Console;

public sealed class KeysTests
{
    [Theory]
    [InlineData("sh", "show", 0, "ow ", "")]
    [InlineData("app st", "start stop", 0, "", "start  stop")]
    [InlineData("app s", "start stop", 0, "t", "")]
    [InlineData("app start ", "my-app", 0, "my-app ", "")]
    [InlineData("config set web ", "user.", 0, "user.", "")]
    [InlineData("copy my", "\"my file\"", 2, "\"my file\" ", "")]
    [InlineData("copy \"my", "\"my file\"", 0, " file\" ", "")]
    [InlineData("copy my", "\"my folder/\"", 2, "\"my folder/", "")]
    [InlineData("nothing ", "", 0, "", "")]
    [InlineData("# comment", "show", 0, "", "")]
    public void Tab_completes(string before, string offers, int delete, string insert, string show)
    {
        var effect = Keys(Holm.Config.Words.Split(offers.Replace("\\\"", "\"", StringComparison.Ordinal))).Press('\t', before, "");
        Assert.Equal((delete, insert, show), (effect.Delete, effect.Insert, effect.Show));
    }

    [Fact]
    public void Tab_before_a_space_adds_none() => Assert.Equal("ow", Keys(["show"]).Press('\t', "sh", " app").Insert);

    [Fact]
    public void A_question_mark_explains_but_for_inside_quotes()
    {
        Assert.Equal("  show", Keys(["show"]).Press('?', "", "").Show);
        Assert.Equal("  nothing can follow here", Keys([]).Press('?', "logout ", "").Show);
        Assert.Equal("?", Keys(["show"]).Press('?', "description \"what", "").Insert);
    }

    [Fact]
    public void Control_Z_leaves_only_what_is_configured()
    {
        Assert.True(Keys([], configuring: true).Press(Holm.Cli.Console.Keys.Leave, "half", "").Ends);
        Assert.False(Keys([], configuring: false).Press(Holm.Cli.Console.Keys.Leave, "half", "").Ends);
        Assert.True(Keys([]).Press(Holm.Cli.Console.Keys.Interrupt, "half", "").Ends);
    }

    private static Keys Keys(IEnumerable<string> offers, bool configuring = true) =>
        new(_ => [.. offers.Select(o => new Hint(o, "", IsWord: true))], () => 80, () => configuring);
}
