using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;

namespace Holm.Launch;

/// <summary>
/// What a flake's command is a link to: asks holmd for the program, hands it its own streams, and then is that program to whoever called,
/// in exit code, signals and terminal. It says nothing unless something went wrong.
/// </summary>
/// <remarks>
/// <code>
///   holm-launch --launch.socket--> holmd: finds the flake by the link's path, brings an instance up, passes on streams and arguments
///        |     &lt;-- control socket --
///        '------ signals, stops, terminal, exit status ------ holm-init in the instance
/// </code>
/// It is on the hot path: no package, no task, one thread of its own.
/// </remarks>
internal static class Program
{
    /// <summary>Holm itself failed.</summary>
    public const int OwnFailure = 125;

    public static int Main()
    {
        try
        {
            return Run();
        }
        catch (LinuxException e)
        {
            return Fail(e.Message);
        }
        catch (IOException e)
        {
            return Fail(e.Message);
        }
    }

    private static int Run()
    {
        using Fd input = Standard(0, out var noInput), output = Standard(1, out var noOutput), error = Standard(2, out var noError);
        var words = Words.Read(OwnProcess.Arguments());
        var environment = OwnProcess.Environment();
        var terminals = (Terminal.Is(input) ? 1 : 0) | (Terminal.Is(output) ? 2 : 0) | (Terminal.Is(error) ? 4 : 0);
        var closed = (noInput ? 8 : 0) | (noOutput ? 16 : 0) | (noError ? 32 : 0);
        var size = terminals == 0 ? default : Terminal.Size((terminals & 1) != 0 ? input : (terminals & 2) != 0 ? output : error);
        var home = Environment.GetEnvironmentVariable("HOME") ?? "";
        var call = new LaunchCall
        {
            Command = Command(),
            Instance = words.Instance,
            Options = words.Options,
            Folder = CurrentFolder(),
            Home = home,
            Terminals = terminals | closed,
            Rows = size.Rows,
            Columns = size.Columns,
            Mask = OwnProcess.FileMask(),
            // Whether SIGPIPE is among them nobody knows any more: .NET ignores it. The program does not.
            Ignored = (int)(OwnProcess.Ignored() & int.MaxValue & ~(1UL << (SIGPIPE - 1))),
            Limits = OwnProcess.Limits(),
        };
        using var arguments = Fd.Memory("arguments", Join(words, environment));
        using var folder = Fd.Open(".", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        using var homeFolder = home.StartsWith('/') ? Fd.TryOpen(home, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY) : null;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            using var node = Connect();
            if (homeFolder is null)
                PacketSocket.Send(node, (call with { Home = "" }).Write(), arguments, input, output, error, folder);
            else
                PacketSocket.Send(node, call.Write(), arguments, input, output, error, folder, homeFolder);
            using var control = Await(node, "the node's daemon ended meanwhile; try again", out var isEntered);
            if (control is null)
                return s_code;
            using var link = new Link(control, input, output, terminals);
            if (link.Run() is { } code)
                return code;
            // One that was there before was just ending. A new one has not come up, and holmd may say why.
            if (!isEntered && Await(node, Ended, out _) is null)
                return s_code;
        }
        return Fail("its instance ended again and again before it heard of the call");
    }

    /// <summary>Of calls that each found an instance in the moment of its end.</summary>
    private const int AttemptsMax = 100;

    private static int s_code = OwnFailure;

    /// <summary>What is told when nobody knows more.</summary>
    public const string Ended = "the program's instance was ended";

    /// <summary>Waits for holmd's word; null: it refused, and the code is <see cref="s_code"/>.</summary>
    private static Fd? Await(Fd node, string atEnd, out bool isEntered)
    {
        isEntered = false;
        var message = new byte[LaunchCall.LongestMessage];
        var files = new List<Fd>();
        while (PacketSocket.Receive(node, message, files) is > 0 and var length)
            switch (message[0])
            {
                case LaunchCall.Progress:
                    Say(Encoding.UTF8.GetString(message, 1, length - 1));
                    break;
                case LaunchCall.Refused when length > 1:
                    s_code = message[1];
                    Say("holm: " + Encoding.UTF8.GetString(message, 2, length - 2) + "\n");
                    return null;
                case LaunchCall.Taken when files.Count == 1 && length == 2:
                    isEntered = message[1] != 0;
                    return files[0];
                default:
                    break;
            }
        s_code = Fail(atEnd);
        return null;
    }

    private static Fd Connect()
    {
        var run = Environment.GetEnvironmentVariable("HOLM_RUN") is { Length: > 0 } set ? set : "/run/holm";
        try
        {
            using var folder = Fd.Open(run, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            return PacketSocket.Connect(folder, "launch.socket");
        }
        catch (LinuxException e) when (e.Errno is Errnos.ENOENT or Errnos.ECONNREFUSED)
        {
            throw new IOException($"no node answers on {run}/launch.socket; start holmd (systemctl start holm)");
        }
    }

    private const int SIGPIPE = 13;

    /// <summary>The working directory; one that was deleted has no name.</summary>
    private static string CurrentFolder()
    {
        try
        {
            return Environment.CurrentDirectory;
        }
        catch (IOException)
        {
            return "/";
        }
    }

    /// <summary>The link that was called, with no link left in the folder's path but its own name.</summary>
    private static string Command()
    {
        var executed = OwnProcess.ExecutedAs();
        return executed.Length > 0 ? Path.GetFullPath(executed) : throw new IOException("the kernel does not say what was called");
    }

    private static byte[] Join(Words words, byte[] environment)
    {
        var count = Encoding.ASCII.GetBytes(words.Count.ToString(CultureInfo.InvariantCulture) + '\0');
        return [.. count, .. words.Arguments, .. environment];
    }

    /// <summary>A standard stream; where it is closed, something to send in its place.</summary>
    private static Fd Standard(int number, out bool isClosed)
    {
        isClosed = false;
        try
        {
            return Fd.Duplicate(number);
        }
        catch (LinuxException e) when (e.Errno == Errnos.EBADF)
        {
            isClosed = true;
            return Fd.Open("/dev/null", OpenFlags.O_RDWR);
        }
    }

    /// <summary>One line on standard error.</summary>
    public static int Fail(string why)
    {
        Say("holm: " + why + "\n");
        return OwnFailure;
    }

    /// <summary>Text for the person.</summary>
    public static void Say(string text)
    {
        using var error = Standard(2, out _);
        error.TryWrite(Encoding.UTF8.GetBytes(text));
    }
}
