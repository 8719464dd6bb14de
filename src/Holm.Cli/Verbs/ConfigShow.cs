using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config show NAME</c></summary>
internal static class ConfigShow
{
    public static Verb Build()
    {
        var name = Parts.App();
        var format = Parts.ShowFormat();
        var expanded = Parts.Switch("--expanded", "with the keys that come from profiles");
        return new("show", "print the config keys of an app", name, format, expanded)
        {
            Examples = ["holm config show web", "holm config show web --expanded"],
            Run = (line, caller) =>
            {
                var app = caller.Node.Get(Names.Instance(line.GetRequiredValue(name)), ContractJson.Default.Instance);
                var config = new Dictionary<string, string>(line.GetValue(expanded) ? app.ExpandedConfig : app.Config);
                if (line.GetRequiredValue(format) == "json")
                    caller.Screen.Json(Caller.Element(config, ContractJson.Default.DictionaryStringString));
                else if (config.Count > 0)
                    caller.Screen.Line(Settings.Config(config));
                return ExitCodes.Ok;
            },
        };
    }
}
