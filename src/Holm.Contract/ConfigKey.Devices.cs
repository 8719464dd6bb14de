namespace Holm.Contract;

/// <summary>The keys of devices that are parts of the machine, and of proxies, in the same words.</summary>
/// <remarks>Names and values are LXD's (<c>doc/reference/devices_unix_char.md</c>, <c>devices_usb.md</c>, <c>devices_gpu.md</c>,
/// <c>devices_proxy.md</c>).</remarks>
public sealed partial record ConfigKey
{
    private const string Id = "0 to 65535", Mode = "permissions such as 0660", Hex = "four hex digits such as 1d6b",
        Address = "tcp:ADDRESS:PORTS, udp:ADDRESS:PORTS, unix:/PATH or unix:@NAME";

    /// <summary>Keys of devices of types unix-block, unix-char, usb and gpu.</summary>
    public static IReadOnlyList<ConfigKey> OfParts { get; } =
    [
        new("gid", Id, "0", "group of the device file inside"),
        new("gputype", "physical", "physical", "gpu: the card itself"),
        new("id", "number of a card, as in card0", "", "gpu: only this one"),
        new("major", "0 to 4095", "the source's", "unix-block, unix-char: its first number"),
        new("minor", "0 to 1048575", "the source's", "unix-block, unix-char: its second number"),
        new("mode", Mode, "0660", "permissions of the device file inside"),
        new("path", Path, "the source", "unix-block, unix-char: where it is inside"),
        new("pci", "address such as 0000:00:02.0", "", "gpu: only the card there"),
        new("productid", Hex, "", "usb, gpu: only this product"),
        new("required", Bool, "true, of usb false", "unix-block, unix-char, usb: the app is not started while there is none; false: it "
            + "comes and goes as it is plugged in"),
        new("source", Path, "the path", "unix-block, unix-char: the device file of the host"),
        new("uid", Id, "0", "owner of the device file inside"),
        new("vendorid", Hex, "", "usb, gpu: only of this vendor"),
    ];

    /// <summary>Keys of devices of type proxy.</summary>
    public static IReadOnlyList<ConfigKey> OfProxies { get; } =
    [
        new("bind", "host or instance", "host", "which side it listens on"),
        new("connect", Address, "", "where it connects to on the other side: as many ports as it listens on, or one"),
        new("gid", Id, "0", "group of the unix socket that it listens on"),
        new("listen", Address, "", "where it listens"),
        new("mode", Mode, "0644", "permissions of the unix socket that it listens on"),
        new("nat", "false", "false", "accepted as LXD's clients send it; connections are carried by a process"),
        new("proxy_protocol", "false", "false", "accepted as LXD's clients send it; the caller's address is not passed on"),
        new("security.gid", Id, "0", "group that it connects as"),
        new("security.uid", Id, "0", "user that it connects as"),
        new("uid", Id, "0", "owner of the unix socket that it listens on"),
    ];
}
