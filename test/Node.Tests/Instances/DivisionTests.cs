using Holm.Node.Instances;
using Holm.Node.Limits;

namespace Node.Tests.Instances;

/// <summary>
/// The division of the partition's memory under any sequence of events: apps come, go, are enabled, use more or less, and steps of many
/// instances are carried out in any order, as the kernel would.
/// </summary>
public sealed class DivisionTests
{
    private const long Mebibyte = 1 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_is_held_never_grows_beyond_the_whole_and_all_end_with_equal_parts(int seed)
    {
        var random = new Random(seed);
        for (var run = 0; run < 200; run++)
        {
            var node = new SmallPartition(random, 100 * Mebibyte + random.Next(1 << 20));
            for (var i = 0; i < 60; i++)
                node.Something();
            node.Settle();
        }
    }

    [Fact]
    public void A_part_is_whole_pages_and_all_parts_fit()
    {
        foreach (var count in Enumerable.Range(1, 300))
        {
            var part = Division.PartOf((32 * Mebibyte) + 12345, count);
            Assert.Equal(0, part % 4096);
            Assert.InRange(part * count, 1, (32 * Mebibyte) + 12345);
        }
    }

    [Fact]
    public void The_whole_is_never_below_what_its_instances_hold()
    {
        ObservedInstance Held(string name, long? part) => new() { Name = name, Part = part };
        var wanted = new PartitionLimits(1000, 50);
        Assert.Equal(wanted, Division.Whole(wanted, [Held("a", 20), Held("b", null), Held("c", 30)]));
        Assert.Equal(wanted with { MemoryBytes = 70 }, Division.Whole(wanted, [Held("a", 40), Held("b", null), Held("c", 30)]));
    }
}
