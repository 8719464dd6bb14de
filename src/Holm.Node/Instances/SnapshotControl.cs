using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Node.Config;
using Holm.Node.Limits;

namespace Holm.Node.Instances;

/// <summary>
/// Snapshots, copies and rebuilds of instances with a kept pool. A running instance is frozen while it is copied: its files are as a power
/// cut would leave them, no worse. A start or stop that is asked for meanwhile waits.
/// </summary>
public sealed class SnapshotControl(
    InstanceControl control, SnapshotFolders folders, PoolFolders pools, ConfigStore config, ImageStore images, InstanceLimits limits,
    TimeProvider clock)
{
    /// <summary>All of an instance, the oldest first.</summary>
    public IReadOnlyList<StoredSnapshot> Of(string name) => folders.Of(name);

    /// <summary>Makes one.</summary>
    /// <exception cref="Refusal">Nothing of it is kept, there is one of that name, or it cannot be frozen.</exception>
    public Task Create(string name, string snapshot, Action<long> tell, CancellationToken ct)
    {
        var pool = KeptPool($"snapshot {name}", config.Current, InstanceOf(name));
        return WhileStill(name, () => folders.Create(
            pools.Ready(pool), snapshot, InstanceOf(name) with { CreatedAt = clock.GetUtcNow() }, tell, ct), ct);
    }

    /// <summary>Removes one.</summary>
    public Task Delete(string name, string snapshot, CancellationToken ct) =>
        Stopped(name, running: true, () => folders.Delete(name, snapshot), ct);

    /// <summary>Gives one another name.</summary>
    public Task Rename(string name, string from, string to, CancellationToken ct) =>
        Stopped(name, running: true, () => folders.Rename(name, from, to), ct);

    /// <summary>
    /// Brings an instance back to a snapshot. One that runs is killed, as what it would still write is thrown away, and started again.
    /// </summary>
    public async Task Restore(string name, string snapshot, Action<long> tell, CancellationToken ct)
    {
        var found = folders.Find(name, snapshot);
        var becomes = found.Instance with { CreatedAt = InstanceOf(name).CreatedAt };
        var next = OnImage(becomes, config.Current).With(becomes);
        Rules.Check(next);
        var pool = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(found.Folder)!)!)!;
        if (pools.Of(KeptPool($"restore {name}", next, becomes)) != pool)
            throw new Refusal(409, $"restore {name}: snapshot {snapshot} lies in {pool}, and its profiles put the root into another pool " +
                "by now; give it a root disk of its own, or bring the profile back");
        await WithoutRunning(name, () => SnapshotFolders.Replace(pool, becomes, found.Folder, isCopy: false, Change, tell, ct), ct)
            .ConfigureAwait(false);
    }

    /// <summary>Drops the kept writes of an instance that does not run, and gives it an image; its configuration stays.</summary>
    public Task Rebuild(string name, string image, string fingerprint, CancellationToken ct) => Stopped(name, running: false, () =>
    {
        var now = InstanceOf(name);
        var becomes = now with { Image = image, Config = now.Config.SetItem("volatile.base_image", fingerprint) };
        if (PoolOf(config.Current, becomes) is { Keeps: true } pool)
            SnapshotFolders.Replace(pools.Ready(pool), becomes, null, isCopy: false, Change, _ => { }, ct);
        else
            Change(becomes);
    }, ct);

    /// <summary>Makes an instance of another, or of a snapshot, with what that has kept.</summary>
    /// <param name="from">The instance.</param>
    /// <param name="snapshot">Its snapshot; null: as it is now.</param>
    /// <param name="becomes">The new one's configuration.</param>
    /// <param name="withSnapshots">True: with the snapshots of the other.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up while it copies; nothing is left.</param>
    public async Task Copy(
        string from, string? snapshot, InstanceConfig becomes, bool withSnapshots, Action<long> tell, CancellationToken ct)
    {
        var next = config.Current.With(becomes);
        Rules.Check(next);
        var target = PoolOf(next, becomes);
        var source = WritesOf(from, snapshot);
        var snapshots = withSnapshots && snapshot is null ? SnapshotsIn(target, from) : [];
        if (!target.Keeps && (snapshots.Count > 0 || source is not null && Directory.Exists(source)))
            throw new Refusal(400, $"copy {from}: {from} has kept writes, and the root of {becomes.Name} is in pool {target.Name}, which " +
                "is memory; choose a pool of driver dir");
        var run = control.HoldNew(becomes.Name);
        try
        {
            void Add() => KeptWrites.Appear(pools, becomes.Name, () =>
            {
                if (source is not null && target.Keeps)
                    SnapshotFolders.Prepare(pools.Ready(target), becomes.Name, source, true, snapshots, tell, ct);
            }, () => config.Change($"copy instance {from} to {becomes.Name}", d => d.Instances.ContainsKey(becomes.Name)
                    ? throw new Refusal(409, $"Instance \"{becomes.Name}\" already exists")
                    : OnImage(becomes, d).With(becomes)), () => config.Current);
            await WhileStill(from, Add, ct).ConfigureAwait(false);
        }
        finally
        {
            control.Release(run);
        }
    }

    /// <summary>
    /// Brings a copy up to what its original is by now: image, kept writes, and snapshots, each of them whole. Its configuration stays.
    /// </summary>
    /// <param name="from">The original.</param>
    /// <param name="snapshot">Its snapshot; null: as it is now.</param>
    /// <param name="to">The copy.</param>
    /// <param name="withSnapshots">True: it has the original's snapshots afterwards, and no others.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up while it copies.</param>
    /// <exception cref="Refusal">400: the copy runs, or nothing of it is kept.</exception>
    public Task Refresh(string from, string? snapshot, string to, bool withSnapshots, Action<long> tell, CancellationToken ct)
    {
        if (from == to)
            throw new Refusal(400, $"refresh {to}: it cannot be its own copy; to go back to a snapshot, restore it");
        RefuseRunning(to);
        return WhileStill([from, to], () =>
        {
            RefuseRunning(to);
            var (now, kept) = (InstanceOf(to), KeptPool($"refresh {to}", config.Current, InstanceOf(to)));
            var pool = pools.Ready(kept);
            var original = snapshot is null ? InstanceOf(from) : folders.Find(from, snapshot).Instance;
            var source = WritesOf(from, snapshot);
            if (withSnapshots && snapshot is null)
                folders.Match(pool, to, SnapshotsIn(kept, from), tell, ct);
            // What was written lies on that image and no other.
            var becomes = now with
            {
                Image = original.Image,
                Config = original.Config.TryGetValue("volatile.base_image", out var image)
                    ? now.Config.SetItem("volatile.base_image", image) : now.Config.Remove("volatile.base_image"),
            };
            SnapshotFolders.Replace(pool, becomes, source, isCopy: true, Change, tell, ct);
        }, ct);
    }

    /// <summary>Puts the root of an instance that does not run into another pool, with what it has written.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="to">The pool.</param>
    /// <param name="withSnapshots">True: its snapshots go with it; false: they are deleted.</param>
    /// <param name="tell">Gets bytes done.</param>
    /// <param name="ct">Gives up while it copies; nothing is changed.</param>
    /// <exception cref="Refusal">400: it runs, or the pool is memory and something is kept. 404: no such pool.</exception>
    public Task Move(string name, string to, bool withSnapshots, Action<long> tell, CancellationToken ct) => WhileStopped([name], () =>
    {
        var document = config.Current;
        var (from, target) = (PoolOf(document, InstanceOf(name)), document.FindPool(to) ??
            throw new Refusal(404, $"Storage pool not found: {Names.Show(to)}"));
        var writes = WritesOf(name, null);
        var snapshots = withSnapshots ? SnapshotsIn(target, name) : [];
        if (from.Name == target.Name)
            return;
        if (pools.Missing(name) is { } missing)
            throw new Refusal(409, $"move {name}: {missing}");
        if (!target.Keeps && (snapshots.Count > 0 || Directory.Exists(writes)))
            throw new Refusal(400, $"move {name}: it has kept writes, and pool {to} is memory; choose a pool of driver dir");
        if (target.Keeps && new[] { pools.Of(target), Path.Combine(pools.Of(target), PoolFolders.Snapshots) }
            .Select(place => Path.Combine(place, name)).FirstOrDefault(Directory.Exists) is { } there)
            throw new Refusal(409, $"move {name}: {there} is there already and would be lost; move it away first");
        KeptWrites.Move(pools, name, () =>
        {
            if (target.Keeps && (Directory.Exists(writes) || snapshots.Count > 0))
                SnapshotFolders.Prepare(pools.Ready(target), name, writes, false, snapshots, tell, ct);
        }, () => config.Change($"move {name} to pool {to}", d => d.With(PoolFolders.In(target, d,
            d.Instances.GetValueOrDefault(name) ?? throw new Refusal(404, $"Instance not found: {name}")))), () => config.Current);
    }, ct);

    /// <summary>An instance's, as they are to be written in a pool.</summary>
    private IReadOnlyList<StoredSnapshot> SnapshotsIn(PoolConfig pool, string name) =>
        [.. folders.Of(name).Select(s => s with { Instance = PoolFolders.In(pool, config.Current, s.Instance) })];

    private void RefuseRunning(string name)
    {
        if (control.Status(name).Code is not (StatusCode.Stopped or StatusCode.Error))
            throw new Refusal(400, $"Cannot refresh a running instance: stop {name} first");
    }

    /// <summary>Folder of what an instance or snapshot of one has written; null: nothing of it is kept.</summary>
    private string? WritesOf(string name, string? snapshot) => snapshot is not null ? folders.Find(name, snapshot).Folder
        : PoolOf(config.Current, InstanceOf(name)) is { Keeps: true } kept ? Path.Combine(pools.Of(kept), name) : null;

    /// <summary>Finishes what a crash cut short.</summary>
    public void Sweep(Action<string> tell) => folders.Sweep(
        becomes => config.Change($"restore {becomes.Name}", document => With(becomes, document)), tell);

    private void Change(InstanceConfig becomes) =>
        config.Change($"restore {becomes.Name}", document => With(becomes, OnImage(becomes, document)));

    private static Document With(InstanceConfig becomes, Document document) =>
        document.Instances.TryGetValue(becomes.Name, out var now) ? document.With(becomes with
        {
            // Its range of ids is not another's meanwhile, and whether the next boot starts it was said since.
            Config = ((string[])[SpecReader.IdmapKey, InstanceControl.LastPowerKey]).Aggregate(becomes.Config, (config, key) =>
                now.Config.TryGetValue(key, out var value) ? config.SetItem(key, value) : config.Remove(key)),
        }) : document;

    /// <summary>
    /// What is asked for on an image that is gone would never start. An image is deleted while the configuration stands still.
    /// </summary>
    private Document OnImage(InstanceConfig becomes, Document document) => images.Find(becomes.Image) is not null ? document
        : throw new Refusal(404, $"Image not found: {Names.Show(becomes.Image)}, on which {becomes.Name} would stand; import it first");

    private Task WhileStill(string name, Action work, CancellationToken ct) => WhileStill([name], work, ct);

    /// <summary>Does something while none of these instances writes: one that runs is frozen, and none starts or stops.</summary>
    /// <exception cref="Refusal">One is gone, or cannot be frozen.</exception>
    public async Task WhileStill(IEnumerable<string> names, Action work, CancellationToken ct)
    {
        List<string> frozen = [];
        await WhileHeld(names, async held =>
        {
            try
            {
                foreach (var run in held.Where(r => r.Observed is { Presence: Presence.Running, Frozen: false }))
                {
                    frozen.Add(run.Observed.Name);
                    await limits.Freeze(run.Observed.Name).ConfigureAwait(false);
                }
                await Task.Run(work, CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                frozen.ForEach(limits.Thaw);
            }
        }, ct).ConfigureAwait(false);
    }

    /// <summary>Does something while none of these instances runs.</summary>
    /// <exception cref="Refusal">400: one runs. 404: one is gone.</exception>
    public Task WhileStopped(IEnumerable<string> names, Action work, CancellationToken ct) => WhileHeld(names, held =>
        held.FirstOrDefault(r => r.Observed.Presence != Presence.Absent) is { } running
            ? throw new Refusal(400, $"Instance is running: stop {running.Observed.Name} first")
            : Task.Run(work, CancellationToken.None), ct);

    private async Task WhileHeld(IEnumerable<string> names, Func<IReadOnlyList<InstanceRun>, Task> work, CancellationToken ct)
    {
        List<InstanceRun> held = [];
        try
        {
            // In one order, so that no two wait for each other.
            foreach (var name in names.Order(StringComparer.Ordinal))
                held.Add(await control.Hold(name, ct).ConfigureAwait(false));
            await work(held).ConfigureAwait(false);
        }
        finally
        {
            held.ForEach(control.Release);
        }
    }

    private Task Stopped(string name, bool running, Action work, CancellationToken ct) => running
        ? WhileHeld([name], _ => Task.Run(work, CancellationToken.None), ct) : WhileStopped([name], work, ct);

    private async Task WithoutRunning(string name, Action work, CancellationToken ct)
    {
        var runs = control.Status(name).Code is not (StatusCode.Stopped or StatusCode.Error);
        if (runs && InstanceOf(name).Ephemeral)
            throw new Refusal(400, $"restore {name}: it is ephemeral, and would be gone with the stop");
        if (runs)
            await control.SetPower(name, PowerAction.Stop, StopManner.AtOnce, ct).ConfigureAwait(false);
        try
        {
            await Stopped(name, running: false, work, ct).ConfigureAwait(false);
        }
        catch when (runs)
        {
            // As it was: it ran.
            await control.SetPower(name, PowerAction.Start, default, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        if (runs)
            await control.SetPower(name, PowerAction.Start, default, ct).ConfigureAwait(false);
    }

    private InstanceConfig InstanceOf(string name) => config.Current.Instances.GetValueOrDefault(name) ??
        throw new Refusal(404, $"Instance not found: {Names.Show(name)}");

    private static PoolConfig KeptPool(string what, Document document, InstanceConfig instance) =>
        PoolOf(document, instance) is { Keeps: true } pool ? pool : throw new Refusal(400,
            $"{what}: its root is in memory (pool ram), and what it writes is gone with the stop: there is nothing to keep; give it a " +
            "root disk in a pool of driver dir");

    private static PoolConfig PoolOf(Document document, InstanceConfig instance)
    {
        var pool = Expansion.Expand(document, instance).Root().Value.GetValueOrDefault("pool", "default");
        return document.FindPool(pool) ?? throw new Refusal(404, $"there is no pool {Names.Show(pool)}");
    }
}
