using System.CommandLine;
using Holm.Cli.Console;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Cli.Wire;
using Holm.Linux;

namespace Holm.Cli;

/// <summary>The program: reads the command line, runs one verb, turns what went wrong into one line and an exit code.</summary>
internal static class Program
{
    // @file and [directive] words are names like any other; -abc is no bundle of three switches.
    private static readonly ParserConfiguration Plain = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    // Stands in for closed standard streams, whose numbers the next sockets would take, and with them what is printed.
    private static readonly List<Fd> Spare = [];

    private static int Main(string[] args)
    {
        do
            Spare.Add(Fd.Open("/dev/null", OpenFlags.O_RDONLY));
        while (Spare[^1].Number <= 2);
        var screen = new Screen(new Fd(1), new Fd(2));
        return Run(args, screen, new Fd(0), Environment.GetEnvironmentVariable, Path.GetFileName(Environment.GetCommandLineArgs()[0]));
    }

    /// <summary>Everything but the process: the tests come in here.</summary>
    /// <param name="args">The words.</param>
    /// <param name="screen">Standard output and error.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="environment">By name.</param>
    /// <param name="name">By which it was called; <c>flake-ctl</c> takes flake-pilot's command lines.</param>
    public static int Run(string[] args, Screen screen, Fd input, Func<string, string?> environment, string? name = null)
    {
        var tree = Tree.Build();
        try
        {
            if (name == "flake-ctl" && FlakeCtl.NothingToDo(args) is { } nothing)
                return Print(screen, nothing);
            if (name == "flake-ctl")
                args = FlakeCtl.Translate(args);
            var line = tree.Parse(Abbreviations.Expand(tree, args), Plain);
            return Guarded(line, (Verb)line.CommandResult.Command, screen, input, environment);
        }
        catch (UsageError e)
        {
            screen.Complain($"{e.Message}; see holm --help");
            return ExitCodes.Usage;
        }
        catch (OutputGone)
        {
            return ExitCodes.Signalled + 13;
        }
    }

    private static int Guarded(ParseResult line, Verb verb, Screen screen, Fd input, Func<string, string?> environment)
    {
        var path = HelpText.Path(line.CommandResult);
        try
        {
            if (line.GetValue(Tree.Help))
                return Print(screen, HelpText.Render(verb, path));
            if (line.GetResult(Tree.Version) is { Implicit: false })
                return Print(screen, $"holm {typeof(Program).Assembly.GetName().Version?.ToString(3)}");
            if (verb.Subcommands.Count > 0 && line.UnmatchedTokens is [var word, ..])
                throw new UsageError(WrongLine.NoVerb(word));
            if (verb.Run is null)
                throw new UsageError("a verb is missing");
            if (WrongLine.Find(line, verb) is { } wrong)
                throw new UsageError(wrong);
            return verb.Run(line, Caller(line, screen, input, environment));
        }
        catch (Exception e) when (Failure.Of(e) is { } failure)
        {
            screen.Complain(e is UsageError ? $"{failure.Sentence}; see {path} --help" : failure.Sentence);
            // Ctrl-C is no failure of exec itself.
            return verb.Name == "exec" && e is not Cancelled ? ExitCodes.ExecFailed : failure.Code;
        }
    }

    private static Caller Caller(ParseResult line, Screen screen, Fd input, Func<string, string?> environment)
    {
        var run = environment("HOLM_RUN") is { Length: > 0 } given ? given : "/run/holm";
        Action<string>? trace = line.GetValue(Tree.Debug) ? text => screen.Note($"debug: {Visible.Line(text)}") : null;
        return new(new Node(Path.Combine(run, "unix.socket"), trace), screen, input, environment);
    }

    private static int Print(Screen screen, string text)
    {
        screen.Line(text);
        return ExitCodes.Ok;
    }
}
