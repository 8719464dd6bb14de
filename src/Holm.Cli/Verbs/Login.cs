using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm login REGISTRY</c> and <c>holm logout REGISTRY</c></summary>
internal static class Login
{
    public static Verb In()
    {
        var host = Parts.One("REGISTRY", "host, with :PORT where it is not 443", LiveNames.Registries);
        var user = Parts.Value("--user", "NAME", "who asks; else it is asked for");
        var piped = Parts.Switch("--password-stdin", "read the password from standard input");
        return new("login", "tell the node who it is to a registry", host, user, piped)
        {
            More = "The registry is asked whether it knows them; then they are kept on the node, readable by root only, and used by every "
                + "pull from there, also by those that a fleet or a first launch begins. An access token does better than a password.",
            Examples = ["holm login ghcr.io --user anna", "holm login 10.0.0.5:5000 --user ci --password-stdin < token"],
            Run = (line, caller) =>
            {
                var registry = line.GetRequiredValue(host);
                var name = line.GetValue(user) ?? Prompt.Line(caller, $"User at {registry}: ");
                var password = line.GetValue(piped) ? caller.ReadInput().TrimEnd('\r', '\n')
                    : Prompt.Secret(caller, $"Password of {name}: ");
                caller.Node.Send("PUT", Names.Registry(registry), new() { User = name, Password = password },
                    ContractJson.Default.RegistryLogin);
                return ExitCodes.Ok;
            },
        };
    }

    public static Verb Out()
    {
        var host = Parts.One("REGISTRY", "host", LiveNames.Registries);
        return new("logout", "forget who the node is to a registry", host)
        {
            Examples = ["holm logout ghcr.io"],
            Run = (line, caller) =>
            {
                caller.Node.Ask("DELETE", Names.Registry(line.GetRequiredValue(host)));
                return ExitCodes.Ok;
            },
        };
    }
}
