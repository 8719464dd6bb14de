using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Instances;

/// <summary>What of the host an app has for itself while it runs.</summary>
public static class HostThings
{
    /// <summary>Names of interfaces and ports; pure.</summary>
    public static HashSet<string> Of(Document document, string app)
    {
        if (!document.Instances.TryGetValue(app, out var instance))
            return [];
        try
        {
            return [.. Nics.Of(Expansion.Expand(document, instance)).SelectMany(n => (string?[])[n.HostName,
                n.Kind == NicKind.Physical ? n.PortName : null]).OfType<string>()];
        }
        catch (Refusal)
        {
            return [];
        }
    }
}
