using System.Text;
using Holm.Config;
using Holm.Config.Language;
using Holm.Contract;
using Holm.Linux;

namespace Holm.Cli.Console;

/// <summary>Lines that come from a file or a pipe, as one session. The first that is wrong ends it, unless told to keep going.</summary>
internal sealed class Script : ISeat
{
    private const int LongestLine = 256 * 1024;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Caller _caller;
    private readonly Session _session;
    private int _code;
    private bool _skipping;

    private Script(Caller caller) => (_caller, _session) = (caller, new Session(caller, this));

    /// <summary>Runs the script to its end, or to the first line that is wrong; gives the exit code of the first.</summary>
    public static int Run(Caller caller, bool keepGoing)
    {
        var script = new Script(caller);
        var number = 0;
        foreach (var line in Lines(caller.Input))
        {
            caller.Screen.Place = $"line {++number}: ";
            script.Try(() => script.Take(line));
            if (script._session.Over || (script._code != 0 && !keepGoing))
                break;
        }
        if (script._session.Candidate is not null && (script._code == 0 || keepGoing))
            script.Try(() => throw new UsageError("the script ends inside the configuration, without leave; nothing of it was applied"));
        caller.Screen.Place = "";
        return script._code;
    }

    /// <inheritdoc/>
    public int Run(IReadOnlyList<string> words)
    {
        // The script itself is no input of the verbs in it.
        using var nothing = Fd.Open("/dev/null", OpenFlags.O_RDONLY);
        return Program.Run([.. words], _caller.Screen, nothing, _caller.Environment);
    }

    /// <inheritdoc/>
    public bool HasKeyboard => false;

    /// <inheritdoc/>
    public bool Pause(TimeSpan time) => false;

    private void Try(Func<int> take)
    {
        try
        {
            Note(take());
        }
        catch (Exception e) when (Failure.Of(e) is { } failure)
        {
            _caller.Screen.Complain(failure.Sentence);
            Note(failure.Code);
        }
    }

    private void Note(int code) => _code = _code == ExitCodes.Ok ? code : _code;

    private int Take(byte[] bytes)
    {
        var line = Text(bytes);
        if (_skipping && !EndsSkipping(line))
            return ExitCodes.Ok;
        try
        {
            return _session.Take(line);
        }
        catch
        {
            _skipping = _session.Candidate is { Draft.Path.Count: 0 } candidate
                && SessionForm.Read(candidate.Draft.Place, Words.Split(line)).Form
                    is null or Line { IsNo: false, Lead: not ("resources" or "registry") };
            throw;
        }
    }

    // The lines of a block whose first line was wrong would be read as others are: they and its end are left out.
    private bool EndsSkipping(string line)
    {
        var first = line.Trim();
        _skipping = first is not ("end" or "leave" or "abort");
        return first is "leave" or "abort";
    }

    private static string Text(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new UsageError("the line is not UTF-8");
        }
    }

    // Read as they come: whoever writes into the pipe may wait for what a line says.
    private static IEnumerable<byte[]> Lines(Fd input)
    {
        var begun = new List<byte>();
        var buffer = new byte[16 * 1024];
        for (int count; (count = Next(input, buffer)) > 0;)
            foreach (var letter in buffer.Take(count))
            {
                if (letter != '\n')
                    begun.Add(letter);
                if (begun.Count > LongestLine)
                    throw new Refusal(400, $"a line of the script is longer than {LongestLine / 1024} KiB");
                if (letter != '\n')
                    continue;
                yield return [.. begun];
                begun.Clear();
            }
        if (begun.Count > 0)
            yield return [.. begun];
    }

    private static int Next(Fd input, byte[] buffer)
    {
        int count;
        while ((count = input.TryRead(buffer)) == -Errnos.EAGAIN)
            Poll.Readable(input);
        return count < 0 ? throw new LinuxException("read the script", -count) : count;
    }
}
