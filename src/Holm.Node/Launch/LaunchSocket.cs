using System.Collections.Concurrent;
using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Launch;

/// <summary>
/// <c>$HOLM_RUN/launch.socket</c>: open to everyone, one message long. A caller is known by what the kernel says of it, and every path it
/// contributes it has opened itself.
/// </summary>
public sealed class LaunchSocket(Launches launches, Action<string> log) : IDisposable
{
    /// <summary>Callers that are served at a time; more wait in the socket's queue.</summary>
    private const int CallersMax = 512;

    /// <summary>Of these, how many one user has who is not root.</summary>
    private const int CallersOfOneMax = 128;

    /// <summary>A caller says what it wants at once, or not at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Of one who calls too often: his places are everybody's.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromMilliseconds(100);

    private const uint ForAll = 0x1b6;

    private readonly SemaphoreSlim _room = new(CallersMax);
    private readonly ConcurrentDictionary<uint, int> _callers = new();

    /// <summary>Takes callers until cancelled.</summary>
    /// <param name="run">HOLM_RUN.</param>
    /// <param name="ct">Ends it.</param>
    public async Task Run(string run, CancellationToken ct)
    {
        using var folder = Fd.Open(run, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        using var listening = PacketSocket.Listen(folder, "launch.socket", ForAll);
        try
        {
            while (true)
            {
                await _room.WaitAsync(ct).ConfigureAwait(false);
                Fd? caller;
                while ((caller = PacketSocket.Accept(listening)) is null)
                    await Epoll.Readable(listening, ct).ConfigureAwait(false);
                _ = Serve(caller);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private async Task Serve(Fd caller)
    {
        var user = PacketSocket.PeerOf(caller).Uid;
        using (caller)
        {
            Launched? launched = null;
            var files = new List<Fd>();
            await Told(caller, async () => launched = await Hear(caller, user, files).ConfigureAwait(false)).ConfigureAwait(false);
            // The streams are the program's alone from here on.
            Leave(user, files);
            if (launched is not null)
                await Told(caller, () => Launches.ComesUp(launched)).ConfigureAwait(false);
        }
    }

    /// <summary>Tells a caller what goes wrong.</summary>
    private async Task Told(Fd caller, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Refusal refusal)
        {
            var code = (byte)(refusal.Code is 126 or 127 ? refusal.Code : 125);
            PacketSocket.TrySend(caller, [LaunchCall.Refused, code, .. Encoding.UTF8.GetBytes(refusal.Message)]);
        }
        catch (OperationCanceledException)
        {
            return;
        }
#pragma warning disable CA1031 // whatever it is: this caller is told, and others are served
        catch (Exception e)
#pragma warning restore CA1031
        {
            log($"launch: {e}");
            PacketSocket.TrySend(caller, [LaunchCall.Refused, 125, .. Encoding.UTF8.GetBytes("launch: " + e.Message)]);
        }
    }

    private async Task<Launched> Hear(Fd caller, uint user, List<Fd> files)
    {
        var isOneTooMany = _callers.AddOrUpdate(user, 1, (_, count) => count + 1) > CallersOfOneMax && user != 0;
        using (var brief = new CancellationTokenSource(isOneTooMany ? ShortPatience : Patience))
            await Epoll.Readable(caller, brief.Token).ConfigureAwait(false);
        if (isOneTooMany)
        {
            // Read, else the answer is lost with it; and without the descriptors, which the kernel drops.
            caller.TryRead(new byte[1]);
            throw new Refusal(429, $"launch: {CallersOfOneMax} calls of yours are being started; wait until one of them is");
        }
        return await Answer(caller, files).ConfigureAwait(false);
    }

    /// <summary>
    /// Closes what came with a call. That may wait for the server of a filesystem (close(2) flushes), and a caller can be one that never
    /// answers: he waits on a thread of his own then, and has one place less among his.
    /// </summary>
    private void Leave(uint user, List<Fd> files)
    {
        void Close()
        {
            files.ForEach(f => f.Dispose());
            _callers.AddOrUpdate(user, 0, (_, count) => count - 1);
            _room.Release();
        }
        if (user == 0 || files.Count == 0)
            Close();
        else
            new Thread(Close, maxStackSize: 64 * 1024) { IsBackground = true }.Start();
    }

    private async Task<Launched> Answer(Fd caller, List<Fd> files)
    {
        var message = new byte[LaunchCall.LongestMessage];
        var length = PacketSocket.Receive(caller, message, files);
        var request = LaunchRequest.Read(message.AsSpan(0, length), PacketSocket.PeerOf(caller), files);
        using var gone = new CancellationTokenSource();
        var hangUp = Epoll.Readable(caller, gone.Token);
        _ = hangUp.ContinueWith(_ => gone.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
        var launched = await launches.Launch(request, text => Tell(caller, text), gone.Token).ConfigureAwait(false);
        using (launched.Control)
            PacketSocket.TrySend(caller, [LaunchCall.Taken, launched.IsEntered ? (byte)1 : (byte)0], launched.Control);
        await gone.CancelAsync().ConfigureAwait(false);
        return launched;
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    private static void Tell(Fd caller, string text) =>
        PacketSocket.TrySend(caller, [LaunchCall.Progress, .. Encoding.UTF8.GetBytes(text)]);
}
