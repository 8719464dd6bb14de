namespace Holm.Config.Lxc;

// What becomes nics, and what becomes lines of raw.lxc.
public sealed partial class LxcImport
{
    private static readonly string[] DroppedAnyway = ["mac_admin", "mac_override", "sys_time", "sys_module", "sys_rawio"];

    private void AddInterface(LxcLine line)
    {
        if (line.Key is "lxc.net" or "lxc.network")
        {
            foreach (var before in _interfaces.SelectMany(i => i.Keys.Values))
                Left(before, "a later line clears what was said of interfaces");
            _interfaces.Clear();
            Took(line, "what was said of interfaces before is cleared");
            return;
        }
        var parts = line.Key.Split('.');
        // Before LXC 2.1 the type begins an interface; since then each has a number.
        var (index, key) = parts[1] == "net" ? (parts[2], string.Join('.', parts[3..])) : ("", string.Join('.', parts[2..]));
        if (parts[1] == "network" && key == "type")
            _interfaces.Add(new Interface(_interfaces.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), []));
        var found = index.Length > 0 ? _interfaces.Find(i => i.Index == index) : _interfaces.LastOrDefault();
        if (found is null)
            _interfaces.Add(found = new Interface(index, []));
        key = key switch { "ipv4" => "ipv4.address", "ipv6" => "ipv6.address", _ => key };
        if (found.Keys.Remove(key, out var earlier))
            Left(earlier, "a later line says it anew");
        found.Keys[key] = line;
    }

    private void TakeInterfaces()
    {
        foreach (var (index, keys) in _interfaces)
        {
            if (!keys.TryGetValue("type", out var type))
            {
                foreach (var line in keys.Values)
                    Left(line, $"interface {index} has no type");
                continue;
            }
            string? Value(string key) => keys.TryGetValue(key, out var line) && line.Value.Length > 0 ? line.Value : null;
            var nic = new Dictionary<string, string> { ["type"] = "nic" };
            switch (type.Value)
            {
                case "veth" when Value("link") is { } bridge:
                    (nic["nictype"], nic["parent"]) = ("bridged", bridge);
                    break;
                case "veth":
                    nic["nictype"] = "p2p";
                    break;
                case "macvlan" or "phys" when Value("link") is { } parent:
                    (nic["nictype"], nic["parent"]) = (type.Value == "phys" ? "physical" : "macvlan", parent);
                    break;
                case "empty":
                    foreach (var line in keys.Values)
                        Took(line, "an app without a nic has a loopback");
                    continue;
                default:
                    foreach (var line in keys.Values)
                        Left(line, $"an interface of type {Names.Show(type.Value)} has no equal, or lacks its link; a nic has " +
                            "nictype=p2p, bridged, macvlan or physical");
                    continue;
            }
            foreach (var (key, line) in keys)
                TakeOfInterface(nic, key, line);
            AddDevice(type, "eth", nic);
        }
    }

    private void TakeOfInterface(Dictionary<string, string> nic, string key, LxcLine line)
    {
        switch (key)
        {
            case "type" or "link" or "flags":
                if (key != "type")
                    Took(line, key == "link" ? "the parent of the nic" : "a nic is up");
                break;
            case "hwaddr" when line.Value.Contains('x', StringComparison.OrdinalIgnoreCase):
                Left(line, "a nic without hwaddr has one of Holm's");
                break;
            case "name" or "hwaddr" or "mtu" when line.Value.Length > 0:
                nic[key] = line.Value;
                Took(line, $"{key} of the nic");
                break;
            case "veth.pair" when nic["nictype"] is "bridged" or "p2p":
                nic["host_name"] = line.Value;
                Took(line, "host_name of the nic");
                break;
            case "macvlan.mode":
                Left(line, "a macvlan is in mode bridge");
                break;
            case "ipv4.address" or "ipv4.gateway" or "ipv6.address" or "ipv6.gateway":
                Left(line, "the system inside sets its addresses; with nictype=p2p the node can");
                break;
            case "script.up" or "script.down":
                Left(line, "nothing of an app runs on the host");
                break;
            default:
                Left(line, "it has no equal of a nic");
                break;
        }
    }

    private void TakeCapabilities(LxcLine line)
    {
        if (line.Value.Length == 0)
        {
            _raw.RemoveAll(l => l.Key == "lxc.cap.drop");
            Took(line, "what was said of capabilities before is cleared");
            return;
        }
        var names = line.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => n.ToLowerInvariant()).ToList();
        if (line.Key == "lxc.cap.keep")
            names = names is ["none"] ? [.. RawLxc.Capabilities] : [.. RawLxc.Capabilities.Except(names)];
        var more = names.Except(DroppedAnyway).ToList();
        if (more.Count == 0)
            Took(line, "no app has that");
        else
            AddRaw(line with { Key = "lxc.cap.drop", Value = string.Join(' ', more) });
    }

    private void AddRaw(LxcLine line)
    {
        if (line.Value.Length == 0)
        {
            _raw.RemoveAll(l => l.Key == line.Key);
            Took(line, "what was said of it before is cleared");
        }
        else if (RawLxc.Problem(line) is { } problem)
            Left(line, problem);
        else
        {
            _raw.Add(line);
            Took(line, "raw.lxc");
        }
    }

    private void TakeRaw()
    {
        if (_raw.Count > 0)
            _config["raw.lxc"] = string.Join('\n', _raw.Select(l => $"{l.Key} = {l.Value}").Distinct());
    }
}
