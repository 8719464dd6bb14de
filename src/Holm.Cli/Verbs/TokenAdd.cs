using System.Globalization;
using System.Text.Json;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm token add NAME</c></summary>
internal static class TokenAdd
{
    private static readonly (char Unit, long Seconds)[] Units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86400)];

    public static Verb Build()
    {
        var name = Parts.One("NAME", "what the client is called once it is trusted");
        var expires = Parts.Value("--expires", "TIME", "how long it is good: 90s, 30m, 12h, 7d (standard: 1h)");
        return new("add", "make a token by which one client becomes trusted", name, expires)
        {
            More = "The node has to answer by TLS: configure, https 8443, end. The token is printed, and is good once: on the client, "
                + "`lxc remote add NAME TOKEN` takes it. Who has it may do everything on this node.",
            Examples = ["holm token add alice", "holm token add ci --expires 10m"],
            Run = (line, caller) =>
            {
                var body = new CertificatesPost
                {
                    Name = line.GetRequiredValue(name),
                    Type = "client",
                    Token = true,
                    ExpiresIn = line.GetValue(expires) is { } text ? Seconds(text) : null,
                };
                var answer = caller.Node.Ask("POST", "/1.0/certificates",
                    JsonSerializer.SerializeToUtf8Bytes(body, ContractJson.Default.CertificatesPost));
                caller.Screen.Line(Text(answer.As(ContractJson.Default.Operation)));
                return ExitCodes.Ok;
            },
        };
    }

    /// <summary>The token as clients take it.</summary>
    internal static string Text(Operation operation)
    {
        var facts = operation.Metadata ?? new Dictionary<string, JsonElement>();
        var token = new TrustToken
        {
            ClientName = NameOf(operation),
            Fingerprint = facts["fingerprint"].GetString() ?? "",
            Addresses = [.. facts["addresses"].EnumerateArray().Select(a => a.GetString() ?? "")],
            Secret = facts["secret"].GetString() ?? "",
            ExpiresAt = facts["expiresAt"].GetDateTimeOffset(),
        };
        return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(token, ContractJson.Default.TrustToken));
    }

    /// <summary>For whom it is.</summary>
    internal static string NameOf(Operation operation) =>
        operation.Metadata?.GetValueOrDefault("request") is { ValueKind: JsonValueKind.Object } request
            ? request.GetProperty("name").GetString() ?? "" : "";

    private static long Seconds(string text) => text.Length > 1 && Units.FirstOrDefault(u => u.Unit == text[^1]) is { Seconds: > 0 } unit
        && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count * unit.Seconds : throw new UsageError($"--expires wants a time such as 90s, 30m, 12h or 7d, not '{text}'");
}
