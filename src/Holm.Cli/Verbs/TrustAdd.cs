using System.Text.Json;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm trust add FILE</c></summary>
internal static class TrustAdd
{
    public static Verb Build()
    {
        var file = Parts.One("FILE", "certificate of the client, PEM");
        var name = Parts.Value("--name", "NAME", "what it is called (standard: what the certificate says)");
        return new("add", "trust a client by its certificate", file, name)
        {
            More = "LXD's client has its certificate in ~/.config/lxc/client.crt. Who is trusted may do everything on this node.",
            Examples = ["holm trust add client.crt --name alice"],
            Run = (line, caller) =>
            {
                var path = line.GetRequiredValue(file);
                string text;
                try
                {
                    text = File.ReadAllText(path);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new Refusal(400, $"reading {path}: {e.Message}", e);
                }
                caller.Node.Ask("POST", "/1.0/certificates", JsonSerializer.SerializeToUtf8Bytes(
                    new CertificatesPost { Name = line.GetValue(name), Type = "client", Certificate = text },
                    ContractJson.Default.CertificatesPost));
                return ExitCodes.Ok;
            },
        };
    }
}
