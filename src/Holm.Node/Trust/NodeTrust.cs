namespace Holm.Node.Trust;

/// <summary>Who this node is by TLS, and whom it trusts there.</summary>
/// <param name="Node">Its own certificate.</param>
/// <param name="Clients">Those it trusts.</param>
/// <param name="Tokens">By which one becomes such a client.</param>
public sealed record NodeTrust(NodeCertificate Node, TrustStore Clients, TrustTokens Tokens)
{
    /// <summary>All of it out of one folder, which is made when something is written to it.</summary>
    public static NodeTrust Open(string folder, TimeProvider clock, Action<string> say) =>
        new(new NodeCertificate(folder), new TrustStore(Path.Combine(folder, "clients.json"), say), new TrustTokens(clock));
}
