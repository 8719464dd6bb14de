using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Profiles.</summary>
internal static class ProfileRoutes
{
    public static Task List(Call call)
    {
        var document = call.Document;
        return call.Recursion == 0
            ? call.Answer([.. document.Profiles.Keys.Select(Url)], ContractJson.Default.IReadOnlyListString)
            : call.Answer([.. document.Profiles.Values.Select(p => View(document, p))], ContractJson.Default.IReadOnlyListProfile);
    }

    public static Task Get(Call call)
    {
        var profile = Find(call.Document, call.Route("name"));
        return call.Answer(View(call.Document, profile), ContractJson.Default.Profile, ETag(profile));
    }

    public static async Task Create(Call call)
    {
        var body = await call.Body(ContractJson.Default.ProfilePut).ConfigureAwait(false);
        var name = body.Name ?? "";
        Names.CheckProfile(name);
        call.Node.Config.Change($"create profile {name}", document => document.Profiles.ContainsKey(name)
            ? throw new Refusal(409, $"Error inserting \"{name}\" into database: The profile already exists")
            : document.With(WithOneRoot(new ProfileConfig
            {
                Name = name,
                Description = body.Description ?? "",
                Config = Edits.Whole(body.Config),
                Devices = Edits.Devices(body.Devices),
            })));
        call.Node.Events.Lifecycle("profile-created", Url(name));
        await call.Created(Url(name)).ConfigureAwait(false);
    }

    public static Task Put(Call call) => Change(call, (now, body) => now with
    {
        Config = Edits.Whole(body.Config),
        Devices = Edits.Devices(body.Devices),
        Description = body.Description ?? "",
    });

    public static Task Patch(Call call) => Change(call, (now, body) => now with
    {
        Config = Edits.Merge(now.Config, body.Config),
        Devices = now.Devices.SetItems(Edits.Devices(body.Devices)),
        Description = body.Description ?? now.Description,
    });

    public static async Task Rename(Call call)
    {
        var (from, body) = (call.Route("name"), await call.Body(ContractJson.Default.ProfilePut).ConfigureAwait(false));
        var to = body.Name ?? "";
        Names.CheckProfile(to);
        call.Node.Config.Change($"rename profile {from}", document =>
        {
            var profile = Find(document, from);
            if (from == Document.DefaultProfile)
                throw new Refusal(403, "The \"default\" profile cannot be renamed");
            if (document.Profiles.ContainsKey(to))
                throw new Refusal(409, $"Name \"{to}\" already in use");
            var users = document.Instances.Values.Where(i => i.Profiles.Contains(from));
            return document.WithoutProfile(from).With(profile with { Name = to }) with
            {
                Instances = document.Instances.SetItems(users.Select(i => KeyValuePair.Create(i.Name,
                    i with { Profiles = i.Profiles.Replace(from, to) }))),
            };
        });
        call.Node.Events.Lifecycle("profile-renamed", Url(to), ("old_name", from));
        await call.Created(Url(to)).ConfigureAwait(false);
    }

    public static Task Delete(Call call)
    {
        var name = call.Route("name");
        call.Node.Config.Change($"delete profile {name}", document =>
        {
            Find(document, name);
            if (name == Document.DefaultProfile)
                throw new Refusal(403, "The \"default\" profile cannot be deleted: instances that name no profile use it");
            var users = string.Join(", ", document.UsersOf(name));
            return users.Length > 0
                ? throw new Refusal(400, $"Profile is currently in use by {users}: take it from them first")
                : document.WithoutProfile(name);
        });
        call.Node.Events.Lifecycle("profile-deleted", Url(name));
        return call.Done();
    }

    private static async Task Change(Call call, Func<ProfileConfig, ProfilePut, ProfileConfig> change)
    {
        var name = call.Route("name");
        Find(call.Document, name);
        var body = await call.Body(ContractJson.Default.ProfilePut).ConfigureAwait(false);
        call.Node.Config.Change($"change profile {name}", document =>
        {
            var now = Find(document, name);
            call.CheckMatch(ETag(now));
            var changed = WithOneRoot(change(now, body));
            VolumeRoutes.RefuseMissing(call, document, now.Devices, changed.Devices);
            RefuseMissingNetworks(document, changed);
            var after = document.With(changed);
            call.Node.Storage?.Pools.RefuseLost(document, after);
            return after;
        });
        call.Node.Events.Lifecycle("profile-updated", Url(name));
        await call.Node.Instances.Settle([.. call.Document.UsersOf(name)], call.Http.RequestAborted).ConfigureAwait(false);
        await call.Done().ConfigureAwait(false);
    }

    /// <summary>With two, no instance could use it.</summary>
    private static ProfileConfig WithOneRoot(ProfileConfig profile) => profile.Devices.Values.Count(d =>
            d.GetValueOrDefault("type") == "disk" && d.GetValueOrDefault("path") == "/") <= 1 ? profile
        : throw new Refusal(400, $"profile {profile.Name}: More than one disk device uses the same path \"/\"");

    private static void RefuseMissingNetworks(Document document, ProfileConfig profile)
    {
        foreach (var (name, device) in profile.Devices)
            if (device.GetValueOrDefault("network") is { Length: > 0 } network && !document.Networks.ContainsKey(network))
                throw new Refusal(404, $"profile {profile.Name}: device {name}: Network not found: {Names.Show(network)}; make it first");
    }

    private static ProfileConfig Find(Document document, string name) => document.Profiles.GetValueOrDefault(name) ??
        throw new Refusal(404, $"Profile not found: {Names.Show(name)}");

    private static Profile View(Document document, ProfileConfig profile) => new()
    {
        Name = profile.Name,
        Description = profile.Description,
        Config = profile.Config,
        Devices = profile.Devices.ToWire(),
        UsedBy = [.. document.UsersOf(profile.Name).Select(InstanceRoutes.Url)],
    };

    private static string ETag(ProfileConfig profile) => Call.ETag(
        new ProfilePut { Config = new(profile.Config), Description = profile.Description, Devices = InstanceView.Copy(profile.Devices) },
        ContractJson.Default.ProfilePut);

    public static string Url(string name) => $"/1.0/profiles/{Uri.EscapeDataString(name)}";
}
