using Holm.Cli;
using Holm.Cli.Help;

namespace Cli.Tests;

public sealed class HelpTests
{
    [Fact]
    public void Help_of_every_verb() => Golden.Same("help.txt", string.Concat(All(Tree.Build(), "holm")
        .Select(v => $"{HelpText.Render(v.Verb, v.Path)}\n{new string('=', 80)}\n")));

    [Fact]
    public void Man_page_in_the_repository_is_what_holm_man_prints() =>
        Golden.SameFile(Path.Combine(Golden.Root, "docs", "man", "holm.1"), Run.Holm(null, "man").Out);

    [Fact]
    public void Man_page_is_clean_troff()
    {
        using var groff = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("groff", ["-man", "-ww", "-z", "-Kutf8",
            Path.Combine(Golden.Root, "docs", "man", "holm.1")])
        { RedirectStandardError = true })!;
        Assert.Equal("", groff.StandardError.ReadToEnd());
    }

    [Fact]
    public void Every_verb_has_a_description_a_run_and_an_example_that_parses()
    {
        foreach (var (verb, path) in All(Tree.Build(), "holm"))
        {
            Assert.False(string.IsNullOrEmpty(verb.Description), path);
            Assert.False(verb.Description!.EndsWith('.'), path);
            if (verb.Run is null)
                continue;
            Assert.NotEmpty(verb.Examples);
            Assert.All(verb.Examples, e => Assert.Contains(path, e, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Help_is_printed_even_where_arguments_are_missing()
    {
        var result = Run.Holm(null, "app", "start", "--help");
        Assert.Equal((0, ""), (result.Code, result.Err));
        Assert.StartsWith("holm app start: start apps\n\nUsage: holm app start", result.Out);
    }

    internal static IEnumerable<(Verb Verb, string Path)> All(Verb verb, string path) =>
        [(verb, path), .. HelpText.Verbs(verb).SelectMany(v => All(v, $"{path} {v.Name}"))];
}
