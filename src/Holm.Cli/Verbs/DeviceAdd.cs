using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config device add NAME DEVICE TYPE [KEY=VALUE…]</c>, <c>holm profile device add …</c></summary>
internal static class DeviceAdd
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var device = Parts.One("DEVICE", "name of the new device");
        var type = Parts.One("TYPE", "its type, for example disk or none");
        var keys = Parts.Some("KEY=VALUE", "its keys, LXD's names", least: 0);
        return new("add", "give a device from the host", name, device, type, keys)
        {
            Examples = [$"{target.Words} device add web data disk pool=default path=/data"],
            Run = (line, caller) =>
            {
                var (chosen, called) = (line.GetRequiredValue(name), line.GetRequiredValue(device));
                var all = Names.Pairs(line.GetValue(keys) ?? []);
                all["type"] = line.GetRequiredValue(type);
                return target.ChangeDevices(caller, chosen, devices =>
                {
                    if (!devices.TryAdd(called, all))
                        throw new Refusal(409, $"add device {called} to {target.Noun} {chosen}: it exists; change it with "
                            + $"{target.Words} device set {chosen} {called} KEY=VALUE");
                });
            },
        };
    }
}
