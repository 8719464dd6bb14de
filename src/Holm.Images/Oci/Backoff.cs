namespace Holm.Images.Oci;

/// <summary>How long to wait before another try, so that many nodes do not come back at once.</summary>
internal static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500), Longest = TimeSpan.FromSeconds(30),
        LongestAsked = TimeSpan.FromMinutes(5);

    /// <summary>Doubles with each failure and varies by half; what the server asked for is the least.</summary>
    /// <param name="failures">In a row, from 0.</param>
    /// <param name="asked">What the server asked for, or null.</param>
    public static TimeSpan Pause(int failures, TimeSpan? asked)
    {
        var pause = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(failures, 10)), Longest.TotalSeconds);
        pause *= 0.5 + Random.Shared.NextDouble();
        return TimeSpan.FromSeconds(Math.Max(pause, Math.Min(asked?.TotalSeconds ?? 0, LongestAsked.TotalSeconds)));
    }
}
