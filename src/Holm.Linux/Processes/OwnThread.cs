using System.Runtime.ExceptionServices;

namespace Holm.Linux.Processes;

/// <summary>
/// Work for which a thread enters a namespace: it is in that namespace for good, so it ends with the work and serves nothing else.
/// </summary>
internal static class OwnThread
{
    /// <summary>Bytes; the work is a few system calls.</summary>
    private const int Stack = 256 * 1024;

    /// <summary>Waits for the work on a new thread; what it throws is thrown here.</summary>
    /// <param name="name">What the thread is called in /proc.</param>
    /// <param name="work">May block; its thread is not one of the pool's.</param>
    public static T Run<T>(string name, Func<T> work)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
#pragma warning disable CA1031 // carried over to the caller's thread, whatever it is
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            Stack)
        { IsBackground = true, Name = name };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
