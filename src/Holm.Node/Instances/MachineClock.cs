namespace Holm.Node.Instances;

/// <summary>
/// The clock that pauses and deadlines are kept by: time since the machine was started. The wall clock is only shown: a device without a
/// battery boots in 1970 and is set forward by decades, or back, while apps run.
/// </summary>
public static class MachineClock
{
    /// <summary>Time since boot, the same for each daemon of it; CLOCK_MONOTONIC, clock_gettime(2).</summary>
    public static TimeSpan SinceBoot(this TimeProvider clock) => clock.GetElapsedTime(0);
}
