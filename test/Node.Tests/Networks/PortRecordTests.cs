using Holm.Linux.Netlink;
using Holm.Node.Networks;

namespace Node.Tests.Networks;

/// <summary>How a port is known again. Ports of a switch chip exist neither here nor in the emulated machine, so their data do.</summary>
public sealed class PortRecordTests
{
    private static readonly Link First = new()
    {
        Index = 4,
        Name = "lan1",
        PermanentAddress = "02:00:00:00:00:01",
        ParentDevice = "platform/f1072004.mdio",
        PortName = "p1",
        PortId = "01:02",
    };

    private static readonly PortRecord Record = new("lan1", "fw", "wan", First.Index, "", First.PermanentAddress, First.ParentDevice, null,
        1500, true, 0, null, 0, ["wan-port"], 1000, First.PortName, First.PortId, "1/0x0");

    [Fact]
    public void Siblings_on_one_chip_are_told_apart()
    {
        Assert.True(Record.IsOf(First with { Name = "eth0", Index = 9 }, "1/0x0"));
        // Inside an app's namespace there is no /sys to be asked.
        Assert.True(Record.IsOf(First, null));
        Assert.False(Record.IsOf(First with { PortName = "p2" }, null));
        Assert.False(Record.IsOf(First with { PortName = null }, null));
        Assert.False(Record.IsOf(First with { PortId = "01:03" }, null));
        Assert.False(Record.IsOf(First, "2/0x0"));
        Assert.False(Record.IsOf(First with { ParentDevice = "platform/other" }, "1/0x0"));
        Assert.False(Record.IsOf(First with { PermanentAddress = null }, "1/0x0"));
    }

    [Fact]
    public void A_record_is_read_as_it_was_written_and_one_of_an_earlier_version_too()
    {
        using var folder = new ScratchFolder();
        Record.Write(folder.Run);
        var read = Assert.Single(PortRecord.ReadAll(folder.Run));
        Assert.Equal(["wan-port"], read.AltNames);
        Assert.Equal(Record, read with { AltNames = Record.AltNames });
        Assert.True(read.IsCalled("wan-port") && read.IsCalled("lan1") && !read.IsCalled("lan2"));
        var path = Path.Combine(folder.Run, "lan1.json");
        var text = File.ReadAllText(path);
        File.WriteAllText(path, text[..text.IndexOf(",\"TxQueue\"", StringComparison.Ordinal)] + "}");
        var old = Assert.Single(PortRecord.ReadAll(folder.Run));
        Assert.Equal(("lan1", (uint?)null, (string?)null), (old.Port, old.TxQueue, old.DevicePort));
    }
}
