using System.Text;
using Holm.Cli.Output;
using Holm.Cli.Wire;
using Holm.Linux.Terminals;

namespace Holm.Cli;

/// <summary>Asks a person at a terminal.</summary>
internal static class Prompt
{
    private const byte Interrupt = 3, EndOfInput = 4, EraseLine = 21, Backspace = 8, Delete = 127;

    /// <summary>A line that is seen as it is typed.</summary>
    /// <exception cref="UsageError">There is no terminal.</exception>
    public static string Line(Caller caller, string question) => Read(caller, question, isSecret: false);

    /// <summary>A line that is not.</summary>
    /// <exception cref="UsageError">There is no terminal.</exception>
    public static string Secret(Caller caller, string question) => Read(caller, question, isSecret: true);

    private static string Read(Caller caller, string question, bool isSecret)
    {
        if (!Terminal.Is(caller.Input))
            throw new UsageError("there is no terminal to ask at: --user and --password-stdin say it");
        using var raw = new RawMode(caller.Input);
        var typed = new List<byte>();
        Say(caller, question);
        var key = new byte[1];
        while (caller.Input.TryRead(key) > 0 && key[0] is not ((byte)'\r' or (byte)'\n'))
            switch (key[0])
            {
                case Interrupt:
                    Say(caller, "\r\n");
                    throw new Cancelled("nothing was sent");
                case EndOfInput:
                    break;
                case EraseLine:
                    typed.Clear();
                    break;
                case Backspace or Delete:
                    if (typed.Count > 0)
                        typed.RemoveAt(typed.Count - 1);
                    if (!isSecret)
                        Say(caller, "\b \b");
                    break;
                case var other:
                    typed.Add(other);
                    if (!isSecret)
                        Screen.Write(caller.Screen.Error, key);
                    break;
            }
        Say(caller, "\r\n");
        return Encoding.UTF8.GetString([.. typed]);
    }

    private static void Say(Caller caller, string text) => Screen.Write(caller.Screen.Error, Encoding.UTF8.GetBytes(text));
}
