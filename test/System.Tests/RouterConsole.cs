namespace System.Tests;

/// <summary>The router's console on a real terminal of a host called example, and what its tests have in common.</summary>
internal static class RouterConsole
{
    public const string Exec = "example:/#> ", Config = "example:/config/#> ", Foo = "example:/config/app-foo/#> ";

    public const string Applied =
        "Applying configuration.\nConfiguration activated.  Remember \"copy run start\" to save to flash (NVRAM).\n";

    private static readonly string Holm = $"exec {TestNode.Programs}/holm";

    public static async Task<TestNode> Node(bool ownHost = true)
    {
        var node = await TestNode.Start(withSample: false, ownHost: ownHost);
        (await node.Holm("image", "import", TestNode.SampleImage, "--alias", "netbox")).Well();
        return node;
    }

    public static async Task Make(TestNode node, params string[] apps) => (await node.HolmWith("configure\n"
        + string.Concat(apps.Select(a => $"app {a} netbox\nno share veth\nend\n")) + "leave\n")).Well();

    public static TypedTerminal Console(TestNode node, int columns = 80, string before = "") => new(Shell.Start("script",
        ["-qefc", $"stty cols {columns} rows 24; exec unshare -um sh -c 'hostname example; {before} {Holm}'", "/dev/null"],
        new Dictionary<string, string>(node.Environment) { ["TERM"] = "xterm" }), columns);
}
