using System.Globalization;
using System.Text;
using Holm.Config;
using Holm.Linux;
using Holm.Linux.Processes;

namespace Holm.Node.Networks;

/// <summary>
/// One dnsmasq(8) for one interface of the host: it hands out addresses there and answers name questions, and nowhere else. It is watched
/// and started again; it outlives the daemon as the apps do, and the next daemon takes it over.
/// </summary>
/// <remarks>
/// <c>$HOLM_RUN/networks/NAME.conf</c> what it reads, written before it starts and removed when it has ended; <c>.leases</c> what it gave,
/// <c>.log</c> why it did not start, <c>.up</c> its process id, once it listens. Its one
/// argument is the path of the first: by that it is found again.
/// </remarks>
internal sealed class Dnsmasq : IDisposable
{
    private readonly string _base;
    private readonly Action<int> _count;
    private readonly Action<string> _tell;
    private readonly CancellationTokenSource _stop = new();
    private readonly Attendant _attendant = new();
    private readonly TaskCompletionSource<bool> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Dnsmasq(string @base, string config, Action<int> count, Action<string> tell) =>
        (_base, Config, _count, _tell) = (@base, config, count, tell);

    /// <summary>What it was started with.</summary>
    public string Config { get; }

    /// <summary>Ends once it runs, or could not be started the first time: false.</summary>
    public Task<bool> Begun => _first.Task;

    /// <summary>Ends once it answers name questions, or will not soon.</summary>
    public async Task Listening()
    {
        if (!await Begun.ConfigureAwait(false))
            return;
        for (var waited = TimeSpan.Zero; waited < Patience && !File.Exists(_base + ".up"); waited += Look)
            await Task.Delay(Look).ConfigureAwait(false);
    }

    /// <summary>Its configuration; pure.</summary>
    /// <param name="name">The interface.</param>
    /// <param name="plan">Has an address and <see cref="AddressPlan.Dhcp"/>.</param>
    /// <param name="base">Path of its files, without their endings.</param>
    /// <param name="guest">Who has an address at the other end without asking: it is for nobody else; null: nobody.</param>
    public static string Render(string name, AddressPlan plan, string @base, GuestAddress? guest = null)
    {
        var own = plan.Address!.Value;
        var text = new StringBuilder("# Written by holmd; changes are lost.\n");
        text.Append($"interface={name}\nexcept-interface=lo\nbind-dynamic\nno-hosts\nuser=nobody\ngroup=nogroup\n");
        // Without an answer it would wait three seconds before it offers an address, that nobody has it already.
        text.Append("no-ping\n");
        text.Append($"log-facility=/dev/null\nquiet-dhcp\ndhcp-authoritative\ndhcp-no-override\n");
        text.Append($"dhcp-leasefile={@base}.leases\npid-file={@base}.up\n");
        foreach (var range in plan.Offers)
            text.Append(CultureInfo.InvariantCulture,
                $"dhcp-range={Ipv4.Text(range.First)},{Ipv4.Text(range.Last)},{Ipv4.Text(own.Mask)},{plan.LeaseSeconds}\n");
        if (guest is not null)
            text.Append($"dhcp-host={guest.Hwaddr},{Ipv4.Text(guest.Address)}\n");
        if (plan.NameServers.Length > 0)
            text.Append($"dhcp-option=option:dns-server,{string.Join(',', plan.NameServers.Select(Ipv4.Text))}\n");
        if (plan.Domain.Length > 0)
            text.Append($"domain={plan.Domain}\n");
        return text.ToString();
    }

    /// <summary>Takes over one of an earlier daemon that runs with just this configuration, or starts one.</summary>
    /// <param name="base">Path of its files, without their endings.</param>
    /// <param name="config">As <see cref="Render"/> says.</param>
    /// <param name="count">Gets its process id: it is counted as the app's.</param>
    /// <param name="tell">Gets a sentence when something is wrong.</param>
    public static Dnsmasq Start(string @base, string config, Action<int> count, Action<string> tell)
    {
        var server = new Dnsmasq(@base, config, count, tell);
        _ = server.Run();
        return server;
    }

    /// <summary>Ends what an earlier daemon started, and removes its files.</summary>
    public static void CleanUp(string @base)
    {
        _ = Attendant.EndLeft(Words(@base));
        DeleteFiles(@base);
    }

    /// <summary>Ends it and removes its files.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _attendant.Dispose();
        DeleteFiles(_base);
    }

    private static void DeleteFiles(string @base)
    {
        foreach (var ending in (string[])[".leases", ".log", ".up", ".conf"])
            File.Delete(@base + ending);
    }

    private static string?[] Words(string @base) => [null, "--keep-in-foreground", $"--conf-file={@base}.conf"];

    private async Task Run()
    {
        for (var pause = FirstPause; !_stop.IsCancellationRequested; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
            try
            {
                var since = Environment.TickCount64;
                await RunOnce().ConfigureAwait(false);
                if (_stop.IsCancellationRequested)
                    return;
                if (Environment.TickCount64 - since > LongestPause.TotalMilliseconds)
                    pause = FirstPause;
                var said = File.Exists(_base + ".log") ? File.ReadAllText(_base + ".log").Trim().ReplaceLineEndings("; ") : "";
                _first.TrySetResult(false);
                // Who ends it a moment later need not hear of it.
                await Task.Delay(pause, _stop.Token).ConfigureAwait(false);
                _tell($"dnsmasq of {Path.GetFileName(_base)} ended{(said.Length > 0 ? ": " + said : "")}; it is started again");
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException e)
            {
                _tell($"serve addresses on {Path.GetFileName(_base)}: {e.Message}");
                _first.TrySetResult(false);
                await Task.Delay(pause).ConfigureAwait(false);
            }
    }

    private async Task RunOnce()
    {
        // Where there is no file nothing was started.
        if (File.Exists(_base + ".conf"))
        {
            if (File.ReadAllText(_base + ".conf") == Config && _attendant.TakeOver(Words(_base)) is { } left)
            {
                await Attend(left).ConfigureAwait(false);
                return;
            }
            await Attendant.EndLeft(Words(_base)).ConfigureAwait(false);
        }
        var program = Tool.Find("dnsmasq") ?? throw new FileNotFoundException("dnsmasq is missing; install the package dnsmasq-base");
        if (_attendant.Start(Prepare, () => Spawn(program)) is not { } child)
            return;
        await Attend(child.PidFd, child).ConfigureAwait(false);
    }

    private void Prepare()
    {
        File.WriteAllText(_base + ".conf", Config);
        File.Delete(_base + ".log");
        File.Delete(_base + ".up");
    }

    private Child Spawn(string program)
    {
        using var log = Fd.Open(_base + ".log", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND, 0x180);
        return Child.Spawn(new Command { Path = program, Arguments = [.. Words(_base)[1..]!], Stderr = log, NewSession = true });
    }

    /// <summary>Until it ends.</summary>
    private async Task Attend(Fd process, Child? child = null)
    {
        using (process)
            try
            {
                // An earlier daemon may have died before it counted it.
                if (PidFds.IdOf(process) is { } pid)
                    _count(pid);
                _first.TrySetResult(true);
                if (child is not null)
                    await child.Wait().ConfigureAwait(false);
                else
                    await Epoll.Readable(process).ConfigureAwait(false);
            }
            finally
            {
                _attendant.Release();
            }
    }

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Look = TimeSpan.FromMilliseconds(1);
}
