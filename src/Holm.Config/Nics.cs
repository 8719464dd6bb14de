using System.Collections.Immutable;
using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>The nics of instances, together: what has to be unique among them.</summary>
public static class Nics
{
    /// <summary>The nics of one instance, each with the name it has inside.</summary>
    /// <exception cref="Refusal">400: two have one name inside.</exception>
    public static ImmutableArray<Nic> Of(Expanded expanded)
    {
        var nics = expanded.Present.Where(d => d.Value.GetValueOrDefault("type") == "nic").Select(d => Nic.Read(d.Key,
            expanded.Networks.GetValueOrDefault(d.Value.GetValueOrDefault("network", ""))?.NicOf(d.Value) ?? d.Value)).ToList();
        var taken = new HashSet<string>(StringComparer.Ordinal) { "lo" };
        foreach (var nic in nics.Where(n => n.Name is not null))
            if (!taken.Add(nic.Name!))
                throw new Refusal(400, nic.Name == "lo" ? $"device {nic.Device}: the name lo inside is the loopback's; choose another"
                    : $"device {nic.Device}: another nic is called {nic.Name} inside already; give it a name of its own");
        var next = 0;
        return [.. nics.Select(nic => nic.Name is not null ? nic : nic with { Name = FreeName(taken, ref next) })];
    }

    private static string FreeName(HashSet<string> taken, ref int next)
    {
        string name;
        do
            name = string.Create(CultureInfo.InvariantCulture, $"eth{next++}");
        while (!taken.Add(name));
        return name;
    }

    /// <summary>Subnets that are written for apps and managed networks, whether they run or not.</summary>
    public static IEnumerable<Ipv4Interface> Subnets(Document document) =>
        document.Networks.Values.Select(n => n.Plan.Address)
            .Concat(document.Instances.Values.SelectMany(i => Of(Expansion.Expand(document, i)))
                .SelectMany(n => (Ipv4Interface?[])[n.Host.Address, n.Address]))
            .OfType<Ipv4Interface>();

    /// <summary>Accepts the names that all instances and networks together put on the host.</summary>
    /// <exception cref="Refusal">409, naming both.</exception>
    public static void CheckTogether(Document document)
    {
        var hosts = new Dictionary<string, string>(StringComparer.Ordinal);
        var subnets = new List<(string Owner, Ipv4Interface Own)>();
        void Take(string name, string owner)
        {
            if (!hosts.TryAdd(name, owner))
                throw new Refusal(409, $"{owner}: interface {name} of the host is used by {hosts[name]} already; choose another name");
        }

        void Address(string owner, AddressPlan plan)
        {
            if (plan.Address is not { } own)
                return;
            if (subnets.Find(s => s.Own.Overlaps(own)) is { Owner: { } other } found)
                throw new Refusal(409, $"{owner}: {own} overlaps {found.Own} of {other}; choose another subnet");
            subnets.Add((owner, own));
        }

        foreach (var network in document.Networks.Values.Where(n => n.IsBridge))
        {
            Take(network.Name, $"network {network.Name}");
            Address($"network {network.Name}", network.Plan);
        }
        foreach (var instance in document.Instances.Values)
            foreach (var nic in Of(instance.Name, Expansion.Expand(document, instance)))
            {
                var owner = $"instance {instance.Name}, device {nic.Device}";
                if (nic.Network is { } network && !document.Networks.ContainsKey(network))
                    throw new Refusal(404, $"{owner}: there is no network {network}; make it first");
                if (nic.HostName is { } host)
                    Take(host, owner);
                if (nic is { Kind: NicKind.Physical, Vlan: not null })
                    Take(nic.PortName, owner);
                Address(owner, nic.Host);
            }
    }

    private static ImmutableArray<Nic> Of(string instance, Expanded expanded)
    {
        try
        {
            return Of(expanded);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"instance {instance}: {refusal.Message}", refusal);
        }
    }
}
