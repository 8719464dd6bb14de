using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Node.Engines;

/// <summary>
/// The moment between liblxc's setting a container up and its init: all namespaces and mounts are there, nothing of the app has run.
/// What has to be put into it is put then, at each start and again at each reboot from inside.
/// </summary>
/// <remarks>
/// liblxc runs a hook (lxc.hook.start-host, lxc.container.conf(5)) and waits for its end: <c>sh -c "exec HOOK NAME lxc start-host"</c>.
/// Ours is a line for that very shell, which takes the <c>exec</c> for its redirection and the other words for a comment. It speaks with
/// the daemon through two named pipes, so that a daemon that is being restarted just keeps it waiting:
/// <code>
///   hook                                    holmd
///   opens go, so that an answer is kept
///   ask: its init's process id   ------->   puts nics and shares into init's namespaces
///   waits                        &lt;-------   go: "go", or "no", which ends the start
/// </code>
/// A daemon that was killed between question and answer has left the hook waiting: the next one answers whoever still has no init.
/// </remarks>
/// <param name="runFolder"><c>$HOLM_RUN</c>.</param>
public sealed class StartHook(string runFolder)
{
    private string Ask(string name) => Path.Combine(runFolder, "instances", name, "ask");

    private string Go(string name) => Path.Combine(runFolder, "instances", name, "go");

    /// <summary>Makes the pipes of an instance, and says what lxc.hook.start-host has to be.</summary>
    /// <exception cref="Refusal">HOLM_RUN cannot be quoted for a shell.</exception>
    public string Prepare(string name)
    {
        if (runFolder.Contains('\'', StringComparison.Ordinal))
            throw new Refusal(400, $"start {name}: HOLM_RUN {runFolder} has an apostrophe in its name; use another folder");
        Fifo.Make(Ask(name));
        Fifo.Make(Go(name));
        return $"3<>'{Go(name)}' && echo $LXC_PID >'{Ask(name)}' && read -r answer <&3 && [ $answer = go ] #";
    }

    /// <summary>Waits until the hook asks.</summary>
    /// <returns>Process id of the init that is to come.</returns>
    /// <exception cref="OperationCanceledException">Nobody asked in time.</exception>
    public async Task<int> Asked(string name, CancellationToken ct)
    {
        using var ask = Fifo.Open(Ask(name));
        var line = new StringBuilder();
        var buffer = new byte[32];
        while (true)
        {
            await Epoll.Readable(ask, ct).ConfigureAwait(false);
            var count = ask.TryRead(buffer);
            if (count > 0)
                line.Append(Encoding.ASCII.GetString(buffer, 0, count));
            if (line.ToString().Split('\n') is [.., var last, ""] && int.TryParse(last, CultureInfo.InvariantCulture, out var pid))
                return pid;
        }
    }

    /// <summary>True when the instance was started with a hook.</summary>
    public bool IsThere(string name) => File.Exists(Ask(name));

    /// <summary>True while a hook waits for its answer.</summary>
    public bool IsWaiting(string name)
    {
        using var pipe = Fifo.TryOpenWriter(Go(name));
        return pipe is not null;
    }

    /// <summary>Lets init run, or ends the start. Nothing waits: nothing happens.</summary>
    public void Answer(string name, bool go)
    {
        using var pipe = Fifo.TryOpenWriter(Go(name));
        pipe?.TryWrite(go ? "go\n"u8 : "no\n"u8);
    }

    /// <summary>Removes the pipes.</summary>
    public void Delete(string name)
    {
        File.Delete(Ask(name));
        File.Delete(Go(name));
    }
}
