using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Shows instances as the wire records want them.</summary>
internal static class InstanceView
{
    /// <summary>One instance, config as of one document, status as of now.</summary>
    public static Instance Of(NodeFace node, Document document, InstanceConfig instance, bool withState = false)
    {
        var status = node.Instances.Status(instance.Name);
        var expanded = Expansion.Expand(document, instance);
        return new Instance
        {
            Architecture = node.Environment().KernelArchitecture,
            Config = instance.Config,
            Devices = instance.Devices.ToWire(),
            Ephemeral = instance.Ephemeral,
            Profiles = instance.Profiles,
            Description = instance.Description,
            Image = instance.Image,
            CreatedAt = instance.CreatedAt,
            LastUsedAt = status.LastUsedAt,
            Name = instance.Name,
            Status = OperationRun.Text(status.Code),
            StatusCode = (int)status.Code,
            Reason = status.Reason,
            Owner = instance.Owner,
            ExpandedConfig = expanded.Config,
            ExpandedDevices = expanded.Devices.ToWire(),
            State = withState ? node.Instances.State(instance.Name) : null,
            Snapshots = withState ? SnapshotRoutes.Of(node, document, instance.Name) : null,
        };
    }

    /// <summary>Digest of what a PUT replaces.</summary>
    public static string ETag(InstanceConfig instance) => Call.ETag(
        new InstancePut
        {
            Config = new(instance.Config),
            Devices = Copy(instance.Devices),
            Ephemeral = instance.Ephemeral,
            Profiles = [.. instance.Profiles],
            Description = instance.Description,
            Image = instance.Image,
        },
        ContractJson.Default.InstancePut);

    /// <summary>A copy in the shape that JSON wants, in one order.</summary>
    public static Dictionary<string, Dictionary<string, string>> Copy(
        System.Collections.Immutable.ImmutableSortedDictionary<string, System.Collections.Immutable.ImmutableSortedDictionary<string,
            string>> devices) =>
        devices.ToDictionary(d => d.Key, d => new Dictionary<string, string>(d.Value));
}
