using System.Collections.Immutable;
using Holm.Contract;

namespace Holm.Config;

/// <summary>What a document must be before it is taken: pure, no kernel, no disk.</summary>
public static class Rules
{
    /// <summary>Most keys one instance, profile or device may have.</summary>
    public const int MostKeys = 1000;

    /// <summary>Most profiles one instance may name.</summary>
    public const int MostProfiles = 64;

    /// <summary>Accepts a whole document.</summary>
    /// <exception cref="Refusal">400 or 409, naming the object and what is wrong with it.</exception>
    public static void Check(Document document)
    {
        if (!document.Profiles.ContainsKey(Document.DefaultProfile))
            throw new Refusal(409, "profile default cannot be deleted: instances that name no profile use it");
        document.Resources.Check();
        foreach (var registry in document.Registries.Values)
            registry.Check();
        PoolUse.CheckPools(document);
        foreach (var profile in document.Profiles.Values)
            Check(document, profile);
        foreach (var network in document.Networks.Values)
            network.Check();
        foreach (var instance in document.Instances.Values)
            Check(document, instance);
        Nics.CheckTogether(document);
    }

    /// <summary>Accepts one profile, whose pools are looked up in the document.</summary>
    /// <exception cref="Refusal">400 or 404.</exception>
    public static void Check(Document document, ProfileConfig profile)
    {
        Names.CheckProfile(profile.Name);
        CheckParts(document, $"profile {profile.Name}", profile.Description, profile.Config, profile.Devices);
    }

    /// <summary>Accepts one instance, whose profiles are looked up in the document.</summary>
    /// <exception cref="Refusal">400 or 404.</exception>
    public static void Check(Document document, InstanceConfig instance)
    {
        Names.CheckInstance(instance.Name);
        Names.CheckImage(instance.Image);
        CheckParts(document, $"instance {instance.Name}", instance.Description, instance.Config, instance.Devices);
        if (instance.Profiles.Count > MostProfiles)
            throw new Refusal(400,
                $"instance {instance.Name}: {instance.Profiles.Count} profiles are too many, {MostProfiles} are allowed");
        foreach (var profile in instance.Profiles)
        {
            if (!document.Profiles.ContainsKey(profile))
                throw new Refusal(404, $"Profile not found: instance {instance.Name} names {Names.Show(profile)}, which does not exist");
        }
        if (instance.Profiles.Distinct().Count() != instance.Profiles.Count)
            throw new Refusal(400, $"instance {instance.Name}: a profile is named twice");
        CheckShares(document, instance);
    }

    /// <summary>A profile's shares and its own are one another's neighbours only here.</summary>
    private static void CheckShares(Document document, InstanceConfig instance)
    {
        try
        {
            var expanded = Expansion.Expand(document, instance);
            ShareSpec.Of(expanded.Present);
            if (expanded.Present.Count(d => d.Value.GetValueOrDefault("type") == "disk" && d.Value.GetValueOrDefault("path") == "/") > 1)
                expanded.Root();
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"instance {instance.Name}: {refusal.Message}", refusal);
        }
    }

    private static void CheckParts(Document document, string what, string description,
        ImmutableSortedDictionary<string, string> config,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> devices)
    {
        try
        {
            Keys.CheckText("description", description);
            if (config.Count > MostKeys)
                throw new Refusal(400, $"{config.Count} config keys are too many, {MostKeys} are allowed");
            foreach (var (key, value) in config)
                Keys.Check(key, value);
            if (devices.Count > Config.Devices.Most)
                throw new Refusal(400, $"{devices.Count} devices are too many, {Config.Devices.Most} are allowed");
            foreach (var (name, device) in devices)
                Config.Devices.Check(name, device);
            PoolUse.Check(document, devices);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"{what}: {refusal.Message}", refusal);
        }
    }
}
