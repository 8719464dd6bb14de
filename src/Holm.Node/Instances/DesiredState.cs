using Holm.Contract;
using Holm.Config;
using Holm.Node.Config;
using Holm.Node.Limits;

namespace Holm.Node.Instances;

/// <summary>What should be: the document as written, the wanted power, and the images that are here, read together.</summary>
public sealed class DesiredState(ConfigStore config, WantedPower power, SpecReader reader)
{
    private volatile bool _goingDown;
    private volatile Parted? _parted;

    /// <summary>True once the host goes down: <see cref="Boot"/> stops what runs, and nothing is started any more.</summary>
    public bool GoingDown => _goingDown;

    /// <summary>Says that the host goes down; this is not taken back.</summary>
    public void GoDown() => _goingDown = true;

    /// <summary>What partition <c>apps</c> may use.</summary>
    public PartitionLimits Partition => reader.PartitionOf(config.Current.Resources);

    /// <summary>Every configured instance. A spec is read only where something is wanted: the rest costs nothing.</summary>
    public IReadOnlyList<DesiredInstance> Read()
    {
        var document = config.Current;
        return [.. document.Instances.Values.Select(i => Read(document, i))];
    }

    /// <summary>One instance, or null.</summary>
    public DesiredInstance? Of(string name)
    {
        var document = config.Current;
        return document.Instances.TryGetValue(name, out var instance) ? Read(document, instance) : null;
    }

    /// <summary>The spec as a start would use it now.</summary>
    /// <exception cref="Refusal">It could not start: why.</exception>
    public InstanceSpec SpecOf(string name)
    {
        if (_goingDown)
            throw new Refusal(503, $"start {name}: {HostGoesDown}");
        var document = config.Current;
        return document.Instances.TryGetValue(name, out var instance)
            ? reader.Read(document, instance)
            : throw new Refusal(404, "Instance not found");
    }

    private const string HostGoesDown = "the host goes down";

    private DesiredInstance Read(Document document, InstanceConfig instance) =>
        ReadPlain(document, instance) with { Reserved = PartedOf(document).Names.Contains(instance.Name) };

    /// <summary>Names of the instances that a document enables in partition <c>apps</c>; found once for each document.</summary>
    private sealed record Parted(Document Document, HashSet<string> Names);

    private Parted PartedOf(Document document)
    {
        if (_parted is { } known && ReferenceEquals(known.Document, document))
            return known;
        var names = document.Instances.Values
            .Where(i => Expansion.Expand(document, i).Config is var keys && SpecReader.IsInPartition(keys)
                && Keys.IsTrue(keys.GetValueOrDefault("boot.autostart")))
            .Select(i => i.Name);
        return _parted = new Parted(document, names.ToHashSet(StringComparer.Ordinal));
    }

    private DesiredInstance ReadPlain(Document document, InstanceConfig instance)
    {
        var wanted = power[instance.Name];
        if (wanted == Wanted.Off)
            return new DesiredInstance(instance.Name, wanted, null, "");
        if (_goingDown)
            return new DesiredInstance(instance.Name, wanted, null, HostGoesDown);
        try
        {
            return new DesiredInstance(instance.Name, wanted, reader.Read(document, instance), "");
        }
        catch (Refusal e)
        {
            return new DesiredInstance(instance.Name, wanted, null, e.Message);
        }
    }
}
