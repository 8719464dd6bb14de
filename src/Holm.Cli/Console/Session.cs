using Holm.Cli.Help;
using Holm.Config.Language;

namespace Holm.Cli.Console;

/// <summary>What a session needs of whoever types.</summary>
internal interface ISeat
{
    /// <summary>Runs a verb of the command line; gives its exit code. What went wrong has been told.</summary>
    int Run(IReadOnlyList<string> words);

    /// <summary>True when somebody could press a key.</summary>
    bool HasKeyboard { get; }

    /// <summary>Waits; false as soon as a key is pressed.</summary>
    bool Pause(TimeSpan time);
}

/// <summary>Nobody types: one line is all there is.</summary>
internal sealed class NoSeat : ISeat
{
    /// <inheritdoc/>
    public int Run(IReadOnlyList<string> words) => throw new UsageError("only lines of the configuration can follow configure");

    /// <inheritdoc/>
    public bool HasKeyboard => false;

    /// <inheritdoc/>
    public bool Pause(TimeSpan time) => false;
}

/// <summary>
/// A session of the console: takes line after line, whoever types them.
/// <code>
///                     configure [LINE]
///        top level ----------------------------> configuration: places of the language
///        (verbs)   &lt;----------------------------  |      ^
///           |       leave, end of the outermost:  '------'
///           |       applied, or refused and stays    lines, end
///           |       abort: forgotten
///           v logout
///         over
/// </code>
/// </summary>
internal sealed class Session(Caller caller, ISeat seat)
{
    /// <summary>The words of the top level.</summary>
    public static Verb Words { get; } = ConsoleWords.Build();

    private static readonly string Host = Environment.MachineName.Split('.')[0];
    private Candidate? _candidate;

    /// <summary>The place, as it stands before a line.</summary>
    public string Prompt => $"{Host}:/{_candidate?.Draft.Prompt}#> ";

    /// <summary>True after logout.</summary>
    public bool Over { get; private set; }

    /// <summary>What is being configured; null: nothing.</summary>
    public Candidate? Candidate => _candidate;

    /// <summary>Takes a line; gives an exit code.</summary>
    /// <exception cref="Exception">One that <see cref="Failure"/> reads: nothing has been told yet, and nothing has changed.</exception>
    public int Take(string line)
    {
        var words = Config.Words.Split(line);
        return words.Count == 0 ? ExitCodes.Ok : _candidate is null ? Exec(words) : Configure(_candidate, words);
    }

    /// <summary>Applies and goes to the top level, as ^Z does.</summary>
    public void Leave()
    {
        if (_candidate is null)
            return;
        caller.Screen.Line("Applying configuration.");
        var answer = _candidate.Apply();
        _candidate = null;
        if (answer is not null)
            NodeConfiguration.Finish(caller, answer, "applying configuration");
        caller.Screen.Line("Configuration activated.  Remember \"copy run start\" to save to flash (NVRAM).");
    }

    /// <summary>Goes one level up, as ^D does: never is something applied or forgotten by it.</summary>
    public void Up()
    {
        if (_candidate is null)
            Over = true;
        else if (_candidate.Up())
            return;
        else if (_candidate.Changed)
            throw new UsageError("something was configured: leave applies it, abort forgets it");
        else
            _candidate = null;
    }

    /// <summary>Writes one line into the configuration and applies it, as <c>holm configure LINE</c> does.</summary>
    public void ConfigureAtOnce(IReadOnlyList<string> words)
    {
        _candidate = new Candidate(caller.Node);
        foreach (var line in Split(words))
            Configure(_candidate ?? throw new UsageError($"nothing can follow {line[0]}; it leads out of the configuration"), line);
        Leave();
    }

    private int Exec(IReadOnlyList<string> typed)
    {
        var words = Abbreviations.Expand(Words, typed);
        switch (words)
        {
            case ["configure", .. var line] when line is not ["--help", ..]:
                Enter(line);
                return ExitCodes.Ok;
            case ["repeat", .. var line]:
                return Repeat(line);
            case ["help", .. var path]:
                caller.Screen.Line(Hints.Help(Words, Abbreviations.Expand(Words, path)));
                return ExitCodes.Ok;
            case ["logout" or "exit"]:
                Over = true;
                return ExitCodes.Ok;
            case ["logout" or "exit", var more, ..]:
                throw new UsageError($"'{more}' is too much after {words[0]}");
            case ["cp", .. var places]:
                return seat.Run(["copy", .. places]);
            default:
                return Find(words) is { Run: null } group ? List(group) : seat.Run(words);
        }
    }

    private void Enter(string[] line)
    {
        var candidate = new Candidate(caller.Node);
        _candidate = candidate;
        if (line.Length == 0)
            return;
        try
        {
            Configure(candidate, line);
            candidate.SetFloor();
            if (candidate.Draft.Path.Count == 0 && _candidate is not null)
                End(candidate);
        }
        catch
        {
            _candidate = null;
            throw;
        }
    }

    private int Configure(Candidate candidate, IReadOnlyList<string> words)
    {
        var match = SessionForm.Read(candidate.Draft.Place, words);
        switch (match.Form)
        {
            case null:
                throw new UsageError(match.Error);
            case Line { Lead: "end" }:
                if (!candidate.Up())
                    End(candidate);
                break;
            case Line line:
                candidate.Write(line, match.Arguments);
                break;
            case var form when form == SessionForm.EndLine:
                End(candidate);
                break;
            case var form when form == SessionForm.LeaveLine:
                Leave();
                break;
            case var form when form == SessionForm.AbortLine:
                _candidate = null;
                break;
            case var form when form == SessionForm.DoLine || (form == SessionForm.ShowLine && match.Arguments.All("text").Count > 0):
                return Do(form == SessionForm.DoLine ? match.Arguments.All("text") : ["show", .. match.Arguments.All("text")]);
            case var form when form == SessionForm.ShowLine:
                caller.Screen.Line(PlaceView.Render(candidate.Draft));
                break;
            default:
                caller.Screen.Line(Hints.Help(candidate.Draft.Place));
                break;
        }
        return ExitCodes.Ok;
    }

    // Where nothing was written there is nothing to tell either.
    private void End(Candidate candidate)
    {
        if (candidate.Changed)
            Leave();
        else
            _candidate = null;
    }

    private int Do(IReadOnlyList<string> words) => Abbreviations.Expand(Words, words) is ["configure" or "logout" or "exit", ..] whole
        ? throw new UsageError($"{whole[0]} cannot be done inside the configuration; leave or abort it first")
        : Exec(words);

    private int Repeat(IReadOnlyList<string> words)
    {
        var (seconds, line) = words is [var first, ..] && int.TryParse(first, out var number) ? (number, words.Skip(1)) : (1, words);
        if (seconds is < 1 or > 86400 || !line.Any())
            throw new UsageError("write repeat LINE, or repeat N LINE with N from 1 to 86400 seconds");
        if (!seat.HasKeyboard)
            throw new UsageError("repeat is for a terminal, where a key ends it");
        int code;
        do
            code = Exec([.. line]);
        while (code == ExitCodes.Ok && seat.Pause(TimeSpan.FromSeconds(seconds)));
        return code;
    }

    private static Verb? Find(IReadOnlyList<string> words)
    {
        var verb = Words;
        foreach (var word in words)
            if (verb.Subcommands.OfType<Verb>().FirstOrDefault(v => v.Name == word) is { } below)
                verb = below;
            else
                return null;
        return verb;
    }

    private int List(Verb group)
    {
        caller.Screen.Line(Hints.Columns([.. HelpText.Verbs(group).Select(v => new Offer(v.Name, v.Description ?? ""))]));
        return ExitCodes.Ok;
    }

    // A shell's words are one line; a semicolon of its own begins the next.
    private static IEnumerable<IReadOnlyList<string>> Split(IReadOnlyList<string> words)
    {
        List<string> line = [];
        foreach (var word in words.Append(";"))
        {
            if (word != ";")
            {
                line.Add(word);
                continue;
            }
            if (line.Count > 0)
                yield return line;
            line = [];
        }
    }
}
