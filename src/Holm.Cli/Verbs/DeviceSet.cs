using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config device set NAME DEVICE KEY=VALUE…</c>, <c>holm profile device set …</c></summary>
internal static class DeviceSet
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var device = Parts.One("DEVICE", "name of the device");
        var keys = Parts.Some("KEY=VALUE", "its keys; an empty value takes a key away", LiveNames.DeviceKeys);
        return new("set", "change keys of a device", name, device, keys)
        {
            More = $"{target.Words} device add --help lists the keys.",
            Examples = [$"{target.Words} device set web root size=128MiB"],
            Run = (line, caller) =>
            {
                var (chosen, called) = (line.GetRequiredValue(name), line.GetRequiredValue(device));
                var pairs = Names.Pairs(line.GetRequiredValue(keys));
                return target.ChangeDevices(caller, chosen, devices =>
                {
                    if (!devices.TryGetValue(called, out var found))
                        throw new Refusal(404, $"set keys of device {called} of {target.Noun} {chosen}: it has no such device of its own");
                    foreach (var (key, value) in pairs)
                        if (value.Length == 0)
                            found.Remove(key);
                        else
                            found[key] = value;
                });
            },
        };
    }
}
