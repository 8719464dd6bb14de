using System.Globalization;
using System.Text;
using Holm.Config;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Node.Networks;

/// <summary>
/// A DHCP client on one interface of the host, udhcpc: the address that it is given there is the interface's. No route and no name server
/// is taken over: the host's own are not for an app to say. What options were asked for stands in
/// <c>$HOLM_RUN/networks/NAME.lease</c>.
/// </summary>
/// <remarks>
/// One that outlives its daemon is ended by the next, which asks again; the address stays. It is known by the script it calls, which is
/// in the run folder before the first client starts and stays there.
/// </remarks>
internal sealed class DhcpClient : IDisposable
{
    // udhcpc calls it with what happened in $1 and the lease in the environment; one line each goes to the daemon.
    private const string Script =
        """
        #!/bin/sh
        case "$1" in
        bound | renew) { set | grep '^opt[0-9]\|^tftp=\|^bootfile=\|^boot_file=\|^siaddr='; } > "$0.$interface.new"
          mv "$0.$interface.new" "${0%/*}/$interface.lease" && echo "bound $ip/$mask" ;;
        deconfig) echo deconfig ;;
        esac

        """;

    private readonly CancellationTokenSource _stop = new();
    private readonly Attendant _attendant = new();
    private readonly string _folder, _name;
    private readonly AddressPlan _plan;
    private readonly Action<string, Ipv4Interface?> _lease;
    private readonly Action<string> _tell;

    private DhcpClient(string folder, string name, AddressPlan plan, Action<string, Ipv4Interface?> lease, Action<string> tell) =>
        (_folder, _name, _plan, _lease, _tell) = (folder, name, plan, lease, tell);

    /// <summary>What it was started with.</summary>
    public AddressPlan Plan => _plan;

    private static string ScriptIn(string folder) => Path.Combine(folder, "dhcp-event");

    private static string[] Words(string name, string folder) =>
        ["-f", "-i", name, "-t", "4", "-T", "2", "-A", "5", "-s", ScriptIn(folder)];

    /// <summary>Ends all that an earlier daemon has left.</summary>
    public static void CleanUp(string folder)
    {
        if (File.Exists(ScriptIn(folder)))
            _ = Attendant.EndLeft([null, .. Words("", folder).Select(word => word.Length > 0 ? word : null)]);
    }

    /// <summary>Starts one.</summary>
    /// <param name="folder"><c>$HOLM_RUN/networks</c>.</param>
    /// <param name="name">The interface.</param>
    /// <param name="plan">With <see cref="AddressPlan.DhcpClient"/>.</param>
    /// <param name="lease">Gets the interface and its address, or null when it has none any more.</param>
    /// <param name="tell">Gets a sentence when something is wrong.</param>
    public static DhcpClient Start(
        string folder, string name, AddressPlan plan, Action<string, Ipv4Interface?> lease, Action<string> tell)
    {
        var client = new DhcpClient(folder, name, plan, lease, tell);
        _ = Task.Run(client.Run);
        return client;
    }

    /// <summary>Ends it; its address goes.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _attendant.Dispose();
        File.Delete(Path.Combine(_folder, _name + ".lease"));
        _lease(_name, null);
    }

    private async Task Run()
    {
        while (!_stop.IsCancellationRequested)
            try
            {
                await RunOnce().ConfigureAwait(false);
                await Task.Delay(Pause, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException e)
            {
                _tell($"ask for an address on {_name}: {e.Message}");
                await Task.Delay(LongPause).ConfigureAwait(false);
            }
    }

    private async Task RunOnce()
    {
        var program = Tool.Find("udhcpc") ?? throw new FileNotFoundException("udhcpc is missing; install the package udhcpc");
        var (read, write) = Fd.Pipe();
        using var input = read;
        using var events = new FdStream(read);
        Child? child;
        using (write)
            child = _attendant.Start(WriteScript, () => Spawn(program, write));
        if (child is null)
            return;
        using (child)
            try
            {
                using var lines = new StreamReader(events, Encoding.ASCII);
                while (await lines.ReadLineAsync(_stop.Token).ConfigureAwait(false) is { } line)
                    Take(line);
            }
            finally
            {
                // Nobody listens to it any more.
                child.Signal(Signals.SIGKILL);
                await child.Wait().ConfigureAwait(false);
                _attendant.Release();
            }
    }

    private void WriteScript()
    {
        // Another interface's client may be calling it.
        var script = ScriptIn(_folder);
        File.WriteAllText(script + ".new", Script);
        File.SetUnixFileMode(script + ".new", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Move(script + ".new", script, overwrite: true);
    }

    private Child Spawn(string program, Fd events) => Child.Spawn(new Command
    {
        Path = program,
        Arguments = [.. Words(_name, _folder),
            .. _plan.RequestOptions.SelectMany(o => (string[])["-O", o.ToString(CultureInfo.InvariantCulture)])],
        Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        Stdout = events,
        NewSession = true,
    });

    private void Take(string line)
    {
        if (_stop.IsCancellationRequested)
            return;
        if (line == "deconfig")
            _lease(_name, null);
        else if (line.StartsWith("bound ", StringComparison.Ordinal) && Ipv4Interface.TryParse(line["bound ".Length..]) is { } address)
            _lease(_name, address);
        else
            _tell($"{_name} was given {Names.Show(line)} by DHCP, which is no address of a host; it is not taken");
    }

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), LongPause = TimeSpan.FromSeconds(60);
}
