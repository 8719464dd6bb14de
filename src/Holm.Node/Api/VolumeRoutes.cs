using System.Collections.Immutable;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary>Custom volumes of storage pools: list, look, make, describe, rename, delete. Only they are shown.</summary>
internal static class VolumeRoutes
{
    private static readonly Lock Changing = new();

    public static Task List(Call call) => List(call, StoragePoolRoutes.Find(call, call.Document));

    public static Task ListOfType(Call call) => List(call, Find(call).Pool);

    public static Task Get(Call call)
    {
        var (pool, volume) = FindVolume(call);
        return call.Answer(View(call.Document, pool, volume), ContractJson.Default.StorageVolume, ETag(volume));
    }

    public static Task Create(Call call) => Create(call, StoragePoolRoutes.Find(call, call.Document));

    public static Task CreateOfType(Call call) => Create(call, Find(call).Pool);

    public static Task Put(Call call) => Change(call, (now, body) => now with
    {
        Config = Checked(now.Name, Edits.Filled(body.Config)),
        Description = body.Description ?? "",
    });

    public static Task Patch(Call call) => Change(call, (now, body) => now with
    {
        Config = Checked(now.Name, Edits.Merge(Maps.From(now.Config), body.Config)),
        Description = body.Description ?? now.Description,
    });

    public static async Task Rename(Call call)
    {
        var (pool, volume) = FindVolume(call);
        var body = await call.Body(ContractJson.Default.StorageVolumePut).ConfigureAwait(false);
        var to = body.Name ?? "";
        if (body.Migration)
            throw new Refusal(400, "migration is not supported by this node");
        if (body.Pool is { Length: > 0 } other && other != pool.Name)
        {
            await VolumeCopies.Move(call, pool, volume, other, to).ConfigureAwait(false);
            return;
        }
        Unused(call, pool, volume.Name, volumes => volumes.Rename(pool, volume.Name, to));
        call.Node.Events.Lifecycle("storage-volume-renamed", Url(pool.Name, to), ("old_name", volume.Name));
        await call.Created(Url(pool.Name, to)).ConfigureAwait(false);
    }

    public static Task Delete(Call call)
    {
        var (pool, volume) = FindVolume(call);
        Unused(call, pool, volume.Name, volumes => volumes.SetAside(pool, volume.Name));
        OnDisk(() => StoragePoolRoutes.Face(call).Volumes.Clear(pool, volume.Name));
        call.Node.Events.Lifecycle("storage-volume-deleted", Url(pool.Name, volume.Name));
        return call.Done();
    }

    public static string Url(string pool, string name) => $"{StoragePoolRoutes.Url(pool)}/volumes/custom/{Uri.EscapeDataString(name)}";

    /// <summary>Refuses volumes that are not there among devices that are new or changed.</summary>
    /// <exception cref="Refusal">404.</exception>
    public static void RefuseMissing(
        Call call, Document document, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> before,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> after)
    {
        if (call.Node.Storage is not { } storage)
            return;
        foreach (var (name, device) in after.Where(d => ShareSpec.IsShare(d.Value) && d.Value.ContainsKey("pool")))
            if (before.GetValueOrDefault(name) is var old && old?.GetValueOrDefault("pool") == device["pool"] &&
                old.GetValueOrDefault("source") == device.GetValueOrDefault("source"))
                continue;
            else if (ShareSpec.Read(name, device) is var share && document.FindPool(share.Pool!) is { Keeps: true } pool)
            {
                if (storage.Volumes.Find(pool, share.Source) is null)
                    throw new Refusal(404, $"device {name}: Storage volume not found: pool {pool.Name} has no volume {share.Source}");
                // What is being restored is given to nobody.
                storage.Volumes.Claim(pool, share.Source).Dispose();
            }
    }

    private static Task List(Call call, PoolConfig pool)
    {
        var face = StoragePoolRoutes.Face(call);
        var volumes = face.Volumes.List(pool);
        if (call.Recursion == 0)
            return call.Answer([.. volumes.Select(v => Url(pool.Name, v.Name))], ContractJson.Default.IReadOnlyListString);
        // LXD's clients tell snapshots from volumes by the name.
        IReadOnlyList<StorageVolume> SnapshotsOf(string name) => [.. face.VolumeSnapshots.List(pool, name).Select(s => new StorageVolume
        {
            Name = $"{name}/{s.Name}",
            Description = s.Description,
            Config = s.Config,
            CreatedAt = s.CreatedAt,
        })];
        return call.Answer([.. volumes.SelectMany(v => (StorageVolume[])[View(call.Document, pool, v), .. SnapshotsOf(v.Name)])],
            ContractJson.Default.IReadOnlyListStorageVolume);
    }

    private static async Task Create(Call call, PoolConfig pool)
    {
        var body = await call.Body(ContractJson.Default.StorageVolumePut).ConfigureAwait(false);
        if (body.Type is not (null or "" or "custom"))
            throw new Refusal(400, $"volumes of type {Names.Show(body.Type)} are not made by hand; custom is");
        if (body.ContentType is not (null or "" or "filesystem"))
            throw new Refusal(400, $"volumes of content type {Names.Show(body.ContentType)} are not supported by this node; filesystem is");
        Keys.CheckText("description", body.Description ?? "");
        var volume = new StorageVolume
        {
            Name = body.Name ?? "",
            Description = body.Description ?? "",
            Config = Checked(body.Name ?? "", Edits.Filled(body.Config)),
        };
        if (body.Source is { } source && (source.Type.Length > 0 || source.Name.Length > 0))
        {
            await VolumeCopies.Copy(call, pool, volume, body.Config is null, source).ConfigureAwait(false);
            return;
        }
        var volumes = StoragePoolRoutes.Face(call).Volumes;
        volumes.CheckNew(pool, volume.Name);
        lock (Changing)
            using (volumes.Claim(pool, volume.Name))
            {
                StoragePoolRoutes.RequireThere(call, pool);
                OnDisk(() => volumes.Create(pool, volume));
            }
        call.Node.Events.Lifecycle("storage-volume-created", Url(pool.Name, volume.Name), ("type", "custom"));
        await call.Created(Url(pool.Name, volume.Name)).ConfigureAwait(false);
    }

    private static async Task Change(Call call, Func<StorageVolume, StorageVolumePut, StorageVolume> change)
    {
        FindVolume(call);
        var body = await call.Body(ContractJson.Default.StorageVolumePut).ConfigureAwait(false);
        if (body.Restore is { Length: > 0 } snapshot)
        {
            await VolumeCopies.Restore(call, snapshot).ConfigureAwait(false);
            return;
        }
        Keys.CheckText("description", body.Description ?? "");
        string url;
        lock (Changing)
        {
            var (pool, now) = FindVolume(call);
            call.CheckMatch(ETag(now));
            var volumes = StoragePoolRoutes.Face(call).Volumes;
            using (volumes.Claim(pool, now.Name))
                OnDisk(() => volumes.Change(pool, change(now, body)));
            url = Url(pool.Name, now.Name);
        }
        call.Node.Events.Lifecycle("storage-volume-updated", url);
        await call.Done().ConfigureAwait(false);
    }

    private static (PoolConfig Pool, string Type) Find(Call call) =>
        (StoragePoolRoutes.Find(call, call.Document), call.Route("type")) is var (pool, type) && type == "custom" ? (pool, type)
            : throw new Refusal(404, $"Storage volume not found: there are volumes of type custom, not {Names.Show(call.Route("type"))}");

    public static (PoolConfig Pool, StorageVolume Volume) FindVolume(Call call)
    {
        var (pool, _) = Find(call);
        var name = call.Route("volume");
        return StoragePoolRoutes.Face(call).Volumes.Find(pool, name) is { } volume ? (pool, volume)
            : throw new Refusal(404, $"Storage pool volume not found: {Names.Show(name)}");
    }

    private static ImmutableSortedDictionary<string, string> Checked(
        string name, ImmutableSortedDictionary<string, string> config)
    {
        if (config.Count > Rules.MostKeys)
            throw new Refusal(400, $"volume {Names.Show(name)}: {config.Count} keys are too many, {Rules.MostKeys} are allowed");
        foreach (var (key, value) in config)
            if (key.StartsWith("user.", StringComparison.Ordinal))
                Keys.Check(key, value);
            else
                throw new Refusal(400, $"volume {Names.Show(name)}: key {Names.Show(key)} is not known; it takes user.*");
        return config;
    }

    /// <summary>Does something to a volume that nobody uses, and that nobody is given meanwhile.</summary>
    /// <exception cref="Refusal">400: somebody does. 409: somebody works on it.</exception>
    public static void Unused(Call call, PoolConfig pool, string volume, Action<VolumeFolders> work) =>
        call.Node.Config.Change($"change volume {volume}", document =>
        {
            RefuseUsed(document, pool, volume);
            var volumes = StoragePoolRoutes.Face(call).Volumes;
            using (volumes.Claim(pool, volume))
                OnDisk(() => work(volumes));
            return document;
        });

    /// <summary>Refuses a volume that somebody has.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static void RefuseUsed(Document document, PoolConfig pool, string volume)
    {
        var users = document.UsersOfPool(pool.Name, volume).Select(i => $"instance {i}")
            .Concat(document.ProfilesOfPool(pool.Name, volume).Select(p => $"profile {p}")).ToList();
        if (users.Count > 0)
            throw new Refusal(400, $"The storage volume is still in use by {string.Join(", ", users)}: detach it first");
    }

    public static void OnDisk(Action work)
    {
        try
        {
            work();
        }
        catch (LinuxException e)
        {
            throw new Refusal(e.Errno == Errnos.ENOSPC ? 507 : 500, e.Message, e);
        }
    }

    private static StorageVolume View(Document document, PoolConfig pool, StorageVolume volume) => volume with
    {
        UsedBy = [.. document.UsersOfPool(pool.Name, volume.Name).Select(InstanceRoutes.Url),
            .. document.ProfilesOfPool(pool.Name, volume.Name).Select(ProfileRoutes.Url)],
    };

    private static string ETag(StorageVolume volume) => Call.ETag(
        new StorageVolumePut { Config = new(volume.Config), Description = volume.Description }, ContractJson.Default.StorageVolumePut);
}
