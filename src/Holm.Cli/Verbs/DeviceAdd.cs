using Holm.Cli.Help;
using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config device add NAME DEVICE TYPE [KEY=VALUE…]</c>, <c>holm profile device add …</c></summary>
internal static class DeviceAdd
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        var device = Parts.One("DEVICE", "name of the new device");
        var type = Parts.One("TYPE", "its type: " + string.Join(", ", Devices.Types), LiveNames.DeviceTypes);
        var keys = Parts.Some("KEY=VALUE", "its keys, LXD's names", LiveNames.NewDeviceKeys, least: 0);
        return new("add", "give a device from the host", name, device, type, keys)
        {
            More = "A nic connects to a network, a disk is the root disk or a share, unix-char, unix-block, usb and gpu are device files "
                + "of the host, a proxy carries connections, and none says that a profile's device of that name is not wanted. "
                + "A key that the type does not take is refused by name.",
            Keys = [KeyTable.Nics, KeyTable.Disks, KeyTable.Parts, KeyTable.Proxies],
            Examples =
            [
                $"{target.Words} device add web eth0 nic network=br0",
                $"{target.Words} device add web eth0 nic nictype=p2p ipv4.host_address=10.0.0.1/24 ipv4.dhcp=true",
                $"{target.Words} device add web root disk path=/ pool=ram size=16MiB",
                $"{target.Words} device add web serial unix-char source=/dev/ttyS0 path=/dev/ttyS0",
                $"{target.Words} device add web http proxy listen=tcp:0.0.0.0:80 connect=tcp:127.0.0.1:8080",
            ],
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
