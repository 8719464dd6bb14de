using Holm.Contract;
using Holm.Images;
using Holm.Images.Roots;
using Holm.Linux;
using Holm.Linux.Mounts;
using Holm.Node.Config;
using Holm.Node.Engines;
using Holm.Node.Files;

namespace Holm.Node.Instances;

/// <summary>
/// Lends the files of an instance to a door. Of one that runs, its root as it sees it; of one that does not, its root is made for the
/// while, and it is neither started, deleted nor renamed before that is over.
/// </summary>
public sealed class InstanceFiles(
    Loop loop, ConfigStore config, SpecReader reader, Roots roots, ImageStore images, LxcEngine engine, NodePaths paths,
    TimeProvider clock)
{
    /// <summary>How long an instance may be between two states.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How soon one that boots from inside is looked at again.</summary>
    private static readonly TimeSpan RebootPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Does something with the files of an instance.</summary>
    /// <param name="name">The instance.</param>
    /// <param name="changes">True: something is going to be written or removed.</param>
    /// <param name="work">Given the files, and what ends when they do: the instance stops.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="Refusal">404, or its files are not to be had just now.</exception>
    public async Task Use(string name, bool changes, Func<InnerFiles, CancellationToken, Task> work, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        var run = loop.Of(name);
        try
        {
            while (true)
            {
                var now = await run.WaitUntil(
                    o => o.Presence == Presence.Running || o is { Presence: Presence.Absent, Busy: false }, either.Token)
                    .ConfigureAwait(false);
                if (now.Presence == Presence.Running && OpenRoot(run) is { } root)
                    using (root)
                    {
                        patience.CancelAfter(Timeout.InfiniteTimeSpan);
                        await WhileRunning(run, root, work, ct).ConfigureAwait(false);
                        return;
                    }
                if (now.Presence == Presence.Running)
                    await Task.Delay(RebootPause, clock, either.Token).ConfigureAwait(false);
                else if (loop.TryTakeRoot(run, o => o.Presence == Presence.Absent))
                {
                    patience.CancelAfter(Timeout.InfiniteTimeSpan);
                    await WhileStopped(run, changes, work, ct).ConfigureAwait(false);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new Refusal(409, $"{name} is being started, stopped or otherwise worked on; try again");
        }
    }

    /// <summary>Null: it has no init just now.</summary>
    private static Fd? OpenRoot(InstanceRun run) => LxcEngine.RunningInit(run.Monitor) is { } init
        ? ProcessRoot.TryOpen(init, () => LxcEngine.RunningInit(run.Monitor) == init) : null;

    /// <summary>Its next root stands on the same folder: that waits for this to end, and this ends when the instance does.</summary>
    private static Task WhileRunning(InstanceRun run, Fd root, Func<InnerFiles, CancellationToken, Task> work, CancellationToken ct)
    {
        var files = new InnerFiles(run.Observed.Name, root, IdsOf(run.Record?.IdmapBase));
        return run.Visit(async () =>
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
            Task ended = run.WaitUntil(o => o.Presence != Presence.Running, over.Token);
            _ = ended.ContinueWith(_ => over.Cancel(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            try
            {
                await work(files, over.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ended.IsCompletedSuccessfully && !ct.IsCancellationRequested)
            {
                throw new Refusal(409, $"{run.Observed.Name} stopped meanwhile; try again");
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }

    private async Task WhileStopped(InstanceRun run, bool changes, Func<InnerFiles, CancellationToken, Task> work, CancellationToken ct)
    {
        var name = run.Observed.Name;
        try
        {
            if (loop.Find(name) != run)
                throw new Refusal(404, $"Instance not found: {name}");
            var spec = await RootOf(name, changes, ct).ConfigureAwait(false);
            Fd? opened = null;
            using var space = roots.Mount(spec, folder => opened = Fd.Duplicate(folder.Number));
            using var root = opened!;
            await work(new InnerFiles(name, root, IdsOf(spec.IdmapBase)), ct).ConfigureAwait(false);
        }
        finally
        {
            engine.Delete(name);
            run.Update(o => o with { Busy = false });
            loop.Wake();
        }
    }

    /// <summary>What its next root will be made of.</summary>
    private async Task<RootSpec> RootOf(string name, bool changes, CancellationToken ct)
    {
        var document = config.Change($"give {name} its id range", d => IdRanges.Assign(d, paths.IdmapBase), Saving.Volatile);
        var spec = reader.RootOf(document, document.Instances.GetValueOrDefault(name) ??
            throw new Refusal(404, $"Instance not found: {name}"));
        if (changes && spec.KeptFolder is null)
            throw new Refusal(400, $"write to {name}: it is stopped, and its pool ram keeps nothing; start it first, or give its root " +
                "device pool=default");
        if (spec is { LayersAreShifted: true, IdmapBase: { } first })
            foreach (var layer in spec.Layers)
                await images.Shift(layer.Key.Split('.')[0], first, ct).ConfigureAwait(false);
        // Nothing was ever kept: looking at it shall not begin that.
        return !changes && !Directory.Exists(spec.KeptFolder) ? spec with { KeptFolder = null, SizeBytes = null } : spec;
    }

    private static InnerIds IdsOf(uint? first) => first is null ? InnerIds.Privileged : new InnerIds(first, Roots.IdCount);
}
