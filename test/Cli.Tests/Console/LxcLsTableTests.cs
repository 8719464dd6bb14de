using Holm.Cli.Output;
using Holm.Contract;

namespace Cli.Tests.Console;

public sealed class LxcLsTableTests
{
    [Fact]
    public void No_apps_print_nothing() => Assert.Equal("", LxcLsTable.Render([]));

    [Fact]
    public void Columns_are_those_of_lxc_ls() => Assert.Equal(
        """
        NAME STATE   AUTOSTART GROUPS IPV4 IPV6 UNPRIVILEGED 
        bar  RUNNING 0         -      -    -    false        
        foo  STOPPED 1         -      -    -    true         
        """,
        LxcLsTable.Render([App("foo", "Stopped", ("boot.autostart", "true")), App("bar", "Running", ("security.privileged", "true"))]));

    [Fact]
    public void Addresses_widen_their_column()
    {
        var app = App("a-long-name", "Running") with
        {
            State = new()
            {
                Network = new Dictionary<string, NetworkState>
                {
                    ["lo"] = new() { Type = "loopback", Addresses = [Address("inet", "127.0.0.1")] },
                    ["eth0"] = new()
                    {
                        Type = "broadcast",
                        Addresses = [Address("inet", "10.0.0.2"), Address("inet", "10.0.1.2"), Address("inet6", "fe80::1", "link")],
                    },
                },
            },
        };
        Assert.Equal(
            """
            NAME        STATE   AUTOSTART GROUPS IPV4               IPV6 UNPRIVILEGED 
            a-long-name RUNNING 0         -      10.0.0.2, 10.0.1.2 -    true         
            """, LxcLsTable.Render([app]));
    }

    private static Instance App(string name, string status, params (string Key, string Value)[] config) =>
        new() { Name = name, Status = status, ExpandedConfig = config.ToDictionary(c => c.Key, c => c.Value) };

    private static NetworkAddress Address(string family, string address, string scope = "global") =>
        new() { Family = family, Address = address, Scope = scope };
}
