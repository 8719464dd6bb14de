using Holm.Cli.Output;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config device list NAME</c>, <c>holm profile device list NAME</c></summary>
internal static class DeviceList
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var format = Parts.ListFormat();
        return new("list", "list devices and their keys", name, format)
        {
            More = target.Expands ? "The devices that come from profiles are listed too; the app's own win." : "",
            Examples = [$"{target.Words} device list web"],
            Run = (line, caller) =>
            {
                var answer = caller.Node.Ask("GET", target.Url(line.GetRequiredValue(name)));
                var devices = target.Devices(answer);
                if (line.GetRequiredValue(format) == "json")
                    caller.Screen.Json(answer.Metadata.GetProperty(target.Expands ? "expanded_devices" : "devices"));
                else
                    caller.Print(line.GetRequiredValue(format), Settings.Devices(devices));
                return ExitCodes.Ok;
            },
        };
    }
}
