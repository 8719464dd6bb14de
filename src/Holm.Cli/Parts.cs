using System.CommandLine;
using System.Globalization;
using Holm.Cli.Help;

namespace Holm.Cli;

/// <summary>Arguments and options that several verbs share, each with what completion offers for it.</summary>
internal static class Parts
{
    /// <summary>One app.</summary>
    public static Argument<string> App() => One("NAME", "name of the app", LiveNames.Instances);

    /// <summary>One app or more.</summary>
    public static Argument<string[]> Apps() => Some("NAME", "names of apps", LiveNames.Instances);

    /// <summary>One argument.</summary>
    public static Argument<string> One(string name, string description, LiveName? live = null)
    {
        var argument = new Argument<string>(name) { Description = description };
        LiveNames.Offer(argument.CompletionSources, live);
        return argument;
    }

    /// <summary>One argument or none.</summary>
    public static Argument<string?> Maybe(string name, string description, LiveName? live = null)
    {
        var argument = new Argument<string?>(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };
        LiveNames.Offer(argument.CompletionSources, live);
        return argument;
    }

    /// <summary>One argument or more; with <paramref name="least"/> 0 also none.</summary>
    public static Argument<string[]> Some(string name, string description, LiveName? live = null, int least = 1)
    {
        var argument = new Argument<string[]>(name)
        {
            Description = description,
            Arity = least == 0 ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
        };
        LiveNames.Offer(argument.CompletionSources, live);
        return argument;
    }

    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    /// <summary>An option with a value.</summary>
    public static Option<string?> Value(string name, string value, string description, LiveName? live = null)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = value };
        LiveNames.Offer(option.CompletionSources, live);
        return option;
    }

    /// <summary>An option that may be given several times.</summary>
    public static Option<string[]> Values(string name, string value, string description, LiveName? live = null)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore };
        LiveNames.Offer(option.CompletionSources, live);
        return option;
    }

    /// <summary><c>--format table|json|csv</c> of lists.</summary>
    public static Option<string> ListFormat() => Format("table", "table", "json", "csv");

    /// <summary><c>--format text|json</c> of single objects.</summary>
    public static Option<string> ShowFormat() => Format("text", "text", "json");

    /// <summary>A whole number from an option's text; the default where the option was not given.</summary>
    public static int Number(string? text, string option, int otherwise, int least, int most) =>
        text is null ? otherwise
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
            ? number
        : throw new UsageError($"{option} wants a whole number from {least} to {most}, not '{text}'");

    private static Option<string> Format(string standard, params string[] all)
    {
        var option = new Option<string>("--format", "-f")
        {
            Description = $"how to print: {string.Join(", ", all)} (standard: {standard}; json gives the API's own objects)",
            HelpName = string.Join('|', all),
            DefaultValueFactory = _ => standard,
        };
        option.AcceptOnlyFromAmong(all);
        return option;
    }
}
