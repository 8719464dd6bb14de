using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holm.Cli.Output;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli;

/// <summary>A target by the two records it travels in.</summary>
/// <typeparam name="TPut">What can be written.</typeparam>
/// <typeparam name="TWhole">What is shown.</typeparam>
internal sealed class Target<TPut, TWhole>(JsonTypeInfo<TPut> type, JsonTypeInfo<TWhole> whole) : Target
    where TPut : class
    where TWhole : class
{
    private const int Attempts = 5;

    /// <summary>A body that says only these keys; what is null in it stays as it is.</summary>
    public required Func<Dictionary<string, string>, TPut> OfKeys { get; init; }

    /// <summary>The same without what only other requests read.</summary>
    public Func<TPut, TPut> Nameless { get; init; } = put => put;

    /// <summary>Its own devices, to be changed in place.</summary>
    public Func<TPut, Dictionary<string, Dictionary<string, string>>> WritableDevices { get; init; } = _ => [];

    /// <summary>See <see cref="Target.Value"/>.</summary>
    public required Func<TWhole, string, string?> ShownValue { get; init; }

    /// <summary>See <see cref="Target.Devices"/>.</summary>
    public Func<TWhole, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ShownDevices { get; init; } =
        _ => new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Why the node could not do what is written, as a sentence; null where the node refuses all that it cannot do.</summary>
    public Func<TWhole, string>? Problem { get; init; }

    /// <inheritdoc/>
    public override int ChangeKeys(Caller caller, string name, Dictionary<string, string> keys)
    {
        Finish(caller, name, caller.Node.Send("PATCH", Url(name), OfKeys(keys), type), $"setting keys of {Noun} {name}");
        return Look(caller, name);
    }

    /// <inheritdoc/>
    public override int ChangeDevices(Caller caller, string name, Action<Dictionary<string, Dictionary<string, string>>> change)
    {
        var url = Url(name);
        for (var attempt = 1; ; attempt++)
            try
            {
                var now = caller.Node.Ask("GET", url);
                var put = now.As(type);
                change(WritableDevices(put));
                caller.Finish(caller.Node.Send("PUT", url, put, type, now.Tag), $"changing devices of {Noun} {name}");
                return ExitCodes.Ok;
            }
            catch (Refusal refusal) when (refusal.Code == 412 && attempt < Attempts)
            {
                // The ETag was of an older state: read it anew.
            }
    }

    /// <inheritdoc/>
    public override string Writable(JsonElement now) => JsonSerializer.Serialize(Nameless(now.Deserialize(type)!), type);

    /// <inheritdoc/>
    public override int Replace(Caller caller, string name, string json, string tag)
    {
        Finish(caller, name, caller.Node.Send("PUT", Url(name), Read(json), type, tag), $"changing {Noun} {name}");
        return Look(caller, name);
    }

    /// <inheritdoc/>
    public override string? Value(Answer now, string key) => ShownValue(now.As(whole), key);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Devices(Answer now) => ShownDevices(now.As(whole));

    /// <summary>Waits for the end of a change, and tells what of it is not felt yet.</summary>
    private void Finish(Caller caller, string name, Answer answer, string doing)
    {
        var told = caller.Finish(answer, doing).Metadata?.GetValueOrDefault(NextStart) is { ValueKind: JsonValueKind.Array } later ? later
            : answer.Metadata.ValueKind == JsonValueKind.Object && answer.Metadata.TryGetProperty(NextStart, out var now) ? now
            : default;
        if (told.ValueKind == JsonValueKind.Array && told.Deserialize(ContractJson.Default.IReadOnlyListString) is { Count: > 0 } keys)
            caller.Screen.Note(Visible.Line($"{Noun} {name} runs: {string.Join(", ", keys)} takes effect at its next start"));
    }

    /// <summary>The word by which the node lists keys that a running instance feels only when it starts again.</summary>
    private const string NextStart = "next_start";

    private int Look(Caller caller, string name)
    {
        if (Problem is null || Problem(caller.Node.Get(Url(name), whole)) is not { Length: > 0 } problem)
            return ExitCodes.Ok;
        caller.Screen.Complain($"{Noun} {name} is written, but the node cannot make it so: {problem}");
        return ExitCodes.Failed;
    }

    // The API ignores members that it does not know; of a person's text a misspelt "config" would be the end of all keys.
    private TPut Read(string json)
    {
        var value = JsonSerializer.Deserialize(json, type) ?? throw new JsonException("it is null");
        using var document = JsonDocument.Parse(json);
        foreach (var member in document.RootElement.EnumerateObject())
            if (!whole.Properties.Any(known => known.Name == member.Name))
                throw new JsonException($"it has no member '{member.Name}'");
        return value;
    }
}
