using System.Collections.Concurrent;
using System.Threading.Channels;
using Holm.Linux;

namespace Holm.Node.Api;

/// <summary>Shares each instance's console out: one link to the instance, one writer, any number of readers.</summary>
internal sealed class ConsoleHub(InstanceFace instances)
{
    private readonly ConcurrentDictionary<string, ConsoleShare> _shares = new(StringComparer.Ordinal);

    /// <summary>Joins the console of a running instance.</summary>
    /// <exception cref="Contract.Refusal">It does not run, or another program holds its console.</exception>
    public async Task<ConsoleSeat> Attach(string name, bool force, bool readOnly)
    {
        while (true)
        {
            ConsoleShare? share;
            lock (_shares)
            {
                if (!_shares.TryGetValue(name, out share))
                    _shares[name] = share = Open(name);
                if (!share.Ended)
                    return share.Attach(Recent(instances.ConsoleLog(name)), force, readOnly);
            }
            // The last one is leaving.
            await share.Left.ConfigureAwait(false);
        }
    }

    private ConsoleShare Open(string name)
    {
        var link = instances.OpenConsole(name);
        return new ConsoleShare(link.Terminal, link.Resize, async ended =>
        {
            await link.Leave().ConfigureAwait(false);
            _shares.TryRemove(new KeyValuePair<string, ConsoleShare>(name, ended));
        });
    }

    private const int RecentBytes = 8 * 1024;

    /// <summary>The last screen or two, from the start of a line.</summary>
    private static byte[] Recent(byte[] log)
    {
        if (log.Length <= RecentBytes)
            return WithoutQuestions(log);
        var tail = log.AsSpan(log.Length - RecentBytes);
        return WithoutQuestions(tail[(tail.IndexOf((byte)'\n') + 1)..]);
    }

    /// <summary>
    /// Without what programs once asked their terminal (ECMA-48: DSR, <c>CSI … n</c>, and DA, <c>CSI … c</c>): the terminal that is shown
    /// the question again would answer, and the answer would be typed into the app.
    /// </summary>
    internal static byte[] WithoutQuestions(ReadOnlySpan<byte> log)
    {
        var kept = new List<byte>(log.Length);
        while (log.IndexOf("\x1b["u8) is >= 0 and var at)
        {
            var parameters = log[(at + 2)..].IndexOfAnyExceptInRange((byte)' ', (byte)'?');
            var end = parameters < 0 ? log.Length : at + 2 + parameters + 1;
            kept.AddRange(log[end - 1] is (byte)'n' or (byte)'c' ? log[..at] : log[..end]);
            log = log[end..];
        }
        kept.AddRange(log);
        return [.. kept];
    }
}

/// <summary>
/// One console and those who sit at it. It is read without pause: who cannot keep up loses the seat, never the instance its time.
/// </summary>
internal sealed class ConsoleShare
{
    private readonly Lock _gate = new();
    private readonly List<ConsoleSeat> _seats = [];
    private readonly Fd _terminal;
    private readonly Action<int, int> _resize;
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConsoleShare(Fd terminal, Action<int, int> resize, Func<ConsoleShare, Task> ended)
    {
        (_terminal, _resize) = (terminal, resize);
        Left = Task.Run(async () =>
        {
            await Read().ConfigureAwait(false);
            await ended(this).ConfigureAwait(false);
        });
    }

    /// <summary>Ends when it has been given back.</summary>
    public Task Left { get; }

    /// <summary>True when the terminal is gone, or everybody left.</summary>
    public bool Ended { get; private set; }

    public ConsoleSeat Attach(byte[] recent, bool force, bool readOnly)
    {
        lock (_gate)
        {
            var seat = new ConsoleSeat(this, readOnly);
            if (recent.Length > 0)
                seat.Give(recent);
            if (!readOnly && (force || !_seats.Exists(s => s.Writes)))
            {
                _seats.ForEach(s => s.SetWrites(false));
                seat.SetWrites(true);
            }
            _seats.Add(seat);
            if (Ended)
                seat.End();
            return seat;
        }
    }

    public void Leave(ConsoleSeat seat)
    {
        lock (_gate)
        {
            _seats.Remove(seat);
            seat.End();
            if (seat.Writes)
            {
                seat.SetWrites(false);
                _seats.Find(s => !s.ReadOnly)?.SetWrites(true);
            }
            if (_seats.Count > 0 || Ended)
                return;
            Ended = true;
            _left.TrySetResult();
        }
    }

    public Task<bool> Write(ReadOnlyMemory<byte> bytes, CancellationToken ct) => FdStream.Write(_terminal, bytes, ct);

    public void Resize(int width, int height) => _resize(width, height);

    private async Task Read()
    {
        try
        {
            await FdStream.Pump(_terminal, _left.Task, bytes =>
            {
                var copy = bytes.ToArray();
                lock (_gate)
                    _seats.ForEach(s => s.Give(copy));
                return Task.FromResult(true);
            }).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                Ended = true;
                _seats.ForEach(s => s.End());
            }
        }
    }
}

/// <summary>A seat at a console.</summary>
internal sealed class ConsoleSeat(ConsoleShare share, bool readOnly) : IDisposable
{
    /// <summary>Reads a seat may lag behind: 8 MiB at most, much less as people type.</summary>
    private const int Backlog = 256;

    private readonly Channel<byte[]> _output = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(Backlog) { SingleReader = true });

    private readonly TaskCompletionSource _lagged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool ReadOnly => readOnly;

    /// <summary>True: what it types is heard.</summary>
    public bool Writes { get; private set; }

    /// <summary>Called when <see cref="Writes"/> changes.</summary>
    public Action<bool> WritesChanged { get; set; } = _ => { };

    /// <summary>What the console prints; ends with the console, the seat, or a lag too long.</summary>
    public ChannelReader<byte[]> Output => _output.Reader;

    /// <summary>Completes when it cannot keep up with what the console prints.</summary>
    public Task Lagged => _lagged.Task;

    /// <summary>Types; not heard from one who only reads. False: the console is gone.</summary>
    public Task<bool> Write(ReadOnlyMemory<byte> bytes, CancellationToken ct) => Writes ? share.Write(bytes, ct) : Task.FromResult(true);

    /// <summary>Sets the size of the terminal; only the writer's counts.</summary>
    public void Resize(int width, int height)
    {
        if (Writes)
            share.Resize(width, height);
    }

    /// <inheritdoc/>
    public void Dispose() => share.Leave(this);

    internal void SetWrites(bool writes)
    {
        if (Writes == writes)
            return;
        Writes = writes;
        WritesChanged(writes);
    }

    internal void Give(byte[] bytes)
    {
        if (!_output.Writer.TryWrite(bytes))
            _lagged.TrySetResult();
    }

    internal void End() => _output.Writer.TryComplete();
}
