using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm volume detach POOL VOLUME APP</c></summary>
internal static class VolumeDetach
{
    public static Verb Build()
    {
        var pool = Parts.One("POOL", "name of the pool", LiveNames.Pools);
        var name = Parts.One("VOLUME", "name of the volume", LiveNames.Volumes);
        var app = Parts.One("APP", "name of the app", LiveNames.Instances);
        var device = Parts.Value("--device", "NAME", "the app's device, where it has the volume more than once");
        return new("detach", "take a volume from an app", pool, name, app, device)
        {
            More = "The volume and what is in it stay. What a profile gives the app is taken away by holm profile device remove.",
            Examples = ["holm volume detach default data web", "holm volume detach default data web --device other"],
            Run = (line, caller) =>
            {
                var (place, chosen, user) = (line.GetRequiredValue(pool), line.GetRequiredValue(name), line.GetRequiredValue(app));
                _ = Names.Volume(place, chosen);
                var called = line.GetValue(device);
                return Target.App.ChangeDevices(caller, user, devices =>
                    devices.Remove(Only([.. Having(devices, place, chosen).Where(d => called is null || d == called)],
                        $"detach volume {chosen} of pool {place} from app {user}", called)));
            },
        };
    }

    private static IEnumerable<string> Having(Dictionary<string, Dictionary<string, string>> devices, string pool, string volume) =>
        devices.Where(d => d.Value.GetValueOrDefault("type") == "disk" && d.Value.GetValueOrDefault("pool") == pool
            && d.Value.GetValueOrDefault("source") == volume).Select(d => d.Key).Order(StringComparer.Ordinal);

    private static string Only(IReadOnlyList<string> found, string doing, string? called) => found switch
    {
        [var one] => one,
        [] => throw new Refusal(404, $"{doing}: no device of its own{(called is null ? "" : $" of name {called}")} is that volume; "
            + "holm config device list shows those it has"),
        _ => throw new Refusal(400, $"{doing}: it has it as {string.Join(" and ", found)}; say which with --device NAME"),
    };
}
