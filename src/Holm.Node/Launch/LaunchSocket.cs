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

    /// <summary>A caller says what it wants at once, or not at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const uint ForAll = 0x1b6;

    private readonly SemaphoreSlim _room = new(CallersMax);

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
        using (caller)
            try
            {
                await Answer(caller).ConfigureAwait(false);
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
            finally
            {
                _room.Release();
            }
    }

    private async Task Answer(Fd caller)
    {
        using (var brief = new CancellationTokenSource(Patience))
            await Epoll.Readable(caller, brief.Token).ConfigureAwait(false);
        var files = new List<Fd>();
        try
        {
            var message = new byte[LaunchCall.LongestMessage];
            var length = PacketSocket.Receive(caller, message, files);
            var request = LaunchRequest.Read(message.AsSpan(0, length), PacketSocket.PeerOf(caller), files);
            using var gone = new CancellationTokenSource();
            var hangUp = Epoll.Readable(caller, gone.Token);
            _ = hangUp.ContinueWith(_ => gone.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            using var control = await launches.Launch(request, text => Tell(caller, text), gone.Token).ConfigureAwait(false);
            PacketSocket.TrySend(caller, [LaunchCall.Taken], control);
            await gone.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            files.ForEach(f => f.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    private static void Tell(Fd caller, string text) =>
        PacketSocket.TrySend(caller, [LaunchCall.Progress, .. Encoding.UTF8.GetBytes(text)]);
}
