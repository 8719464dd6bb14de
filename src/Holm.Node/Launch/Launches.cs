using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Node.Engines;
using Holm.Node.Flakes;
using Holm.Node.Instances;
using Holm.Node.Networks;

namespace Holm.Node.Launch;

/// <summary>
/// Launches of flakes: each makes an instance, or enters the one that is kept, and hands its program to that instance's init. From then on
/// holm-launch and holm-init speak with each other; nothing of the program passes by here, and this daemon may end.
/// </summary>
/// <remarks>
/// <code>
///   call --> flake --> may the caller? --> images here? (pull) --> instance: kept one, or a new one through the loop's steps
///                                                                     | its root stands, its socket listens; its init may not run yet
///                                                                     v
///                                        control socket to init, with the program's streams  -->  to holm-launch
/// </code>
/// </remarks>
public sealed class Launches(
    FlakeStore flakes, FlakeStacks stacks, Transients transients, SpecReader reader, Func<Document> document, Loop loop, LxcEngine engine,
    Func<string, Action<string>, CancellationToken, Task> pull)
{
    /// <summary>Held while an instance is made: the next one sees what subnet it has.</summary>
    private readonly Lock _making = new();

    /// <summary>How long a start may take until it can be handed a program: the engine's own, and some.</summary>
    private static readonly TimeSpan Patience = Executor.StartDeadline + TimeSpan.FromMinutes(10);

    /// <summary>Hands a program to an instance.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="tell">Gets text for the person.</param>
    /// <param name="ct">The caller is gone.</param>
    /// <exception cref="Refusal">It cannot be launched: why; <see cref="Refusal.Code"/> 127: the program is what is missing.</exception>
    public async Task<Launched> Launch(LaunchRequest request, Action<string> tell, CancellationToken ct)
    {
        var (flake, target) = Find(request.Call.Command);
        if (!LaunchRules.May(flake, request.Caller, Lines("/etc/passwd"), Lines("/etc/group")))
            throw new Refusal(403, $"launch {flake.Name}: you are neither root nor in group holm, and the flake does not name you " +
                "(allow: in its file)");
        flake.PilotOptions = [.. flake.PilotOptions, .. request.Call.Options.Select(o => "%" + o)];
        var stack = await StackOf(flake, tell, ct).ConfigureAwait(false);
        var program = LaunchPlan.Arguments(flake, target, stack.Image, request.Arguments.Span);
        while (true)
        {
            var (run, control, isEntered) = await InstanceFor(flake, stack, request, ct).ConfigureAwait(false);
            try
            {
                ct.ThrowIfCancellationRequested();
                if (TryHandOver(flake, program, stack.Image, request, run, control))
                    return new Launched(flake.Name, run, control, isEntered);
            }
            catch
            {
                // Without a program on it, the connection ends an init that is this launch's own.
                control.Dispose();
                throw;
            }
            control.Dispose();
            if (!isEntered)
                throw new Refusal(500, $"launch {flake.Name}: its instance {run.Observed.Name} has ended meanwhile");
        }
    }

    /// <summary>False: the instance is about to end, or has ended.</summary>
    private bool TryHandOver(Flake flake, byte[] program, StoredImage image, LaunchRequest request, InstanceRun run, Fd control)
    {
        var name = run.Observed.Name;
        if (run.Record?.User is not { } user)
            return false;
        using var text = new InitProgram
        {
            User = user,
            Mask = request.Call.Mask,
            Ignored = (uint)request.Call.Ignored,
            Limits = request.Call.Limits,
            StopSignal = OciProcess.Of(image).StopSignal,
            Folder = LaunchMounts.SharesFolder(flake, request.Call) ? request.Call.Folder
                : flake.WorkingDirectory ?? OciProcess.Of(image).Folder,
            Arguments = program,
            Environment = LaunchPlan.Environment(flake, image, request.Environment.Span,
                flake.ShareHome && request.Call.Home.Length > 0 ? request.Call.Home : user.Home),
        }.Open();
        var (rows, columns) = (request.Call.Rows, request.Call.Columns);
        // On record first: a connection without a program ends an init that waits for one.
        run.Note(engine.Folder(name), r => r with { Launched = r.Launched! with { HandedOver = true } });
        try
        {
            PacketSocket.Send(control,
                [(byte)'L', (byte)request.Call.Terminals, (byte)rows, (byte)(rows >> 8), (byte)columns, (byte)(columns >> 8)],
                text, request.Streams[0], request.Streams[1], request.Streams[2]);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errnos.EPIPE or Errnos.ECONNRESET)
        {
            return false;
        }
    }

    /// <summary>Takes up what a daemon before this one launched; what it did not live to hand over is left to be ended.</summary>
    public void Adopt()
    {
        foreach (var run in loop.Runs)
            if (run is { Observed.Presence: Presence.Running, Record: { Launched: { HandedOver: true } by } record })
                transients.TryAdd(new Transient(ConfigOf(run.Observed.Name, record.Fingerprint, by,
                    [.. record.ReadNics()]), by, Spec: null));
    }

    private (Flake Flake, string Target) Find(string command)
    {
        if (flakes.ByCommand(command) is { } found)
            return found;
        // Called by another way to the same link: /bin for /usr/bin.
        var folder = Fd.TryOpen(Path.GetDirectoryName(command) ?? "/", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        using (folder)
            if (folder is not null && new FileInfo(folder.ProcPath).LinkTarget is { } real
                && flakes.ByCommand(Path.Combine(real, Path.GetFileName(command))) is { } other)
                return other;
        throw new Refusal(404, $"launch {Names.Show(command)}: no flake has this command; `holm flake list` shows those there are");
    }

    private async Task<FlakeStack> StackOf(Flake flake, Action<string> tell, CancellationToken ct)
    {
        for (var isPulled = false; ; isPulled = true)
            try
            {
                return await stacks.Of(flake, ct).ConfigureAwait(false);
            }
            catch (MissingImagesException missing)
            {
                if (isPulled)
                    throw new Refusal(404, missing.Message, missing);
                foreach (var image in missing.Names)
                    await pull(image, tell, ct).ConfigureAwait(false);
            }
    }

    /// <summary>The instance that is kept, or a new one, and a connection to its init.</summary>
    private async Task<(InstanceRun Run, Fd Control, bool IsEntered)> InstanceFor(
        Flake flake, FlakeStack stack, LaunchRequest request, CancellationToken ct)
    {
        var stays = flake.Life != "one-shot";
        var name = LaunchPlan.InstanceName(flake, request.Call.Instance, request.Caller.Uid);
        while (true)
        {
            if ((stays || transients.Find(name) is null || IsEnding(loop.Find(name)?.Observed)) && IsKept(flake, name))
            {
                if (transients.Find(name) is { Wanted: Wanted.On } kept && !IsEnding(loop.Of(name).Observed))
                {
                    RefuseElsewhere(flake, name, kept.By, request.Call);
                    if (TryConnect(await Reach(flake, name, ct).ConfigureAwait(false), out _) is { } entered)
                        return (loop.Of(name), entered, true);
                }
                await Gone(flake, name, ct).ConfigureAwait(false);
            }
            using var mounts = LaunchMounts.Of(flake, stack, request);
            string? made;
            lock (_making)
                made = Make(flake, stack, name, ByOf(flake, request), mounts);
            if (made is null)
                continue;
            loop.Wake();
            try
            {
                // One that is kept is there for the next caller too.
                var run = await Reach(flake, made, stays ? CancellationToken.None : ct).ConfigureAwait(false);
                return (run, TryConnect(run, out var why) ??
                    throw new Refusal(500, $"launch {flake.Name}: instance {made} takes no program: {why}"), false);
            }
            catch
            {
                await GiveUp(made).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>
    /// Its program will not come, for which its init would wait for ever. Returns when no start of it goes on any more: that mounts what
    /// this launch has opened, by numbers that are another's once they are closed.
    /// </summary>
    private async Task GiveUp(string name)
    {
        InstanceRun? begun = null;
        loop.BetweenLooks(() =>
        {
            begun = loop.Find(name) is { Observed: not { Presence: Presence.Absent, Busy: false, Ending: null } } run ? run : null;
            if (begun is not null)
            {
                transients.SwitchTo(name, Wanted.Off);
                return;
            }
            transients.Remove(name);
            loop.Forget(name);
        });
        loop.Wake();
        if (begun is null)
            return;
        await begun.WaitUntil(o => !o.Busy, CancellationToken.None).ConfigureAwait(false);
        // A connection without a program ends it, also where it does not listen yet and would not hear a signal.
        TryConnect(begun, out _)?.Dispose();
    }

    /// <summary>True when an instance of this name is the flake's, or what is left of a launch's as it is taken down.</summary>
    private bool IsKept(Flake flake, string name) => transients.Find(name) is { } found ? found.By.Flake == flake.Name
        : loop.Find(name) is { } run && !IsNothing(run.Observed) && !document().Instances.ContainsKey(name);

    private static LaunchedBy ByOf(Flake flake, LaunchRequest request) => new(flake.Name, flake.Life != "one-shot",
        Folder: LaunchMounts.SharesFolder(flake, request.Call) ? request.Call.Folder : null,
        Called: request.Call.Instance, User: request.Caller.Uid);

    /// <summary>A container that is kept sees the folders of the call that began it.</summary>
    private static void RefuseElsewhere(Flake flake, string name, LaunchedBy by, LaunchCall call)
    {
        if (flake.Life == "resume" && LaunchMounts.SharesFolder(flake, call) && !IsBelow(call.Folder, by.Folder)
            && !(flake.ShareHome && IsBelow(call.Folder, call.Home)))
            throw new Refusal(409, $"launch {flake.Name}: the container that is kept, {name}, was begun in {by.Folder ?? "/"} and does " +
                $"not see {call.Folder}; call it there, name another by @NAME, or end it: `holm flake reset {flake.Name}`");
    }

    private static bool IsBelow(string path, string? folder) =>
        folder is { Length: > 0 } && (path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>True: nothing is left of whoever had this name.</summary>
    private static bool IsNothing(ObservedInstance o) => o is { Presence: Presence.Absent, Busy: false, Ending: null, Failed: false };

    private static bool IsEnding(ObservedInstance? o) => o is { Ending: not null } or { Stop: not null } or { Presence: Presence.Ended };

    /// <summary>Waits until nothing is left of an instance whose program has ended, or that is being stopped.</summary>
    private async Task Gone(Flake flake, string name, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(EndPatience);
        try
        {
            var run = loop.Of(name);
            while (loop.Find(name) == run && run.Observed is var seen && !(IsNothing(seen) && transients.Find(name) is null))
                await run.WaitUntil(o => o != seen, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new Refusal(409, $"launch {flake.Name}: its instance {name} takes no program, and has not ended in " +
                $"{EndPatience.TotalSeconds} s; see holm app logs {name}, or `holm flake reset {flake.Name}`");
        }
    }

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    /// <summary>Makes an instance; null: this flake has one of that name by now.</summary>
    private string? Make(Flake flake, FlakeStack stack, string name, LaunchedBy by, LaunchMounts mounts)
    {
        for (var attempt = 0; ; attempt++)
        {
            var full = name.EndsWith('-') ? name + RandomNumberGenerator.GetHexString(6, lowercase: true) : name;
            Nic[] nics = flake.Network == "nat" ? [LaunchNetwork.NicOf(FreeSubnet(flake), mounts.Resolver is not null)] : [];
            var config = ConfigOf(full, stack.Image.Fingerprint, by, nics);
            config = config with { Config = config.Config.AddRange(Keys(flake)) };
            var process = OciProcess.Of(stack.Image) with
            {
                Arguments = [],
                Environment = new Dictionary<string, string>(),
                Folder = flake.WorkingDirectory ?? OciProcess.Of(stack.Image).Folder,
                User = flake.User ?? stack.Image.Oci?.ConfigDocument.Config?.User ?? "",
                Stays = by.Stays,
                IsJoined = flake.Life == "attach",
                HostNetwork = flake.Network == "host",
                HostName = flake.HostName ?? (flake.Network == "host" ? Environment.MachineName : null),
                Mounts = nics is [{ Gateway: { } server }] && mounts.Resolver is { } resolver
                    ? [new RootMount(ResolvConf.Path) { Text = ResolvConf.Naming(resolver, server) }, .. mounts.All] : mounts.All,
                Launched = by,
            };
            var spec = reader.Read(config, stack.Image, stack.Layers, process);
            if (TryAdd(full, new Transient(config, by, spec)))
                return full;
            if (full == name && (by.Stays || transients.Find(full) is null) && IsKept(flake, full))
                return null;
            if (full == name || attempt > 100)
                throw new Refusal(409, $"launch {flake.Name}: instance {full} is there already; " +
                    (transients.Find(full)?.By.Flake == flake.Name ? "wait until it has ended, or choose another @NAME"
                        : "choose an @NAME"));
        }
    }

    /// <summary>False: there is one of that name, or something is left of one.</summary>
    private bool TryAdd(string name, Transient transient)
    {
        var added = false;
        loop.BetweenLooks(() =>
        {
            var isFree = loop.Find(name) is { } run ? IsNothing(run.Observed) : true;
            added = isFree && !document().Instances.ContainsKey(name) && transients.TryAdd(transient);
            // Else how the one before has ended would be taken for how this one has.
            if (added)
                loop.Forget(name);
        });
        return added;
    }

    private Ipv4Interface FreeSubnet(Flake flake)
    {
        Ipv4Interface[] taken = [.. InstanceNetworks.HostSubnets(), .. Nics.Subnets(transients.Over(document()))];
        return LaunchNetwork.Free(taken, RandomNumberGenerator.GetInt32(LaunchNetwork.Count)) ??
            throw new Refusal(409, $"launch {flake.Name}: no subnet is free for it in {string.Join(" and ", LaunchNetwork.Ranges
                .Select(r => r.Subnet))}: the host or other apps have addresses in or routes to all of them; use network: host");
    }

    private static InstanceConfig ConfigOf(string name, string fingerprint, LaunchedBy by, IReadOnlyList<Nic> nics) => new()
    {
        Name = name,
        Image = fingerprint,
        Ephemeral = true,
        Profiles = [],
        Description = $"flake {by.Flake}",
        Config = Maps.Of(("volatile.flake.called", by.Called), ("volatile.flake.name", by.Flake),
            ("volatile.flake.user", by.User.ToString(CultureInfo.InvariantCulture))),
        CreatedAt = DateTimeOffset.UtcNow,
        Devices = Maps.Empty<System.Collections.Immutable.ImmutableSortedDictionary<string, string>>().Add(
            "root", Maps.Of(("type", "disk"), ("path", "/"), ("pool", "ram")))
            .SetItems(nics.Select(n => KeyValuePair.Create(n.Device, n.Keys))),
    };

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Keys(Flake flake)
    {
        var keys = Maps.Empty<string>();
        if (flake.Memory is { } memory)
            keys = keys.Add("limits.memory", memory);
        return flake.Cpus is { } cpus ? keys.Add("limits.cpu", cpus) : keys;
    }

    /// <summary>Waits until an instance can be handed a program.</summary>
    private async Task<InstanceRun> Reach(Flake flake, string name, CancellationToken ct)
    {
        var run = loop.Of(name);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        var failed = run.WaitUntil(HasFailed, patience.Token);
        try
        {
            // A start that has not begun will make a new promise: it is looked at again once the run has moved. A caller who has gone
            // is asked after here, too: what he cancels never waits, and failed may come to know it only on this very thread.
            while (run.Observed.Presence is Presence.Absent && !failed.IsCompleted && !patience.IsCancellationRequested)
                await Task.WhenAny(failed, run.WaitUntil(o => o.Presence != Presence.Absent, patience.Token)).ConfigureAwait(false);
            if (run.Observed.Presence != Presence.Running)
            {
                await Task.WhenAny(failed, run.Reachable.Task.WaitAsync(patience.Token)).ConfigureAwait(false);
                // What its nic cannot have is told here; nobody would hear it once it has its program.
                await Task.WhenAny(failed, run.Answered.Task.WaitAsync(patience.Token)).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!failed.IsCompleted)
                await patience.CancelAsync().ConfigureAwait(false);
        }
        ct.ThrowIfCancellationRequested();
        if (run.HookFailure is { } refused)
            throw new Refusal(500, $"launch {flake.Name}: {refused}");
        return failed.IsCompletedSuccessfully ? throw Failure(flake.Name, await failed.ConfigureAwait(false)) : run;
    }

    /// <summary>Waits until the instance of a launch is up, or is none any more.</summary>
    /// <exception cref="Refusal">Its init did not come up: why.</exception>
    public static async Task ComesUp(Launched launched)
    {
        var seen = await launched.Run.WaitUntil(
            o => o.Presence is Presence.Running or Presence.Absent || o.Ending is not null, CancellationToken.None).ConfigureAwait(false);
        if (HasFailed(seen))
            throw Failure(launched.Flake, seen);
    }

    private static bool HasFailed(ObservedInstance o) =>
        o.Ending is { StartFailed: true } || o is { Presence: Presence.Absent, Failed: true };

    private static Refusal Failure(string flake, ObservedInstance o) => new(500, $"launch {flake}: {o.Ending?.Reason ?? o.Reason}");

    /// <summary>Null: nobody listens, and why.</summary>
    private Fd? TryConnect(InstanceRun run, out string why)
    {
        why = "";
        try
        {
            return engine.ConnectToLaunches(run.Observed.Name);
        }
        catch (LinuxException e)
        {
            why = e.Message;
            return null;
        }
    }

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllLines(path, Encoding.UTF8) : [];
}
