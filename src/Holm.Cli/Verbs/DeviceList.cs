using Holm.Cli.Output;
using Holm.Contract;

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
            More = target == Target.App ? "The devices that come from profiles are listed too; the app's own win." : "",
            Examples = [$"{target.Words} device list web"],
            Run = (line, caller) =>
            {
                var answer = caller.Node.Ask("GET", target.Url(line.GetRequiredValue(name)));
                var member = target == Target.App ? "expanded_devices" : "devices";
                var devices = target == Target.App
                    ? answer.As(ContractJson.Default.Instance).ExpandedDevices
                    : answer.As(ContractJson.Default.Profile).Devices;
                if (line.GetRequiredValue(format) == "json")
                    caller.Screen.Json(answer.Metadata.GetProperty(member));
                else
                    caller.Print(line.GetRequiredValue(format), Settings.Devices(devices));
                return ExitCodes.Ok;
            },
        };
    }
}
