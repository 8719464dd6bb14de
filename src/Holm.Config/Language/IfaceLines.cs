using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config.Language;

/// <summary>The lines in the host end of an app's veth pair. What they say together is checked where it ends.</summary>
internal static class IfaceLines
{
    public static IReadOnlyList<Line> All { get; } =
    [
        In("inet ADDRESS/LEN:address", "the address of the interface", Address),
        In("inet static ADDRESS/LEN:address", "the address of the interface", Address),
        In("inet dhcp", "ask for an address on the link", Dhcp),
        In("no inet", "no address", (draft, _) => Edit(draft, keys => keys.Remove(Nic.AddressKey).Remove(AddressPlan.OptionsKey))),
        In("dhcp-server [FIRST:first LAST:last]", "hand out addresses on the link: these, or all of the subnet", Server),
        In("no dhcp-server", "hand out none", (draft, _) => Edit(draft, keys => keys.Remove(IfaceKeys.Dhcp).Remove(IfaceKeys.Ranges))),
        In("lease SECONDS:seconds", "how long a lease lasts", (draft, a) => Set(draft, IfaceKeys.Expiry, a.Of("seconds"))),
        In("no lease", "back to an hour", (draft, _) => Edit(draft, keys => keys.Remove(IfaceKeys.Expiry))),
        In("dns ADDRESS:server...", "name servers that are told with an address", NameServers),
        In("no dns", "tell the interface itself, which answers for the host's",
            (draft, _) => Edit(draft, keys => keys.Remove(IfaceKeys.NameServers))),
        In("domain NAME:domain", "domain that is told with an address", (draft, a) => Set(draft, IfaceKeys.Domain, a.Of("domain"))),
        In("no domain", "tell none", (draft, _) => Edit(draft, keys => keys.Remove(IfaceKeys.Domain))),
        In("nat", "what leaves the subnet seems to come from the host", (draft, _) => Set(draft, IfaceKeys.Nat, "true")),
        In("no nat", "no more", (draft, _) => Edit(draft, keys => keys.Remove(IfaceKeys.Nat))),
        In("end", "go one level up", End),
        new(PlaceKind.InetDhcp, "option LIST:list...", "DHCP options to ask for", Options),
        new(PlaceKind.InetDhcp, "no option", "ask for none", (draft, _) => Edit(draft, keys => keys.Remove(AddressPlan.OptionsKey))),
        PartLines.End(PlaceKind.InetDhcp),
    ];

    private static Line In(string syntax, string help, Func<Draft, Arguments, Draft> apply) => new(PlaceKind.Iface, syntax, help, apply);

    private static Draft Edit(
        Draft draft, Func<ImmutableSortedDictionary<string, string>, ImmutableSortedDictionary<string, string>> change)
    {
        var app = draft.Document.Instances[draft.Place.App];
        return draft.With(app with { Devices = app.Devices.SetItem(draft.Place.Device, change(app.Devices[draft.Place.Device])) });
    }

    private static Draft Set(Draft draft, string key, string value)
    {
        Keys.CheckText($"iface {draft.Place.Name}", value);
        // By itself, so that the order of lines does not matter.
        Check(draft, key == IfaceKeys.Nat ? Maps.Empty<string>() : Maps.Of((key, value)));
        return Edit(draft, keys => keys.SetItem(key, value));
    }

    private static void Check(Draft draft, ImmutableSortedDictionary<string, string> keys) =>
        AddressPlan.Read($"iface {draft.Place.Name}", Nic.AddressKey, keys);

    private static Draft Address(Draft draft, Arguments arguments)
    {
        Check(draft, Maps.Of((Nic.AddressKey, arguments.Of("address"))));
        return Ipv4Interface.TryParse(arguments.Of("address")) is { } address
            ? Edit(draft, keys => keys.SetItem(Nic.AddressKey, address.ToString()).Remove(AddressPlan.OptionsKey))
            : throw new Refusal(400, $"iface {draft.Place.Name}: write inet ADDRESS/LEN, or inet dhcp");
    }

    private static Draft Dhcp(Draft draft, Arguments arguments) =>
        Edit(draft, keys => keys.SetItem(Nic.AddressKey, "dhcp")).Enter(draft.Place with { Kind = PlaceKind.InetDhcp });

    private static Draft Server(Draft draft, Arguments arguments)
    {
        if (arguments["first"] is not { } first)
            return Edit(draft, keys => keys.SetItem(IfaceKeys.Dhcp, "true").Remove(IfaceKeys.Ranges));
        var range = Ipv4Range.TryParse($"{first}-{arguments.Of("last")}") ?? throw new Refusal(400,
            $"iface {draft.Place.Name}: {Names.Show(first)} to {Names.Show(arguments.Of("last"))} is no range; write for example " +
            "dhcp-server 10.0.0.10 10.0.0.20");
        return Edit(draft, keys => keys.SetItem(IfaceKeys.Dhcp, "true").SetItem(IfaceKeys.Ranges, range.ToString()));
    }

    private static Draft NameServers(Draft draft, Arguments arguments) =>
        Set(draft, IfaceKeys.NameServers, string.Join(',', Split(arguments.All("server"))));

    private static Draft Options(Draft draft, Arguments arguments)
    {
        var value = string.Join(',', Split(arguments.All("list")));
        Check(draft, Maps.Of((Nic.AddressKey, "dhcp"), (AddressPlan.OptionsKey, value)));
        return Edit(draft, keys => keys.SetItem(AddressPlan.OptionsKey, value));
    }

    private static IEnumerable<string> Split(IReadOnlyList<string> words) =>
        words.SelectMany(w => w.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static Draft End(Draft draft, Arguments arguments)
    {
        var keys = draft.Document.Instances[draft.Place.App].Devices[draft.Place.Device];
        Check(draft, keys.RemoveRange(keys.Keys.Where(k => !IfaceKeys.All.Contains(k))));
        return draft.Leave();
    }
}
