using System.Globalization;
using System.Text;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Lxc;
using Holm.Linux.Mounts;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;

namespace Holm.Node.Engines;

/// <summary>How an instance ended, from its monitor's exit file.</summary>
/// <param name="Status">How init ended; null: it never ran, or the monitor was lost.</param>
/// <param name="Failed">True: liblxc could not bring init up, at the start or at a boot from inside.</param>
public sealed record EngineExit(WaitStatus? Status, bool Failed);

/// <summary>
/// Containers by liblxc: create, start, signal, freeze, exec, console, list, delete. It mounts nothing and routes nothing; it is handed a
/// mount namespace in which the root stands ready.
/// </summary>
/// <remarks>
/// One process stands between an instance and holmd: <c>holm-monitor</c> (src/native/monitor.c). It outlives holmd, and is found again by
/// its argument vector, which names <paramref name="lxcPath"/> and the instance.
/// <code>
///   $HOLM_RUN/instances/NAME/config       what liblxc reads; lxc-ls -P, lxc-info -P and lxc-attach -P work with it
///                            exit         how init ended, written by the monitor
///                            console.log  what the console printed, and console.log.1; written by liblxc, bounded
///                            monitor.log  complaints of the monitor;  lxc.log: those of liblxc
/// </code>
/// </remarks>
/// <param name="lxcPath"><c>$HOLM_RUN/instances</c>.</param>
/// <param name="monitorProgram">Path of holm-monitor.</param>
public sealed class LxcEngine(string lxcPath, string monitorProgram)
{
    /// <summary>The PATH of monitors: without newuidmap, which liblxc would prefer to writing the map itself (E9).</summary>
    private static readonly string[] MonitorEnvironment = ["PATH=/sbin:/nonexistent", "LANG=C.UTF-8"];

    /// <summary>Folder of an instance.</summary>
    public string Folder(string name) => Path.Combine(lxcPath, name);

    /// <summary>Writes the configuration; removes what an earlier run left.</summary>
    public void Create(LxcSpec spec)
    {
        var folder = Folder(spec.Name);
        Directory.CreateDirectory(folder);
        File.Delete(Path.Combine(folder, "exit"));
        File.Delete(Path.Combine(folder, "lxc.log"));
        File.Delete(Path.Combine(folder, "monitor.log"));
        File.WriteAllText(Path.Combine(folder, "config"), LxcConfig.Render(spec));
        File.SetUnixFileMode(Path.Combine(folder, "config"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Spawns the monitor in the mount namespace of the root.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="root">The namespace.</param>
    /// <param name="init">Program and arguments of init.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="logLevel">How much liblxc tells in its log: syslog's levels.</param>
    /// <param name="program">What holm-init runs at once; null: nothing.</param>
    /// <param name="launches">The socket on which holm-init takes launches; null: none.</param>
    public Child Start(
        string name, MountNamespace root, IReadOnlyList<string> init, IReadOnlyDictionary<string, string> environment, int logLevel,
        Fd? program = null, Fd? launches = null)
    {
        var folder = Folder(name);
        using var nothing = Fd.Open("/dev/null", OpenFlags.O_RDONLY);
        using var log = Fd.Open(
            Path.Combine(folder, "monitor.log"), OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND, 0x180);
        using var variables = Fd.Memory("environment", EnvironmentBlock(environment));
        return root.Run(() => Child.Spawn(new Command
        {
            Path = monitorProgram,
            Arguments =
                ["start", lxcPath, name, Path.Combine(folder, "exit"), Path.Combine(folder, "lxc.log"), LogLevels[logLevel], "--",
                    .. init],
            Environment = MonitorEnvironment,
            Stderr = log,
            Extra = [variables, program ?? nothing, launches ?? nothing],
            NewSession = true,
        }));
    }

    /// <summary>Makes the socket on which holm-init takes launches; holmd connects to it, also the next one.</summary>
    public Fd ListenForLaunches(string name)
    {
        using var folder = Fd.Open(Folder(name), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        return PacketSocket.Listen(folder, LaunchSocketName, 0x180);
    }

    /// <summary>Connects to holm-init; it takes the launch when it runs.</summary>
    /// <exception cref="LinuxException">ENOENT, ECONNREFUSED: the instance takes none, or no more.</exception>
    public Fd ConnectToLaunches(string name)
    {
        using var folder = Fd.Open(Folder(name), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        return PacketSocket.Connect(folder, LaunchSocketName);
    }

    private const string LaunchSocketName = "init.socket";

    /// <summary>liblxc's names of syslog's levels; src/lxc/log.h.</summary>
    private static readonly string[] LogLevels = ["FATAL", "ALERT", "CRIT", "ERROR", "WARN", "NOTICE", "INFO", "DEBUG"];

    /// <summary>Waits until init runs; false: it never will, and <see cref="StartFailure"/> says why.</summary>
    /// <remarks>
    /// Seen in /proc (decision 4): init runs once the monitor's child has another program than the monitor. A child that was killed before
    /// leaves liblxc waiting for it for ever.
    /// </remarks>
    /// <param name="monitor">The monitor.</param>
    /// <param name="answered">Completes when the start's hook has its answer: before that there is nothing to see.</param>
    /// <param name="clock">The time.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<bool> WaitRunning(Fd monitor, Task answered, TimeProvider clock, CancellationToken ct)
    {
        var ended = Epoll.Readable(monitor, ct);
        var childless = clock.GetTimestamp();
        var firstPauseMs = answered.IsCompleted ? FastestStartMs : 1;
        await Task.WhenAny(ended, answered, Task.Delay(LongestWithoutChild, ct)).ConfigureAwait(false);
        var begun = clock.GetTimestamp();
        for (var pauseMs = firstPauseMs; ; pauseMs = Math.Clamp((int)clock.GetElapsedTime(begun).TotalMilliseconds / 16, 1, 50))
        {
            await Task.WhenAny(ended, Task.Delay(pauseMs, ct)).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            if (ended.IsCompleted || PidFds.IdOf(monitor) is not { } id || ProcessTable.Program(id) is not { } own)
                return false;
            if (ProcessTable.Children(id).Select(ProcessTable.Program).FirstOrDefault(p => p is not null) is { } program)
            {
                if ((program.Device, program.Inode) != (own.Device, own.Inode))
                    return true;
                childless = clock.GetTimestamp();
            }
            else if (clock.GetElapsedTime(childless) > LongestWithoutChild)
            {
                return false;
            }
        }
    }

    /// <summary>No machine brings init up sooner; afterwards it is looked at after a sixteenth of the time so far, 1 to 50 ms.</summary>
    private const int FastestStartMs = 4;

    /// <summary>What liblxc may take before it clones init.</summary>
    private static readonly TimeSpan LongestWithoutChild = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Init's process id as the host sees it: its monitor's one child; null while there is none. liblxc is not asked: each question makes
    /// it read the whole configuration again, and waits for ever for a monitor that somebody has stopped.
    /// </summary>
    public static int? InitPid(Fd? monitor) =>
        monitor is { IsClosed: false } && PidFds.IdOf(monitor) is { } id
            ? ProcessTable.Children(id).Select(child => (int?)child).FirstOrDefault(child => ProcessTable.Program(child!.Value) is not null)
            : null;

    /// <summary>The same, once it is init: until then the monitor's child runs the monitor's own program.</summary>
    public static int? RunningInit(Fd? monitor) =>
        InitPid(monitor) is { } init && ProcessTable.Program(init) is { } program && PidFds.IdOf(monitor!) is { } id &&
        ProcessTable.Program(id) is { } own && (program.Device, program.Inode) != (own.Device, own.Inode) ? init : null;

    /// <summary>Freezes or thaws.</summary>
    /// <exception cref="Refusal">liblxc could not.</exception>
    public void SetFrozen(string name, bool frozen)
    {
        using var container = LxcContainer.Open(name, lxcPath);
        if (container is null || !(frozen ? container.Freeze() : container.Unfreeze()))
            throw new Refusal(500, $"{(frozen ? "freeze" : "unfreeze")} {name}: liblxc could not: {FirstError(name) ?? NoReason}");
    }

    /// <summary>Lets a running instance use devices, or forbids them, where liblxc filters them by a program (version 2).</summary>
    /// <exception cref="Refusal">liblxc could not.</exception>
    public void SetDevices(string name, IReadOnlyList<string> allowed, IReadOnlyList<string> forbidden)
    {
        if (allowed.Count + forbidden.Count == 0)
            return;
        using var container = LxcContainer.Open(name, lxcPath);
        if (container is null || !allowed.All(rule => container.SetDevices("devices.allow", rule)) ||
            !forbidden.All(rule => container.SetDevices("devices.deny", rule)))
            throw new Refusal(500, $"set the devices of {name}: liblxc could not: {FirstError(name) ?? NoReason}");
    }

    /// <summary>How the instance ended, by its exit file.</summary>
    public EngineExit Exit(string name)
    {
        var path = Path.Combine(Folder(name), "exit");
        var words = File.Exists(path) ? File.ReadAllText(path).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
        return words is ["exited", var raw] && int.TryParse(raw, CultureInfo.InvariantCulture, out var status)
            ? new EngineExit(new WaitStatus(status), Failed: false)
            : new EngineExit(null, Failed: words is ["failed", ..]);
    }

    /// <summary>
    /// Why a start did not come to a running init, as the end of a sentence: liblxc's first complaint, else the monitor's.
    /// </summary>
    public string StartFailure(string name)
    {
        var path = Path.Combine(Folder(name), "monitor.log");
        return FirstError(name) ?? (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } said ? Printable(said)
            : NoReason);
    }

    /// <summary>Monitors of this node that live now, found in the process table.</summary>
    public IReadOnlyDictionary<string, int> List() =>
        ProcessTable.Find(null, "start", lxcPath, null, null)
            .Where(p => p.Arguments[0] == monitorProgram || Path.GetFileName(p.Arguments[0]) == "holm-monitor")
            .GroupBy(p => p.Arguments[3])
            .ToDictionary(g => g.Key, g => g.First().Pid, StringComparer.Ordinal);

    /// <summary>
    /// Removes what a run used, the logs excepted: they say how it ended, and are small and in memory. liblxc's lock file of this very
    /// container goes too.
    /// </summary>
    public void Delete(string name)
    {
        var folder = Folder(name);
        if (!Directory.Exists(folder))
            return;
        foreach (var file in (string[])["config", "exit", "exit.new", "run.json.new", LaunchSocketName])
            File.Delete(Path.Combine(folder, file));
        // Mount points of a namespace that is gone: empty, or this fails rather than delete anything.
        foreach (var point in Directory.EnumerateDirectories(folder))
            Directory.Delete(point);
        // Never made when it did not come to a start.
        if (File.Exists($"/run/lxc/lock/{lxcPath}/.{name}"))
            File.Delete($"/run/lxc/lock/{lxcPath}/.{name}");
        // Last: as long as it is there, the next daemon finds the rest.
        File.Delete(Path.Combine(folder, Record));
    }

    /// <summary>Removes the logs as well: the instance is no more.</summary>
    public void Forget(string name)
    {
        Delete(name);
        var folder = Folder(name);
        foreach (var file in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
            File.Delete(file);
        if (Directory.Exists(folder))
            Directory.Delete(folder);
    }

    /// <summary>Instances of which a run left a record.</summary>
    public IReadOnlyList<string> Records() =>
        Directory.Exists(lxcPath)
            ? [.. Directory.EnumerateDirectories(lxcPath).Where(d => File.Exists(Path.Combine(d, Record)))
                .Select(d => Path.GetFileName(d)!)]
            : [];

    /// <summary>Makes a command inside ready to run; see <see cref="ExecSession"/>.</summary>
    /// <param name="name">A running instance.</param>
    /// <param name="request">The command; its environment is whole.</param>
    /// <param name="idmapBase">First host id of the instance's range, 0 when privileged.</param>
    public ExecSession Exec(string name, ExecRequest request, uint idmapBase)
    {
        using var variables = Fd.Memory("environment", EnvironmentBlock(request.Environment));
        using var streams = new ExecStreams();
        if (request.Interactive)
        {
            using var container = LxcContainer.Open(name, lxcPath);
            using var devpts = container?.OpenDevpts() ?? throw new Refusal(500, $"run a command in {name}: it has no terminals");
            (streams.Master, streams.Slave) = Pty.Open(devpts, idmapBase + request.User, idmapBase + request.Group);
            Pty.Resize(streams.Master, request.Width, request.Height);
        }
        else
        {
            streams.MakePipes();
        }
        var (lifeRead, lifeWrite) = Fd.Pipe();
        using (lifeRead)
        {
            var child = Child.Spawn(new Command
            {
                Path = monitorProgram,
                Arguments =
                [
                    "attach", lxcPath, name, request.User.ToString(CultureInfo.InvariantCulture),
                    request.Group.ToString(CultureInfo.InvariantCulture), request.Cwd, .. request.Interactive ? ["-t"]
                        : Array.Empty<string>(),
                    "--", .. request.Command,
                ],
                Environment = MonitorEnvironment,
                Stdin = streams.ChildStdin,
                Stdout = streams.ChildStdout,
                Stderr = streams.ChildStderr,
                Extra = [variables, lifeRead],
                NewSession = true,
            });
            return new ExecSession(child, lifeWrite, streams);
        }
    }

    /// <summary>Takes the console; null: somebody else has it (lxc-console, say).</summary>
    public ConsoleLink? OpenConsole(string name)
    {
        using var container = LxcContainer.Open(name, lxcPath);
        return container?.OpenTerminal(0) is { } terminal ? new ConsoleLink(terminal, container.OpenDevpts()) : null;
    }

    /// <summary>
    /// Recent console output, of this run and the end of the one before: what liblxc logged to tmpfs. (Its ring buffer in the monitor is no
    /// use for this: whoever reads it empties it.)
    /// </summary>
    public byte[] ConsoleLog(string name)
    {
        var (full, current) = (Path.Combine(Folder(name), "console.log.1"), Path.Combine(Folder(name), "console.log"));
        return Tail([.. File.Exists(full) ? File.ReadAllBytes(full) : [], .. File.Exists(current) ? File.ReadAllBytes(current) : []]);
    }

    /// <summary>The end of what liblxc logged since the last start.</summary>
    public byte[] Log(string name) =>
        Path.Combine(Folder(name), "lxc.log") is var path && File.Exists(path) ? Tail(File.ReadAllBytes(path)) : [];

    private static byte[] Tail(byte[] log) => log.Length <= LxcConfig.ConsoleBytes ? log : log[^LxcConfig.ConsoleBytes..];

    /// <summary>Empties it; the monitor goes on at its end (it appends).</summary>
    public void ClearConsoleLog(string name)
    {
        File.Delete(Path.Combine(Folder(name), "console.log.1"));
        if (File.Exists(Path.Combine(Folder(name), "console.log")))
            File.WriteAllBytes(Path.Combine(Folder(name), "console.log"), []);
    }

    /// <summary>What the executor keeps beside the files of this room.</summary>
    private const string Record = "run.json";

    private const string NoReason = "liblxc gave no reason";

    /// <summary>liblxc logs the cause first and its consequences after it: <c>… ERROR file - path:function:line - cause</c>.</summary>
    private string? FirstError(string name)
    {
        var path = Path.Combine(Folder(name), "lxc.log");
        var line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.Contains(" ERROR ", StringComparison.Ordinal)) : null;
        var parts = line?.Split(" - ", 3);
        return parts is [_, _, var cause] ? Printable(cause) : null;
    }

    private static string Printable(string text) =>
        new([.. text.Take(400).Select(c => char.IsControl(c) ? ' ' : c)]);

    private static byte[] EnvironmentBlock(IReadOnlyDictionary<string, string> environment) =>
        Encoding.UTF8.GetBytes(string.Concat(environment.Select(e => $"{e.Key}={e.Value}\0")));
}
