using Holm.Config;
using Holm.Node.Networks;

namespace Node.Tests.Networks;

public sealed class ReadingTests
{
    [Fact]
    public async Task A_look_at_the_hosts_interfaces_and_a_change_do_not_wait_for_each_other()
    {
        using var folder = new ScratchFolder();
        using var changing = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        using var networks = new InstanceNetworks(folder.Run, "test", (_, _) => { }, _ =>
        {
            changing.Set();
            goOn.Wait();
        });
        // There is no such process, which is told in the middle of a change.
        var nic = Nic.Read("eth0", Maps.Of(("type", "nic"), ("nictype", "p2p")));
        var change = Task.Run(() => networks.Adopt("gone", int.MaxValue, [nic]));
        changing.Wait();
        try
        {
            Assert.Equal("up", (await Task.Run(() => InstanceNetworks.ReadHost("lo")).WaitAsync(TimeSpan.FromSeconds(60))).State);
        }
        finally
        {
            goOn.Set();
        }
        await change;
    }
}
