using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>Copies of volumes, volumes moved to other pools, and volumes brought back to a snapshot.</summary>
internal static class VolumeCopies
{
    /// <summary>Makes a volume of another or of a snapshot of one; with <paramref name="inherits"/> its keys are that one's.</summary>
    public static async Task Copy(Call call, PoolConfig pool, StorageVolume volume, bool inherits, StorageVolumeSource source)
    {
        if (source.Type != "copy" || source.Refresh)
            throw new Refusal(400, $"volumes are made of nothing or are copies; a source of type {Names.Show(source.Type)}" +
                (source.Refresh ? " that refreshes a copy" : "") + " is not supported by this node");
        var (from, snapshot) = source.Name.Split('/') switch
        {
            [{ Length: > 0 } one] => (one, null),
            [{ Length: > 0 } one, { Length: > 0 } two] => (one, two),
            _ => throw new Refusal(400, "No source volume name supplied: give VOLUME or VOLUME/SNAPSHOT"),
        };
        var sourcePool = source.Pool.Length == 0 ? pool : call.Document.FindPool(source.Pool) ??
            throw new Refusal(404, $"Storage pool not found: {Names.Show(source.Pool)}");
        var face = StoragePoolRoutes.Face(call);
        var original = face.Volumes.Find(sourcePool, from) ??
            throw new Refusal(404, $"Storage volume not found: pool {sourcePool.Name} has no volume {Names.Show(from)}");
        var config = snapshot is null ? original.Config : face.VolumeSnapshots.Find(sourcePool, from, snapshot).Config;
        await Start(call, new Part(sourcePool, from, snapshot), pool, inherits ? volume with { Config = config } : volume,
            !source.VolumeOnly, null).ConfigureAwait(false);
    }

    /// <summary>Moves a volume that nobody has to another pool. A node that dies in the middle has it in both.</summary>
    public static async Task Move(Call call, PoolConfig pool, StorageVolume volume, string other, string to)
    {
        var target = call.Document.FindPool(other) ?? throw new Refusal(404, $"Storage pool not found: {Names.Show(other)}");
        VolumeRoutes.Unused(call, pool, volume.Name, _ => { });
        await Start(call, new Part(pool, volume.Name, null), target, volume with { Name = to }, true, volumes =>
        {
            try
            {
                call.Node.Config.Change($"move volume {volume.Name}", document =>
                {
                    // Somebody may have been given it while it was copied, and have written to it.
                    VolumeRoutes.RefuseUsed(document, pool, volume.Name);
                    volumes.SetAside(pool, volume.Name);
                    return document;
                });
            }
            catch (Refusal)
            {
                volumes.SetAside(target, to);
                volumes.Clear(target, to);
                throw;
            }
            volumes.Clear(pool, volume.Name);
        }).ConfigureAwait(false);
    }

    /// <summary>Brings back what was in a volume when a snapshot was made; whoever has it may not run.</summary>
    public static async Task Restore(Call call, string wanted)
    {
        var (pool, volume) = VolumeRoutes.FindVolume(call);
        var snapshot = wanted.StartsWith(volume.Name + "/", StringComparison.Ordinal) ? wanted[(volume.Name.Length + 1)..] : wanted;
        var face = StoragePoolRoutes.Face(call);
        face.VolumeSnapshots.Find(pool, volume.Name, snapshot);
        using (face.Volumes.Claim(pool, volume.Name))
        {
            var users = Users(call, pool, volume.Name);
            await face.WhileStopped(users, () => VolumeRoutes.OnDisk(() =>
            {
                if (Users(call, pool, volume.Name).Except(users).FirstOrDefault() is { } late)
                    throw new Refusal(409, $"volume {volume.Name} has just been given to {late}; try again");
                face.VolumeSnapshots.Restore(pool, volume.Name, snapshot, call.Aborted);
            }), call.Aborted).ConfigureAwait(false);
        }
        call.Node.Events.Lifecycle("storage-volume-restored", VolumeRoutes.Url(pool.Name, volume.Name), ("snapshot", snapshot));
        await call.Done().ConfigureAwait(false);
    }

    /// <summary>Names of the instances that may write to a volume.</summary>
    public static IReadOnlyList<string> Users(Call call, PoolConfig pool, string volume) =>
        [.. call.Node.Config.Current.UsersOfPool(pool.Name, volume)];

    /// <summary>Several claims, given back together.</summary>
    public static IDisposable Claims(StorageFace face, params (PoolConfig Pool, string Volume)[] wanted)
    {
        var all = new Held();
        try
        {
            foreach (var (pool, volume) in wanted)
                all.Add(face.Volumes.Claim(pool, volume));
            return all;
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    private sealed class Held : List<IDisposable>, IDisposable
    {
        public void Dispose() => ForEach(claim => claim.Dispose());
    }

    private readonly record struct Part(PoolConfig Pool, string Volume, string? Snapshot);

    private static async Task Start(
        Call call, Part from, PoolConfig pool, StorageVolume becomes, bool withSnapshots, Action<VolumeFolders>? then)
    {
        var (face, node) = (StoragePoolRoutes.Face(call), call.Node);
        face.Volumes.CheckNew(pool, becomes.Name);
        var claims = Claims(face, (from.Pool, from.Volume), (pool, becomes.Name));
        try
        {
            StoragePoolRoutes.RequireThere(call, from.Pool);
            StoragePoolRoutes.RequireThere(call, pool);
        }
        catch
        {
            claims.Dispose();
            throw;
        }
        var users = Users(call, from.Pool, from.Volume);
        var moves = then is not null;
        var url = VolumeRoutes.Url(pool.Name, becomes.Name);
        var description = moves ? "Moving storage volume" : "Copying storage volume";
        var plan = new OperationPlan(description, "storage_volumes", url) { MayCancel = true };
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            using (claims)
                await face.WhileStill(users, () => VolumeRoutes.OnDisk(() =>
                {
                    face.VolumeSnapshots.Copy(from.Pool, from.Volume, from.Snapshot, pool, becomes, withSnapshots,
                        SnapshotRoutes.Progress(node, operation), ct);
                    then?.Invoke(face.Volumes);
                }), ct).ConfigureAwait(false);
            node.Events.Lifecycle(moves ? "storage-volume-renamed" : "storage-volume-created", url);
        })).ConfigureAwait(false);
    }
}
