using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>
/// A device file that an app is given: devices of type <c>unix-char</c> and <c>unix-block</c>, and what those of type <c>usb</c> and
/// <c>gpu</c> turn into. Keys are LXD's (<c>doc/reference/devices_unix_char.md</c>).
/// </summary>
/// <param name="IsBlock">True: a block device; false: a character device.</param>
/// <param name="Major">Its numbers; null: those of the file that is the source.</param>
/// <param name="Minor">Given together with <paramref name="Major"/>.</param>
/// <param name="Uid">Owner inside the app.</param>
/// <param name="Gid">Group inside the app.</param>
/// <param name="Mode">Permission bits.</param>
public sealed record DeviceFile(bool IsBlock, uint? Major, uint? Minor, uint Uid, uint Gid, uint Mode)
{
    /// <summary>Types of devices that name one device file.</summary>
    public static IReadOnlyList<string> Types { get; } = ["unix-block", "unix-char"];

    /// <summary>Their keys.</summary>
    public static IReadOnlyList<string> KeysOf { get; } = ["type", "source", "path", "major", "minor", "uid", "gid", "mode", "required"];

    /// <summary>Highest numbers that Linux has; kdev_t.h: 12 and 20 bits.</summary>
    private const uint HighestMajor = (1 << 12) - 1, HighestMinor = (1 << 20) - 1;

    /// <summary>Highest id inside an app: a range has 65536.</summary>
    public const uint HighestId = 65535;

    /// <summary>LXD's permissions of device files.</summary>
    private const uint UsualMode = 0x1b0;

    /// <summary>True for the types that this reads.</summary>
    public static bool Is(ImmutableSortedDictionary<string, string> keys) => Types.Contains(keys.GetValueOrDefault("type"));

    /// <summary>Reads and checks a device.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static ShareSpec Read(string device, ImmutableSortedDictionary<string, string> keys)
    {
        var type = keys["type"];
        DeviceKeys.RefuseOthers(device, keys, KeysOf);
        var (source, path) = (DeviceKeys.Text(keys, "source"), DeviceKeys.Text(keys, "path"));
        if ((source ?? path) is null)
            throw new Refusal(400, $"device {device}: say which file of the host it is: source=/dev/NAME, or path=/dev/NAME");
        if (source is not null)
            source = ShareSpec.PathOf(device, "source", source);
        path = ShareSpec.PathOf(device, "path", path ?? source!);
        if (path == "/" || path == "/proc" || path.StartsWith("/proc/", StringComparison.Ordinal))
            throw new Refusal(400, $"device {device}: a device file cannot be at {Names.Show(path)}; choose a path such as /dev/NAME");
        var major = DeviceKeys.Number(device, keys, "major", HighestMajor);
        var minor = DeviceKeys.Number(device, keys, "minor", HighestMinor);
        if (major is null != minor is null)
            throw new Refusal(400, $"device {device}: major and minor are given together, or neither of them");
        var required = ShareSpec.Bool(device, keys, "required", true);
        return new ShareSpec(device, source ?? path, path, ReadOnly: false, required, Recursive: false, Shift: false)
        {
            DeviceFile = new DeviceFile(type == "unix-block", major, minor, DeviceKeys.Number(device, keys, "uid", HighestId) ?? 0,
                DeviceKeys.Number(device, keys, "gid", HighestId) ?? 0, DeviceKeys.Mode(device, keys, UsualMode)),
        };
    }

    /// <summary>The file of a part of the machine whose numbers are known.</summary>
    public static DeviceFile Of(HardwareSpec part, uint major, uint minor) => new(false, major, minor, part.Uid, part.Gid, part.Mode);

    /// <summary>What a control group's list of devices calls it; cgroup-v1/devices.rst.</summary>
    public static string Rule(bool isBlock, uint major, uint minor) =>
        string.Create(CultureInfo.InvariantCulture, $"{(isBlock ? 'b' : 'c')} {major}:{minor} rwm");
}
