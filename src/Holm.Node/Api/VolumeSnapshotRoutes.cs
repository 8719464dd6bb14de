using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Snapshots of custom volumes: list, look, make, describe, rename, delete; and what is in a volume.</summary>
internal static class VolumeSnapshotRoutes
{
    public static Task State(Call call)
    {
        VolumeRoutes.FindVolume(call);
        return call.Answer(new StorageVolumeState(), ContractJson.Default.StorageVolumeState);
    }

    public static Task List(Call call)
    {
        var (pool, volume) = VolumeRoutes.FindVolume(call);
        var all = StoragePoolRoutes.Face(call).VolumeSnapshots.List(pool, volume.Name);
        return call.Recursion == 0
            ? call.Answer([.. all.Select(s => Url(pool.Name, volume.Name, s.Name))], ContractJson.Default.IReadOnlyListString)
            : call.Answer(all, ContractJson.Default.IReadOnlyListStorageVolumeSnapshot);
    }

    public static Task Get(Call call)
    {
        var (_, _, snapshot) = Find(call);
        return call.Answer(snapshot, ContractJson.Default.StorageVolumeSnapshot, ETag(snapshot));
    }

    public static async Task Create(Call call)
    {
        var (pool, volume) = VolumeRoutes.FindVolume(call);
        var body = await Body(call).ConfigureAwait(false);
        var (face, node) = (StoragePoolRoutes.Face(call), call.Node);
        var snapshot = new StorageVolumeSnapshot
        {
            Name = body.Name is { Length: > 0 } given ? given
                : SnapshotRoutes.Invent([.. face.VolumeSnapshots.List(pool, volume.Name).Select(s => s.Name)]),
            Description = body.Description ?? volume.Description,
            Config = volume.Config,
        };
        face.VolumeSnapshots.CheckNew(pool, volume.Name, snapshot.Name);
        await Start(call, "Creating storage volume snapshot", pool, volume.Name, async (operation, ct) =>
        {
            await face.WhileStill(VolumeCopies.Users(call, pool, volume.Name), () => VolumeRoutes.OnDisk(() =>
                face.VolumeSnapshots.Create(pool, volume.Name, snapshot, SnapshotRoutes.Progress(node, operation), ct)), ct)
                .ConfigureAwait(false);
            node.Events.Lifecycle("storage-volume-snapshot-created", Url(pool.Name, volume.Name, snapshot.Name), ("type", "custom"));
        }).ConfigureAwait(false);
    }

    public static Task Put(Call call) => Change(call, _ => "");

    public static Task Patch(Call call) => Change(call, now => now.Description);

    /// <summary>What can be changed is the description.</summary>
    private static async Task Change(Call call, Func<StorageVolumeSnapshot, string> otherwise)
    {
        Find(call);
        var body = await Body(call).ConfigureAwait(false);
        var (pool, volume, now) = Find(call);
        call.CheckMatch(ETag(now));
        var face = StoragePoolRoutes.Face(call);
        var description = body.Description ?? otherwise(now);
        using (face.Volumes.Claim(pool, volume.Name))
            VolumeRoutes.OnDisk(() => face.VolumeSnapshots.Change(pool, volume.Name, now with { Description = description }));
        call.Node.Events.Lifecycle("storage-volume-snapshot-updated", Url(pool.Name, volume.Name, now.Name));
        await call.Done().ConfigureAwait(false);
    }

    public static async Task Rename(Call call)
    {
        var (pool, volume, snapshot) = Find(call);
        var to = (await Body(call).ConfigureAwait(false)).Name ?? "";
        var (face, node) = (StoragePoolRoutes.Face(call), call.Node);
        face.VolumeSnapshots.CheckNew(pool, volume.Name, to);
        await Start(call, "Renaming storage volume snapshot", pool, volume.Name, (_, _) =>
        {
            VolumeRoutes.OnDisk(() => face.VolumeSnapshots.Rename(pool, volume.Name, snapshot.Name, to));
            node.Events.Lifecycle(
                "storage-volume-snapshot-renamed", Url(pool.Name, volume.Name, to), ("old_name", $"{volume.Name}/{snapshot.Name}"));
            return Task.CompletedTask;
        }).ConfigureAwait(false);
    }

    public static async Task Delete(Call call)
    {
        var (pool, volume, snapshot) = Find(call);
        var (face, node) = (StoragePoolRoutes.Face(call), call.Node);
        await Start(call, "Deleting storage volume snapshot", pool, volume.Name, async (_, ct) =>
        {
            await Task.Run(() => VolumeRoutes.OnDisk(() => face.VolumeSnapshots.Delete(pool, volume.Name, snapshot.Name)), ct)
                .ConfigureAwait(false);
            node.Events.Lifecycle("storage-volume-snapshot-deleted", Url(pool.Name, volume.Name, snapshot.Name));
        }).ConfigureAwait(false);
    }

    private static string Url(string pool, string volume, string snapshot) =>
        $"{VolumeRoutes.Url(pool, volume)}/snapshots/{Uri.EscapeDataString(snapshot)}";

    private static (PoolConfig Pool, StorageVolume Volume, StorageVolumeSnapshot Snapshot) Find(Call call)
    {
        var (pool, volume) = VolumeRoutes.FindVolume(call);
        return (pool, volume, StoragePoolRoutes.Face(call).VolumeSnapshots.Find(pool, volume.Name, call.Route("snapshot")));
    }

    private static async Task<StorageVolumeSnapshotPut> Body(Call call)
    {
        var body = await call.Body(ContractJson.Default.StorageVolumeSnapshotPut).ConfigureAwait(false);
        if (body.ExpiresAt is { } ends && ends != default)
            throw new Refusal(400, "snapshots that expire are not supported by this node; leave expires_at out");
        Keys.CheckText("description", body.Description ?? "");
        return body;
    }

    /// <summary>Starts what nobody else does to the volume meanwhile.</summary>
    private static async Task Start(
        Call call, string description, PoolConfig pool, string volume, Func<OperationRun, CancellationToken, Task> work)
    {
        var claim = StoragePoolRoutes.Face(call).Volumes.Claim(pool, volume);
        var plan = new OperationPlan(description, "storage_volumes", VolumeRoutes.Url(pool.Name, volume));
        await call.Began(call.Operations.Start(plan, async (operation, ct) =>
        {
            using (claim)
                await work(operation, ct).ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    private static string ETag(StorageVolumeSnapshot snapshot) => Call.ETag(
        new StorageVolumeSnapshotPut { Description = snapshot.Description }, ContractJson.Default.StorageVolumeSnapshotPut);
}
