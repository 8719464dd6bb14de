using System.Collections.Immutable;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>Storage pools: list, look, make, describe, delete.</summary>
internal static class StoragePoolRoutes
{
    public static Task List(Call call)
    {
        var document = call.Document;
        return call.Recursion == 0
            ? call.Answer([.. document.AllPools().Select(p => Url(p.Name))], ContractJson.Default.IReadOnlyListString)
            : call.Answer([.. document.AllPools().Select(p => View(call, document, p))], ContractJson.Default.IReadOnlyListStoragePool);
    }

    public static Task Get(Call call)
    {
        var pool = Find(call, call.Document);
        return call.Answer(View(call, call.Document, pool), ContractJson.Default.StoragePool, ETag(call, pool));
    }

    public static async Task Create(Call call)
    {
        var body = await call.Body(ContractJson.Default.StoragePoolPut).ConfigureAwait(false);
        var pool = new PoolConfig
        {
            Name = body.Name ?? "",
            Driver = body.Driver is { Length: > 0 } driver ? driver
                : throw new Refusal(400, "No driver provided: dir (kept in a folder) and ram (gone with the stop) are there"),
            Description = body.Description ?? "",
            Config = Edits.Filled(body.Config),
        };
        pool.Check();
        RefuseTaken(call.Document, pool.Name);
        // Before its folder is marked: it may be another pool's, whose mark must stay.
        PoolUse.CheckPools(call.Document.With(pool));
        var folders = Face(call).Pools;
        Marked(pool, () => folders.Check(pool));
        Marked(pool, () => folders.Mark(pool));
        try
        {
            call.Node.Config.Change($"create storage pool {pool.Name}", document =>
            {
                RefuseTaken(document, pool.Name);
                return document.With(pool);
            });
        }
        catch
        {
            if (call.Document.FindPool(pool.Name) is null)
                folders.Unmark(pool);
            throw;
        }
        call.Node.Events.Lifecycle("storage-pool-created", Url(pool.Name));
        await call.Created(Url(pool.Name)).ConfigureAwait(false);
    }

    public static Task Put(Call call) => Change(call, (now, body) => now with
    {
        Config = Given(call, now, Edits.Filled(body.Config)),
        Description = body.Description ?? "",
    });

    public static Task Patch(Call call) => Change(call, (now, body) => now with
    {
        Config = Given(call, now, Edits.Merge(now.Config, body.Config)),
        Description = body.Description ?? now.Description,
    });

    public static async Task Delete(Call call)
    {
        var pool = Find(call, call.Document);
        if (pool.IsAlways)
            throw new Refusal(400, $"pool {pool.Name} is there on every node and cannot be deleted");
        call.Node.Config.Change($"delete storage pool {pool.Name}", document =>
        {
            Find(call, document);
            var users = document.UsersOfPool(pool.Name).Select(i => $"instance {i}")
                .Concat(document.ProfilesOfPool(pool.Name).Select(p => $"profile {p}")).ToList();
            // Kept writes of an instance that is there are not named twice.
            if (users.Count == 0)
                users = [.. Face(call).Pools.Contents(pool).Concat(Face(call).Volumes.Busy(pool).Select(v => $"volume {v}")).Distinct()];
            return users.Count == 0 ? document.WithoutPool(pool.Name)
                : throw new Refusal(400, $"The storage pool is currently in use: {pool.Name} holds {string.Join(", ", users)}");
        });
        Face(call).Pools.Unmark(pool);
        call.Node.Events.Lifecycle("storage-pool-deleted", Url(pool.Name));
        await call.Done().ConfigureAwait(false);
    }

    /// <summary>
    /// Refuses a pool that has been deleted. Asked by who has a claim in it: from then on a deletion sees the claim, and is refused.
    /// </summary>
    /// <exception cref="Refusal">404.</exception>
    public static void RequireThere(Call call, PoolConfig pool) => call.Node.Config.Change($"use storage pool {pool.Name}", document =>
        document.FindPool(pool.Name) is { } now && now.Source == pool.Source ? document
            : throw new Refusal(404, $"Storage pool not found: {Names.Show(pool.Name)} was deleted meanwhile"));

    public static Task Resources(Call call)
    {
        var pool = Find(call, call.Document);
        var folder = pool.Keeps ? Face(call).Pools.Of(pool) : "";
        // Its own folder is made with the first that is written to it; its filesystem is there.
        while (pool is { Keeps: true, Source: null } && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        var room = pool.Keeps ? Marked(pool, () => FilesystemRoom.Of(folder)) : new FilesystemRoom(
            Machine.MemoryBytes() - Machine.AvailableMemoryBytes(), Machine.MemoryBytes(), 0, 0);
        return call.Answer(new StoragePoolResources
        {
            Space = new UsedOfTotal { Used = room.UsedBytes, Total = room.Bytes },
            Inodes = new UsedOfTotal { Used = room.UsedFiles, Total = room.Files },
        }, ContractJson.Default.StoragePoolResources);
    }

    /// <summary>The pool the path names.</summary>
    /// <exception cref="Refusal">404.</exception>
    public static PoolConfig Find(Call call, Document document) => document.FindPool(call.Route("pool")) ??
        throw new Refusal(404, $"Storage pool not found: {Names.Show(call.Route("pool"))}");

    /// <summary>The pools of this node on its disk.</summary>
    public static StorageFace Face(Call call) => call.Node.Storage ?? throw new Refusal(501, "this node has no storage pools");

    public static string Url(string name) => $"/1.0/storage-pools/{Uri.EscapeDataString(name)}";

    private static async Task Change(Call call, Func<PoolConfig, StoragePoolPut, PoolConfig> change)
    {
        var name = Find(call, call.Document).Name;
        var body = await call.Body(ContractJson.Default.StoragePoolPut).ConfigureAwait(false);
        call.Node.Config.Change($"change storage pool {name}", document =>
        {
            var now = Find(call, document);
            call.CheckMatch(ETag(call, now));
            return document.With(change(now, body));
        });
        call.Node.Events.Lifecycle("storage-pool-updated", Url(name));
        await call.Done().ConfigureAwait(false);
    }

    /// <summary>The new keys; a source that is only shown is not kept, and none can be changed.</summary>
    private static ImmutableSortedDictionary<string, string> Given(
        Call call, PoolConfig now, ImmutableSortedDictionary<string, string> config)
    {
        var given = config.GetValueOrDefault(PoolConfig.SourceKey);
        if (given is not null && given != Shown(call, now).GetValueOrDefault(PoolConfig.SourceKey))
            throw new Refusal(400, $"pool {now.Name}: its source cannot be changed; make another pool");
        return now.Source is { } source ? config.SetItem(PoolConfig.SourceKey, source) : config.Remove(PoolConfig.SourceKey);
    }

    private static void RefuseTaken(Document document, string name)
    {
        if (document.FindPool(name) is not null)
            throw new Refusal(409, $"Storage pool \"{name}\" already exists");
    }

    private static void Marked(PoolConfig pool, Action work) => Marked(pool, () =>
    {
        work();
        return true;
    });

    private static T Marked<T>(PoolConfig pool, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (LinuxException e)
        {
            throw new Refusal(500, $"pool {pool.Name}: {e.Message}", e);
        }
    }

    private static StoragePool View(Call call, Document document, PoolConfig pool)
    {
        var face = Face(call);
        return new StoragePool
        {
            Name = pool.Name,
            Driver = pool.Driver,
            Description = pool.Description,
            Config = Shown(call, pool),
            Status = PoolFolders.IsThere(pool) ? "Created" : "Unavailable",
            UsedBy =
            [
                .. document.UsersOfPool(pool.Name).Select(InstanceRoutes.Url),
                .. document.ProfilesOfPool(pool.Name).Select(ProfileRoutes.Url),
                .. document.Instances.Keys.SelectMany(i => call.Node.Snapshots.List(i)
                    .Where(s => pool.Keeps && s.Folder.StartsWith(face.Pools.Of(pool) + "/", StringComparison.Ordinal))
                    .Select(s => SnapshotRoutes.Url(i, s.Name))),
                .. face.Volumes.List(pool).Select(v => VolumeRoutes.Url(pool.Name, v.Name)),
            ],
        };
    }

    private static ImmutableSortedDictionary<string, string> Shown(Call call, PoolConfig pool) =>
        pool.Keeps ? pool.Config.SetItem(PoolConfig.SourceKey, Face(call).Pools.Of(pool)) : pool.Config;

    private static string ETag(Call call, PoolConfig pool) => Call.ETag(
        new StoragePoolPut { Config = new(Shown(call, pool)), Description = pool.Description }, ContractJson.Default.StoragePoolPut);
}
