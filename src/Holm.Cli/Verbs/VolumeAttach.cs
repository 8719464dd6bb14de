using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm volume attach POOL VOLUME APP PATH</c></summary>
internal static class VolumeAttach
{
    public static Verb Build()
    {
        var pool = Parts.One("POOL", "name of the pool", LiveNames.Pools);
        var name = Parts.One("VOLUME", "name of the volume", LiveNames.Volumes);
        var app = Parts.One("APP", "name of the app", LiveNames.Instances);
        var path = Parts.One("PATH", "where the app sees it");
        var device = Parts.Value("--device", "NAME", "name of the app's new device (standard: VOLUME)");
        return new("attach", "give an app a volume", pool, name, app, path, device)
        {
            More = "The app gets a device of type disk, at once where it runs; holm config device set changes it, for example with "
                + "readonly=true. For all apps of a profile: holm profile device add.",
            Examples = ["holm volume attach default data web /srv/data", "holm volume attach default data web /mnt --device other"],
            Run = (line, caller) =>
            {
                var (place, chosen, user) = (line.GetRequiredValue(pool), line.GetRequiredValue(name), line.GetRequiredValue(app));
                _ = Names.Volume(place, chosen);
                var called = line.GetValue(device) ?? chosen;
                var keys = new Dictionary<string, string>
                {
                    ["type"] = "disk",
                    ["pool"] = place,
                    ["source"] = chosen,
                    ["path"] = line.GetRequiredValue(path),
                };
                return Target.App.ChangeDevices(caller, user, devices =>
                {
                    if (!devices.TryAdd(called, keys))
                        throw new Refusal(409, $"attach volume {chosen} to app {user}: it has a device {called}; choose another name with "
                            + "--device NAME");
                });
            },
        };
    }
}
