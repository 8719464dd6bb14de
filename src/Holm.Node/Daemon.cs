using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Linux.Cgroups;
using Holm.Linux.Files;
using Holm.Linux.Processes;
using Holm.Node.Api;
using Holm.Node.Config;
using Holm.Node.Engines;
using Holm.Node.Flakes;
using Holm.Node.Instances;
using Holm.Node.Launch;
using Holm.Node.Limits;
using Holm.Node.Networks;
using Holm.Node.Proxies;
using Holm.Node.Trust;

namespace Holm.Node;

/// <summary>The daemon: everything is made and wired here, by hand, top to bottom.</summary>
public static class Daemon
{
    /// <summary>Version of Holm.</summary>
    public static string Version => typeof(Daemon).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
        .InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Runs until SIGTERM or SIGINT (apps go on) or SIGPWR (apps are stopped first).</summary>
    /// <returns>Exit code: 0, or 1 when it could not start.</returns>
    public static async Task<int> Run()
    {
        var ends = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var term = OnSignal((int)PosixSignal.SIGTERM, ends);
        using var interrupt = OnSignal((int)PosixSignal.SIGINT, ends);
        using var power = OnSignal(Signals.SIGPWR, ends);
        try
        {
            return await Run(ends.Task).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Refusal or IOException or UnauthorizedAccessException)
        {
            Say($"cannot start: {e.Message}");
            return 1;
        }
    }

    /// <summary>
    /// A daemon that was killed while it spawned a program leaves its lock to that child until the child has become the program: whoever
    /// starts the next one at once has to wait for that.
    /// </summary>
    private static async Task<FileLock> TakeLock(string run)
    {
        for (var waited = TimeSpan.Zero; ; waited += LockPause)
        {
            if (FileLock.TryTake(Path.Combine(run, "lock")) is { } only)
                return only;
            if (waited >= LockPatience)
                throw new Refusal(409, $"a daemon runs already on {run}; end it, or set HOLM_RUN and HOLM_STATE to other folders");
            await Task.Delay(LockPause).ConfigureAwait(false);
        }
    }

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50), LockPatience = TimeSpan.FromSeconds(3);

    private static async Task<int> Run(Task<int> ended)
    {
        var clock = TimeProvider.System;
        var events = new Events(clock);
        var paths = NodePaths.Open();
        using var only = await TakeLock(paths.Run).ConfigureAwait(false);

        // What there is: images, the configuration, the machine.
        var images = OpenImages(paths, clock);
        var config = new ConfigStore(paths.State, paths.Run, Say);
        var tree = CgroupTree.Read();
        var layers = new LayerMounts(Path.Combine(paths.Run, "layers"));
        using var roots = new Roots(layers, paths.Instances);
        var canIdmapLayers = IdmapProbe.CanIdmapSquashfs(roots.UserNamespace(paths.IdmapBase));
        var pools = new PoolFolders(paths, () => config.Current);

        // What should be, and who brings it about.
        var power = new WantedPower(Path.Combine(paths.Run, "power"));
        var limits = new InstanceLimits(tree, paths.Id);
        using var networks = new InstanceNetworks(paths.Run, paths.Id, limits.CountAs, Say);
        var hook = new StartHook(paths.Run);
        var engine = new LxcEngine(paths.Instances, Beside("holm-monitor"));
        var reader = new SpecReader(images, paths, canIdmapLayers, Machine.MemoryBytes(), Machine.OnlineCpus(), networks.WithPorts);
        var shares = new ShareControl(roots, engine, limits);
        var transients = new Transients();
        var desired = new DesiredState(config, power, transients, reader,
            spec => spec.Absent ?? networks.Missing(spec.Name, spec.Nics) ?? pools.Missing(spec.Name) ?? shares.Missing(spec));
        var answers = new StartAnswers(hook, networks, shares);
        var proxies = new InstanceProxies(Beside("holm-proxy"), paths.Instances, limits.Services, limits.CountAs);
        var executor = new Executor(roots, images, limits, networks, shares, proxies, engine, hook, answers, FactsOf(paths), clock);
        var loop = new Loop(desired, executor, answers, engine, limits, networks, clock, layers);
        var control = new InstanceControl(loop, desired, power, config, transients, engine, paths, pools, clock);
        var readings = new Readings(control, loop, desired, config, limits, networks, Machine.OnlineCpus());
        var boot = new Boot(config, power, desired, loop, control, paths, clock, Say);
        Tie(executor, loop, control, config, events);

        // What was there before. The folder is entered, not listed, by the roots of unprivileged instances: liblxc wants that.
        Durable.CreateFolder(paths.Instances, 0x1c9);
        var firstSinceBoot = power.Open([.. config.Current.Instances.Keys]);
        var (storage, snapshots) = OpenStorage(pools, new(control, new(pools), pools, config, images, limits, clock), config, clock);
        loop.Adopt();
        var logins = new Logins(Path.Combine(paths.State, "registries.json"), Say);
        var pulls = new Pulls(images, config, logins, clock);
        var (launches, flakes) = FlakesOf(paths, images, pulls, config, transients, reader, loop, engine, control);
        launches.Adopt();
        networks.CleanUp();
        if (firstSinceBoot)
            boot.Autostart();
        power.Begun();

        using var bridges = new NetworkControl(config, networks, loop, Say);
        using var trim = new HeapTrim();
        using var stop = new CancellationTokenSource();
        var running = loop.Run(stop.Token);
        using var launching = new LaunchSocket(launches, Say);
        var watching = Task.WhenAll(bridges.Watch(stop.Token), shares.Watch(loop, stop.Token), launching.Run(paths.Run, stop.Token));
        var files = new InstanceFiles(loop, config, reader, roots, images, engine, paths, clock);
        var activation = new Activation(config, control, desired, power, loop, paths, pools);
        var face = Faces.Of(config, control, activation, readings, images, pulls, logins, bridges, networks, events, paths,
            new Checks(tree, paths, canIdmapLayers), flakes, NodeTrust.Open(paths.Trust, clock, Say), Say)
            .WithPublishing(images, new Publishing(control, new(pools), reader, roots, images, config, clock))
            .With(transients, files, storage, snapshots);
        await Serve(paths, face, boot, running, ended).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        await watching.ConfigureAwait(false);
        limits.CleanUp();
        return 0;
    }

    private static ImageStore OpenImages(NodePaths paths, TimeProvider clock)
    {
        var images = new ImageStore(paths.State, clock) { AlsoKept = () => FlakeIncludes.Kept(paths.Flakes) };
        foreach (var told in images.Open())
            Say(told);
        return images;
    }

    /// <summary>What is kept in pools, with what a crash left half done finished, and pools that come and go followed.</summary>
    private static (StorageFace Storage, SnapshotFace Snapshots) OpenStorage(
        PoolFolders pools, SnapshotControl snapshots, ConfigStore config, TimeProvider clock)
    {
        var volumes = new VolumeFolders(pools, clock);
        snapshots.Sweep(Say);
        KeptWrites.Sweep(pools, config.Current, Say);
        volumes.Sweep(Say);
        config.Changed += (before, after) => pools.Follow(before, after, Say);
        var storage = Faces.StorageOf(pools, volumes, clock) with
        {
            WhileStill = snapshots.WhileStill,
            WhileStopped = snapshots.WhileStopped,
        };
        return (storage, Faces.SnapshotsOf(snapshots));
    }

    /// <summary>What one of them notices is told to the others.</summary>
    private static void Tie(Executor executor, Loop loop, InstanceControl control, ConfigStore config, Events events)
    {
        executor.SwitchedOff = control.SwitchedOff;
        loop.GoesDown = control.GoesDown;
        loop.WentDown = control.WentDown;
        control.PowerSet = (name, action) => events.Lifecycle(action, "/1.0/instances/" + name);
        loop.Changed = (before, after) =>
        {
            if (!control.IsBeingSet(after.Name))
                Tell(events, before, after);
        };
        config.Changed += (_, _) => loop.Wake();
    }

    private static void Tell(Events events, ObservedInstance before, ObservedInstance after)
    {
        if (Lifecycle.Between(before, after) is var (action, reason))
            events.Lifecycle(action, "/1.0/instances/" + after.Name, reason.Length > 0 ? [("reason", reason)] : []);
    }

    /// <summary>What is registered, with what a crash left half done finished, and what launches it.</summary>
    private static (Launches Launches, FlakeFace Face) FlakesOf(
        NodePaths paths, ImageStore images, Pulls pulls, ConfigStore config, Transients transients, SpecReader reader, Loop loop,
        LxcEngine engine, InstanceControl control)
    {
        var store = new FlakeStore(paths.Flakes, Beside("holm-launch"), name => transients.All.Any(t => t.By.Flake == name));
        foreach (var told in store.Open())
            Say(told);
        var includes = new FlakeIncludes(paths.Flakes, images);
        includes.Sweep();
        var stacks = new FlakeStacks(images, includes, Say);
        var launches = new Launches(
            store, stacks, transients, reader, () => config.Current, loop, engine, new LaunchPulls(pulls).Pull);
        Task Reset(string flake, string? called) => Task.WhenAll(transients.All
            .Where(t => t.By.Flake == flake && t.By.Stays && (called is null || t.By.Called == called))
            .Select(t => control.SetPower(t.Config.Name, PowerAction.Stop, StopManner.AtOnce, CancellationToken.None)));
        return (launches, Faces.FlakesOf(new FlakeControl(store, includes, Reset), stacks));
    }

    /// <summary>Answers until the end is asked for, and stops the apps if the host goes down.</summary>
    private static async Task Serve(NodePaths paths, NodeFace face, Boot boot, Task running, Task<int> ended)
    {
        await using ((await ApiServer.Start(paths.Socket, face).ConfigureAwait(false)).ConfigureAwait(false))
        {
            GiveToGroup(paths.Socket);
            Say($"node {paths.Id} answers on {paths.Socket}");
            // A loop that breaks takes the daemon along: systemd starts it anew, and the apps do not notice.
            if (await Task.WhenAny(ended, running).ConfigureAwait(false) == running)
                await running.ConfigureAwait(false);
            if (await ended.ConfigureAwait(false) == Signals.SIGPWR)
                await boot.StopAll().ConfigureAwait(false);
        }
    }

    /// <summary>The socket belongs to group holm, where the machine has that group: whoever is in it is root-equivalent.</summary>
    private static void GiveToGroup(string socket)
    {
        var line = File.Exists("/etc/group")
            ? File.ReadLines("/etc/group").FirstOrDefault(l => l.StartsWith("holm:", StringComparison.Ordinal))
            : null;
        if (line?.Split(':') is [_, _, var id, ..] && uint.TryParse(id, CultureInfo.InvariantCulture, out var group))
            FileStat.ChangeOwner(socket, 0, group);
    }

    /// <summary>One line on standard error, which the journal or the console keeps.</summary>
    private static void Say(string line) => Console.Error.WriteLine("holmd: " + line);

    private static PosixSignalRegistration OnSignal(int signal, TaskCompletionSource<int> ends) =>
        PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            ends.TrySetResult(signal);
        });

    /// <summary>Beside this program, where the build and the package put it.</summary>
    private static string Beside(string program)
    {
        var path = Path.Combine(AppContext.BaseDirectory, program);
        return File.Exists(path)
            ? path
            : throw new Refusal(500, $"{path} is missing; build it with ./do build, or install the package again");
    }

    private static NodeFacts FactsOf(NodePaths paths)
    {
        var seccomp = Path.Combine(paths.Run, "seccomp");
        var ociSeccomp = seccomp + ".oci";
        File.WriteAllText(seccomp, LxcConfig.SeccompPolicy);
        File.WriteAllText(ociSeccomp, LxcConfig.OciSeccompPolicy);
        var openFiles = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        var filters = File.Exists("/proc/sys/kernel/seccomp/actions_avail");
        var oom = int.Parse(File.ReadAllText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture);
        return new NodeFacts(
            InitProbe.Architecture, filters ? seccomp : null, Checks.AppArmorProfile(),
            long.Parse(openFiles, CultureInfo.InvariantCulture), ResetOomScore: oom < 0, filters ? ociSeccomp : null,
            Beside("holm-init"));
    }
}
