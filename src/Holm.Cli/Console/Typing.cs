using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;

namespace Holm.Cli.Console;

/// <summary>
/// A person at a terminal. Verbs run as programs of their own, with this terminal: their keys and signals are theirs, and whatever
/// they do the session stays.
/// </summary>
internal sealed class Typing : ISeat, IDisposable
{
    private readonly Caller _caller;
    private readonly TerminalSignals _signals = new();
    private readonly Session _session;
    private readonly EditLine _line;

    private Typing(Caller caller)
    {
        _caller = caller with { Node = caller.Node.Interruptible(() => _signals.Interrupted) };
        _session = new Session(_caller, this);
        var keys = new Keys(
            line => Hints.For(_session.Candidate, _caller.Node.Hasty(), line),
            () => Terminal.Size(caller.Screen.Output).Columns,
            () => _session.Candidate is not null);
        try
        {
            _line = new EditLine(caller.Input, caller.Screen.Output, _signals.Woken, _signals.Look, Keys.Bound, keys.Press);
        }
        catch (DllNotFoundException)
        {
            throw new Refusal(500, "the console needs the library libedit: install the package libedit2; verbs and scripts do without it "
                + "(holm --help, holm < FILE)");
        }
    }

    /// <summary>Runs a session to its end; gives the exit code.</summary>
    public static int Run(Caller caller)
    {
        using var typing = new Typing(caller);
        return typing.Run();
    }

    /// <inheritdoc/>
    public int Run(IReadOnlyList<string> words)
    {
        var environment = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment.Add($"{variable.Key}={variable.Value}");
        using var child = Child.Spawn(new Command
        {
            Path = "/proc/self/exe",
            Arguments = words,
            Environment = environment,
            Stdin = _caller.Input,
            Stdout = _caller.Screen.Output,
            Stderr = _caller.Screen.Error,
        });
        while (Poll.FirstReadable(_signals.Woken, child.PidFd) != child.PidFd)
            if (!_signals.Look())
                child.Signal(_signals.Ended);
        var code = child.Wait().GetAwaiter().GetResult().ShellCode;
        if (code == ExitCodes.Signalled + 2)
            _caller.Screen.Note("");
        return code;
    }

    /// <inheritdoc/>
    public bool HasKeyboard => true;

    /// <inheritdoc/>
    public bool Pause(TimeSpan time)
    {
        using var raw = new RawMode(_caller.Input);
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (Environment.TickCount64 is var now && now < until && !_signals.Interrupted)
        {
            Poll.Readable(_caller.Input, (int)(until - now));
            if (!Poll.Readable(_caller.Input, 0))
                continue;
            _caller.Input.TryRead(new byte[64]);
            return false;
        }
        return !_signals.Interrupted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _line?.Dispose();
        _signals.Dispose();
    }

    private int Run()
    {
        while (!_session.Over && _signals.Ended == 0)
        {
            var typed = _line.Read(_session.Prompt);
            if (typed.Gone)
                return ExitCodes.Signalled + (_signals.Ended != 0 ? _signals.Ended : 1);
            _signals.Calm();
            try
            {
                Take(typed);
            }
            catch (Exception e) when (Failure.Of(e) is { } failure)
            {
                _caller.Screen.Complain(failure.Sentence);
            }
        }
        return _signals.Ended != 0 ? ExitCodes.Signalled + _signals.Ended : ExitCodes.Ok;
    }

    private void Take(TypedLine typed)
    {
        switch (typed.Key)
        {
            case null:
                if (!string.IsNullOrWhiteSpace(typed.Text))
                    _line.Remember(typed.Text);
                _session.Take(typed.Text);
                break;
            case Keys.Leave:
                _session.Leave();
                break;
            case Keys.Up:
                _caller.Screen.Line("");
                _session.Up();
                break;
        }
    }
}
