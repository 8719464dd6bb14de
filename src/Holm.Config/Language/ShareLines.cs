using System.Collections.Immutable;
using Holm.Contract;
using Device = System.Collections.Generic.KeyValuePair<
    string, System.Collections.Immutable.ImmutableSortedDictionary<string, string>>;

namespace Holm.Config.Language;

/// <summary>The lines that give an app interfaces, ports and paths of the host.</summary>
internal static class ShareLines
{
    public static IReadOnlyList<Line> Of(PlaceKind place) =>
    [
        new(place, "share veth IFNAME:host [as IFNAME:guest] [bridge IFNAME:bridge [untagged VID:untagged] [tagged VIDS:tagged]]",
            "a veth pair: one end on the host, the other inside", Veth),
        new(place, "no share veth [IFNAME:host]", "remove a veth pair, or all", (draft, a) => Remove(draft, "veth", a["host"])),
        new(place, "share port IFNAME:port [as IFNAME:guest]", "a port of the host, which has it no more while the app runs", Port),
        new(place, "no share port [IFNAME:port]", "give a port back to the host, or all", (draft, a) => Remove(draft, "port", a["port"])),
        new(place, "share path PATH:source [as PATH:target] [ro] [optional] [recursive] [no-shift]", "a file or folder of the host", Path),
        new(place, "no share path [PATH:source]", "remove a shared path, or all", (draft, a) => Remove(draft, "path", a["source"])),
    ];

    private static Draft Veth(Draft draft, Arguments arguments)
    {
        var host = arguments.Of("host");
        InterfaceNames.CheckHost($"share veth {Names.Show(host)}", host);
        var was = All(draft, "veth").FirstOrDefault(d => HostOf("veth", d) == host);
        var guest = arguments["guest"] ?? was.Value?.GetValueOrDefault("name") ?? DefaultGuest(draft, host);
        InterfaceNames.Check($"share veth {host} as {Names.Show(guest)}", guest);
        var share = new VethShare(host, guest, arguments["bridge"], arguments["untagged"], arguments["tagged"]);
        // What the line does not speak of stays, if it still has a meaning.
        var kept = was.Value?.Where(k => k.Key is "hwaddr" or "mtu" ||
            (share.Bridge is null && (k.Key == Nic.GuestKey || IfaceKeys.All.Contains(k.Key)))) ?? [];
        return CheckNames(Put(draft, was.Key, Shares.DeviceOf(guest), share.Keys.SetItems(kept)));
    }

    private static string DefaultGuest(Draft draft, string host)
    {
        var first = !All(draft, "veth").Any() && Nics.Of(new Expanded(draft.Config, draft.Devices)).All(n => n.Name != NewApp.FirstNic);
        return first ? NewApp.FirstNic : throw new Refusal(400, $"share veth {host}: only the first one is called {NewApp.FirstNic} by " +
            $"itself; say what this one is called inside: share veth {host} as eth1, say");
    }

    private static Draft Port(Draft draft, Arguments arguments)
    {
        var port = arguments.Of("port");
        InterfaceNames.Check($"share port {Names.Show(port)}", port);
        var was = All(draft, "port").FirstOrDefault(d => HostOf("port", d) == port);
        var guest = arguments["guest"] ?? was.Value?.GetValueOrDefault("name") ?? port;
        InterfaceNames.Check($"share port {port} as {Names.Show(guest)}", guest);
        var kept = was.Value?.Where(k => k.Key is "hwaddr" or "mtu") ?? [];
        return CheckNames(Put(draft, was.Key, Shares.DeviceOf(guest), new PortShare(port, guest).Keys.SetItems(kept)));
    }

    private static Draft Path(Draft draft, Arguments arguments)
    {
        var source = arguments.Of("source");
        var share = new PathShare(source, arguments["target"] ?? source, arguments.Has("ro"), arguments.Has("optional"),
            arguments.Has("recursive"), !arguments.Has("no-shift"));
        var read = ShareSpec.Read(share.Device, share.Keys);
        share = share with { Source = read.Source, Target = read.Path };
        var was = All(draft, "path").FirstOrDefault(d => d.Value.GetValueOrDefault("path") == share.Target);
        return Put(draft, was.Key, was.Key ?? share.Device, share.Keys);
    }

    /// <summary>Puts a device in place of another; the name follows what the share is called inside, unless a person chose it.</summary>
    private static Draft Put(Draft draft, string? was, string name, ImmutableSortedDictionary<string, string> keys)
    {
        if (was is not null && draft.Devices[was].GetValueOrDefault("name") is { } inside && was != Shares.DeviceOf(inside))
            name = was;
        Config.Devices.Check(name, keys);
        if (name != was && draft.Devices.TryGetValue(name, out var other) && other.GetValueOrDefault("type") != "none")
            throw new Refusal(409, $"{draft.What} has a device {name} already: {Shown(other)}; choose another name inside with as");
        return draft.With((was is null ? draft.Devices : draft.Devices.Remove(was)).SetItem(name, keys));
    }

    private static Draft CheckNames(Draft draft)
    {
        try
        {
            Nics.Of(new Expanded(draft.Config, draft.Devices));
            return draft;
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"{draft.What}: {refusal.Message}", refusal);
        }
    }

    private static Draft Remove(Draft draft, string kind, string? host)
    {
        var all = All(draft, kind).ToList();
        var gone = all.FindAll(d => host is null || HostOf(kind, d) == host);
        return host is null || gone.Count > 0 ? draft.With(draft.Devices.RemoveRange(gone.Select(d => d.Key)))
            : throw new Refusal(404, $"{draft.What} shares no {kind} {Names.Show(host)}; " +
                ObjectLines.There("it shares", all.Select(d => HostOf(kind, d)), "it shares none"));
    }

    private static IEnumerable<Device> All(Draft draft, string kind) => draft.Devices.Where(d => kind switch
    {
        "veth" => HostEnds.IsVeth(d.Value),
        "port" => d.Value.GetValueOrDefault("nictype") == "physical" && !d.Value.ContainsKey("vlan"),
        _ => d.Value.GetValueOrDefault("type") == "disk" && d.Value.ContainsKey("source") && !d.Value.ContainsKey("pool"),
    });

    private static string HostOf(string kind, Device device) => kind switch
    {
        "veth" => device.Value.GetValueOrDefault("host_name", device.Key),
        "port" => device.Value.GetValueOrDefault("parent", ""),
        _ => device.Value["source"],
    };

    private static string Shown(ImmutableSortedDictionary<string, string> device) =>
        string.Join(' ', device.Select(k => $"{k.Key}={k.Value}"));
}
