using System.CommandLine;
using System.Text.Json;
using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm pull IMAGE</c></summary>
internal static class Pull
{
    private static readonly Argument<string> Name = Parts.One("IMAGE", "[REGISTRY/]PATH[:TAG][@sha256:DIGEST]", LiveNames.Aliases);
    private static readonly Option<string?> AliasOption = Parts.Value("--alias", "NAME", "one more name to call it by", LiveNames.Aliases);
    private static readonly Option<string?> Arch = Parts.Value("--arch", "ARCH",
        "for which machine: amd64, arm64, arm/v7; else this node's");
    private static readonly Option<string?> Creds = Parts.Value("--creds", "USER:PASSWORD",
        "who asks; else `holm login`'s, else docker's and podman's files of whoever calls");
    private static readonly Option<string?> AuthFile = Parts.Value("--authfile", "PATH", "such a file", LiveNames.AnyFile);
    private static readonly Option<string?> Timeout = Parts.Value("--timeout", "SECONDS", "give up after so long; the next pull goes on");

    public static Verb Build() => new("pull", "bring an image from a registry", Name, AliasOption, Arch, Creds, AuthFile, Timeout)
    {
        More = "A registry that speaks no TLS, or has mirrors, is told of first: holm configure registry 10.0.0.5:5000 insecure. Fetches "
            + "what is not here yet, checks every byte, and makes a SquashFS of each layer; nothing is unpacked. A pull that is cut, also "
            + "by a restart of the node, goes on where it was the next time. The image is called REGISTRY/PATH:TAG; in other commands "
            + "a shorter name will do, PATH or its last part, where only one image ends so. A name without a registry is looked for in "
            + "those that are searched: holm configure registry docker.io search. Prints the fingerprint: the digest of the image's "
            + "manifest.",
        Examples = ["holm pull docker.io/library/busybox", "holm pull --arch arm/v7 ghcr.io/org/app:1.2 --alias app",
            "holm pull --creds anna:secret 10.0.0.5:5000/tools/probe@sha256:…"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var name = line.GetRequiredValue(Name);
        var alias = line.GetValue(AliasOption);
        var seconds = Parts.Number(line.GetValue(Timeout), "--timeout", 0, 1, int.MaxValue);
        var answer = caller.Node.Send("POST", "/1.0/images", new()
        {
            Source = new()
            {
                Type = "registry",
                Name = name,
                Architecture = line.GetValue(Arch),
                Logins = Logins(line, caller, name),
                Timeout = seconds > 0 ? seconds : null,
            },
            Aliases = alias is null ? null : [new() { Name = alias }],
        }, ContractJson.Default.ImagesPost);
        var operation = caller.Finish(answer, $"pulling {name}");
        var fingerprint = operation.Metadata?.TryGetValue("fingerprint", out var value) == true && value.ValueKind == JsonValueKind.String
            ? value.GetString()! : throw new Refusal(500, $"pull {name}: the node did not say under which fingerprint");
        caller.Screen.Line(Output.Visible.Line(fingerprint));
        return ExitCodes.Ok;
    }

    private static Dictionary<string, RegistryLogin> Logins(ParseResult line, Caller caller, string name)
    {
        if (line.GetValue(Creds) is not { } text)
            return AuthFiles.Read(caller, line.GetValue(AuthFile));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var host = name.Split('/')[0];
        if (colon <= 0)
            throw new UsageError("--creds wants USER:PASSWORD");
        return host != name && host.AsSpan().ContainsAny('.', ':') || host == "localhost"
            ? new() { [host] = new() { User = text[..colon], Password = text[(colon + 1)..] } }
            : throw new UsageError("--creds wants an image name that begins with its registry, so that no other is told the password");
    }
}
