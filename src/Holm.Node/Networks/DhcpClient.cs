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
/// <remarks>It ends with the daemon; the address stays, and the next daemon asks again.</remarks>
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
    private readonly string _folder, _name;
    private readonly AddressPlan _plan;
    private readonly Action<string, Ipv4Interface?> _lease;
    private readonly Action<string> _tell;

    private DhcpClient(string folder, string name, AddressPlan plan, Action<string, Ipv4Interface?> lease, Action<string> tell) =>
        (_folder, _name, _plan, _lease, _tell) = (folder, name, plan, lease, tell);

    /// <summary>What it was started with.</summary>
    public AddressPlan Plan => _plan;

    private string PidPath => Path.Combine(_folder, _name + ".client");

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
        PidFile.Kill(PidPath);
        File.Delete(PidPath);
        File.Delete(Path.Combine(_folder, _name + ".lease"));
        _lease(_name, null);
    }

    private async Task Run()
    {
        while (!_stop.IsCancellationRequested)
            try
            {
                PidFile.Kill(PidPath);
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
        var script = Path.Combine(_folder, "dhcp-event");
        await File.WriteAllTextAsync(script, Script).ConfigureAwait(false);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (read, write) = Fd.Pipe();
        using var input = read;
        using var events = new FdStream(read);
        Child child;
        using (write)
            child = Child.Spawn(new Command
            {
                Path = program,
                Arguments = ["-f", "-i", _name, "-t", "4", "-T", "2", "-A", "5", "-s", script,
                    .. _plan.RequestOptions.SelectMany(o => (string[])["-O", o.ToString(CultureInfo.InvariantCulture)])],
                Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                Stdout = write,
                NewSession = true,
            });
        using (child)
        {
            PidFile.Write(PidPath, child.Pid);
            using var lines = new StreamReader(events, Encoding.ASCII);
            while (await lines.ReadLineAsync(_stop.Token).ConfigureAwait(false) is { } line)
                Take(line);
            await child.Wait().ConfigureAwait(false);
        }
    }

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
