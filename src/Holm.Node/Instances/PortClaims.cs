using Holm.Config;

namespace Holm.Node.Instances;

/// <summary>Who has which port of the host: one running instance each; a port with VLANs on it is shared by those alone. Pure.</summary>
public sealed class PortClaims
{
    private readonly List<(string App, Nic Nic)> _held = [];

    /// <summary>The claims of everything that runs, is on its way up, or has not been taken down yet.</summary>
    public static PortClaims Of(IReadOnlyDictionary<string, DesiredInstance> desired, IEnumerable<ObservedInstance> observed)
    {
        var claims = new PortClaims();
        foreach (var o in observed.Where(o => o.Busy || o.Presence != Presence.Absent))
            claims.Add(o.Name, o.Nics ?? desired.GetValueOrDefault(o.Name)?.Spec?.Nics ?? []);
        return claims;
    }

    /// <summary>An instance takes its ports.</summary>
    public void Add(string app, IReadOnlyList<Nic> nics) =>
        _held.AddRange(nics.Where(n => n.Kind == NicKind.Physical).Select(n => (app, n)));

    /// <summary>What an instance waits for before it can start, as a sentence; null: nothing.</summary>
    public string? Waits(string app, IReadOnlyList<Nic> nics)
    {
        foreach (var nic in nics.Where(n => n.Kind == NicKind.Physical))
            if (_held.FirstOrDefault(h => h.App != app && Excludes(h.Nic, nic)).App is { } holder)
                return $"it waits for port {nic.PortName}, which app {holder} has";
        return null;
    }

    private static bool Excludes(Nic one, Nic other) =>
        one.Parent == other.Parent && (one.Vlan is null || other.Vlan is null || one.Vlan == other.Vlan);
}
