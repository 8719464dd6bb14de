using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holm.Cli.Output;
using Holm.Cli.Wire;
using Holm.Contract;
using Holm.Linux;

namespace Holm.Cli;

/// <summary>Who called and with what: the node, the screen, the keyboard, the environment. Everything that a verb may touch.</summary>
internal sealed record Caller(Node Node, Screen Screen, Fd Input, Func<string, string?> Environment)
{
    /// <summary>Waits for the end of what a request began.</summary>
    /// <param name="answer">The answer to the request.</param>
    /// <param name="doing">What is being done and to what, for example <c>starting web</c>.</param>
    /// <returns>The final operation; an empty one when the request was done at once.</returns>
    public Operation Finish(Answer answer, string doing) =>
        answer.OperationUrl.Length == 0 ? new() : new OperationWait(Node, Screen, doing).Wait(answer.OperationUrl);

    /// <summary>
    /// Sends one request per name, then waits for all: a slow one holds up no other. Each failure is told, the rest goes on.
    /// </summary>
    public int Each(IReadOnlyList<string> names, string doing, Func<string, Answer> send, Action<string>? done = null)
    {
        var failed = 0;
        var begun = names.Distinct().Select(name => (Name: name, Answer: Try(() => send(name)))).ToList();
        foreach (var (name, answer) in begun)
            if (answer is not null && Try(() => Finish(answer, $"{doing} {name}")) is not null)
                done?.Invoke(name);
        return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;

        T? Try<T>(Func<T> work) where T : class
        {
            try
            {
                return work();
            }
            catch (Refusal refusal)
            {
                failed++;
                Screen.Complain(refusal.Message);
                return null;
            }
        }
    }

    /// <summary>Reads standard input to its end, as text.</summary>
    /// <exception cref="Refusal">More than a megabyte.</exception>
    public string ReadInput()
    {
        var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int count; (count = Input.TryRead(buffer)) > 0;)
        {
            text.Write(buffer, 0, count);
            if (text.Length > 1024 * 1024)
                throw new Refusal(400, "standard input holds more than 1 MiB; that is no configuration");
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>Prints a list: as the API's own objects, as columns or as CSV.</summary>
    public int Show<T>(string format, string target, JsonTypeInfo<T> type, Func<T, Table> table)
    {
        var answer = Node.Ask("GET", target);
        if (format == "json")
            Screen.Json(answer.Metadata);
        else
            Print(format, table(answer.As(type)));
        return ExitCodes.Ok;
    }

    /// <summary>Prints one object: as the API's own, or in words.</summary>
    public int Show<T>(string format, string target, JsonTypeInfo<T> type, Func<T, string> words)
    {
        var answer = Node.Ask("GET", target);
        if (format == "json")
            Screen.Json(answer.Metadata);
        else
            Screen.Line(words(answer.As(type)));
        return ExitCodes.Ok;
    }

    /// <summary>Prints a table.</summary>
    public void Print(string format, Table table) => Screen.Line(format == "csv" ? table.Csv() : table.Columns());

    /// <summary>A value as JSON, for the same printer.</summary>
    public static JsonElement Element<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToElement(value, type);
}
