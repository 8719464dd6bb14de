using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config device remove NAME DEVICE…</c>, <c>holm profile device remove …</c></summary>
internal static class DeviceRemove
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var names = Parts.Some("DEVICE", "names of devices");
        return new("remove", "take devices away", name, names)
        {
            Examples = [$"{target.Words} device remove web data"],
            Run = (line, caller) =>
            {
                var chosen = line.GetRequiredValue(name);
                return target.ChangeDevices(caller, chosen, devices =>
                {
                    foreach (var device in line.GetRequiredValue(names))
                        if (!devices.Remove(device))
                            throw new Refusal(404, $"remove device {device} from {target.Noun} {chosen}: it has no such device of its own");
                });
            },
        };
    }
}
