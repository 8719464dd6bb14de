using Holm.Images.Oci;

namespace Images.Tests.Oci;

/// <summary>How long a pull that failed waits: longer each time, never all nodes alike, and as long as the registry asks.</summary>
public sealed class BackoffTests
{
    [Theory]
    [InlineData(0, 0.25, 0.75)]
    [InlineData(1, 0.5, 1.5)]
    [InlineData(4, 4, 12)]
    [InlineData(6, 15, 45)]
    [InlineData(int.MaxValue, 15, 45)]
    public void It_doubles_up_to_its_longest_and_varies_by_half(int failures, double least, double most)
    {
        double[] pauses = [.. Enumerable.Range(0, 1000).Select(_ => Backoff.Pause(failures, null).TotalSeconds)];
        Assert.All(pauses, p => Assert.InRange(p, least, most));
        // A thousand nodes come back all over the span, not at one moment.
        Assert.All(Enumerable.Range(0, 10), tenth =>
            Assert.Contains(pauses, p => (int)((p - least) / (most - least) * 10) == tenth));
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(3600, 300)]
    public void What_the_registry_asks_for_is_the_least_within_reason(int asked, int least) =>
        Assert.Equal(TimeSpan.FromSeconds(least), Backoff.Pause(0, TimeSpan.FromSeconds(asked)));
}
