using Holm.Config;

namespace Holm.Node.Instances;

/// <summary>
/// Who has which port of the host: one running instance each; one with VLANs or macvlans on it is shared by those alone. Pure.
/// </summary>
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
        _held.AddRange(nics.Where(IsOnPort).Select(n => (app, n)));

    /// <summary>What an instance waits for before it can start, as a sentence; null: nothing.</summary>
    public string? Waits(string app, IReadOnlyList<Nic> nics)
    {
        foreach (var nic in nics.Where(IsOnPort))
            if (_held.FirstOrDefault(h => h.App != app && Excludes(h.Nic, nic)).App is { } holder)
                return $"it waits for port {nic.PortName}, which app {holder} has";
        return null;
    }

    private static bool IsOnPort(Nic nic) => nic.Kind is NicKind.Physical or NicKind.Macvlan;

    private static bool IsWhole(Nic nic) => nic is { Kind: NicKind.Physical, Vlan: null };

    private static bool Excludes(Nic one, Nic other) => (one.Port ?? one.Parent) == (other.Port ?? other.Parent) &&
        (IsWhole(one) || IsWhole(other) || (one.Kind == NicKind.Physical && other.Kind == NicKind.Physical && one.Vlan == other.Vlan));
}
