namespace System.Tests;

/// <summary>What tests of networks say again and again.</summary>
internal static class NetworkWords
{
    /// <summary>Makes an app with one device, <c>eth0</c>.</summary>
    public static async Task Create(this TestNode node, string app, params string[] device)
    {
        (await node.Holm("app", "create", app, "sample")).Well();
        (await node.Holm(["config", "device", "add", app, "eth0", .. device])).Well();
    }

    /// <summary>Gives an app one nic more.</summary>
    public static async Task Add(this TestNode node, string app, string device, params string[] keys) =>
        (await node.Holm(["config", "device", "add", app, device, "nic", .. keys])).Well();

    /// <summary>Changes keys of a device.</summary>
    public static async Task Set(this TestNode node, string app, string device, params string[] keys) =>
        (await node.Holm(["config", "device", "set", app, device, .. keys])).Well();

    /// <summary>Waits until eth0 inside has an address that begins so.</summary>
    public static Task GetsAddress(this TestNode node, string app, string begin) => Shell.Until($"{app} has an address {begin}", async () =>
        (await node.Holm("exec", app, "--", "ip", "-4", "-o", "addr", "show", "dev", "eth0")).Out.Contains($"inet {begin}",
            StringComparison.Ordinal));

    /// <summary>Names of the interfaces inside, in order.</summary>
    public static async Task<string> LinksIn(this TestNode node, string app) =>
        string.Join(' ', (await node.In(app, "ls /sys/class/net")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(
            StringComparer.Ordinal));

    /// <summary>Process ids of the node's dnsmasqs, or of one interface's.</summary>
    public static async Task<string> Served(this TestNode node, string link = "") =>
        (await Shell.Sh($"pgrep -f '[c]onf-file={node.RunFolder}/networks/{link}' || true")).Out.Trim();
}
