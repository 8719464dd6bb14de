using Holm.Linux;

namespace Linux.Tests;

public sealed class MachineTests
{
    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3", 4)]
    [InlineData("0,2-3,8", 4)]
    public void Processors_in_a_list(string list, int count) => Assert.Equal(count, Machine.CountCpus(list));

    [Fact]
    public void This_machine_has_some_of_each()
    {
        Assert.InRange(Machine.OnlineCpus(), 1, 8192);
        Assert.InRange(Machine.MemoryBytes(), 1L << 24, long.MaxValue);
    }
}
