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

    /// <summary>An app as it would be with so many pairs, <c>n0</c> inside and <c>h0</c> on the host and so on, and no other nic.</summary>
    public static async Task<string> WithNics(this TestNode node, string app, int count)
    {
        var nics = string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$"""{{(i == 0 ? "\"eth0\"" : $"\"d{i}\"")}}:{"type":"nic","nictype":"p2p","host_name":"h{{i}}","name":"n{{i}}"}"""));
        var now = (await Shell.Run("curl", ["-s", "--unix-socket", node.Socket, $"http://holm/1.0/instances/{app}"])).Well().Out;
        var then = await Shell.Run("jq", [$".metadata | .devices = (.devices | with_entries(select(.value.type != \"nic\"))) + {{{nics}}}"],
            input: now);
        return then.Well().Out;
    }

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
