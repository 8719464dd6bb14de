using System.CommandLine;
using System.Text;
using System.Text.Json;
using Holm.Cli.Output;
using Holm.Cli.Streams;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm events</c></summary>
internal static class Events
{
    private static readonly Option<string[]> Type = Parts.Values("--type", "TYPE",
        "operation, lifecycle or logging; may be given several times");
    private static readonly Option<string> Format = Parts.ShowFormat();

    public static Verb Build()
    {
        Type.AcceptOnlyFromAmong("operation", "lifecycle", "logging");
        return new("events", "print what happens on this node, as it happens", Type, Format)
        {
            More = "Runs until Ctrl-C. With --format json each line is one event, as the API sends it.",
            Examples = ["holm events --type lifecycle", "holm events --format json | jq -c .metadata"],
            Run = Run,
        };
    }

    private static int Run(ParseResult line, Caller caller)
    {
        var types = line.GetValue(Type) ?? [];
        var json = line.GetRequiredValue(Format) == "json";
        using var channel = Channel.Open(caller.Node, types.Length > 0 ? $"/1.0/events?type={string.Join(',', types)}" : "/1.0/events");
        var end = channel.Messages(message => caller.Screen.Line(json ? Compact(message) : Words(message)));
        throw new Unreachable(caller.Node.Socket, end == ChannelEnd.Closed ? "it ended the events" : "the connection broke");
    }

    private static string Compact(ReadOnlyMemory<byte> message)
    {
        using var document = JsonDocument.Parse(message);
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory))
            document.RootElement.WriteTo(writer);
        return Encoding.UTF8.GetString(memory.ToArray());
    }

    private static string Words(ReadOnlyMemory<byte> message)
    {
        var happened = JsonSerializer.Deserialize(message.Span, ContractJson.Default.Event)!;
        var what = happened.Type switch
        {
            "operation" => happened.Metadata.Deserialize(ContractJson.Default.Operation)! is var o
                ? $"{o.Description} {OperationList.On(o)}: {o.Status}{(o.Err.Length > 0 ? $": {o.Err}" : "")}" : "",
            "lifecycle" => happened.Metadata.Deserialize(ContractJson.Default.LifecycleEvent)! is var l ? $"{l.Action} {l.Source}" : "",
            "logging" => happened.Metadata.Deserialize(ContractJson.Default.LogEvent)! is var g ? $"{g.Level}: {g.Message}" : "",
            _ => happened.Metadata.ToString(),
        };
        return Visible.Line($"{happened.Timestamp.ToUniversalTime():HH:mm:ss.fff}Z {happened.Type,-9} {what}");
    }
}
