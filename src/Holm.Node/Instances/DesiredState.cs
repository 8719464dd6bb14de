using Holm.Config;
using Holm.Contract;
using Holm.Node.Config;
using Holm.Node.Limits;

namespace Holm.Node.Instances;

/// <summary>What should be: the document as written, the wanted power, and the images that are here, read together.</summary>
public sealed class DesiredState(
    ConfigStore config, WantedPower power, Transients transients, SpecReader reader, Func<InstanceSpec, string?> missing)
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
    /// <param name="isThere">True for an instance that is not to be started any more: what it needs of the host is not looked for.</param>
    public IReadOnlyList<DesiredInstance> Read(Func<string, bool> isThere)
    {
        var document = config.Current;
        return
        [
            .. document.Instances.Values.Select(i => Read(document, i, isThere)),
            .. transients.All.Where(t => !document.Instances.ContainsKey(t.Config.Name)).Select(Read),
        ];
    }

    private DesiredInstance Read(Transient transient) =>
        new(transient.Config.Name, _goingDown ? Wanted.Off : transient.Wanted, transient.Spec, "");

    /// <summary>One instance, or null.</summary>
    public DesiredInstance? Of(string name)
    {
        var document = config.Current;
        return document.Instances.TryGetValue(name, out var instance) ? Read(document, instance, _ => false)
            : transients.Find(name) is { } transient ? Read(transient) : null;
    }

    /// <summary>The spec as a start would use it now.</summary>
    /// <exception cref="Refusal">It could not start: why.</exception>
    public InstanceSpec SpecOf(string name)
    {
        if (_goingDown)
            throw new Refusal(503, $"start {name}: {HostGoesDown}");
        var document = config.Current;
        var spec = document.Instances.TryGetValue(name, out var instance)
            ? reader.Read(document, instance)
            : throw new Refusal(404, "Instance not found");
        return missing(spec) is { } reason ? throw new Refusal(409, $"start {name}: {reason}") : spec;
    }

    private const string HostGoesDown = "the host goes down";

    private DesiredInstance Read(Document document, InstanceConfig instance, Func<string, bool> isThere) =>
        ReadPlain(document, instance, isThere) with { Reserved = PartedOf(document).Names.Contains(instance.Name) };

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

    private DesiredInstance ReadPlain(Document document, InstanceConfig instance, Func<string, bool> isThere)
    {
        var wanted = power[instance.Name];
        if (wanted == Wanted.Off)
            return new DesiredInstance(instance.Name, wanted, null, "");
        if (_goingDown)
            return new DesiredInstance(instance.Name, wanted, null, HostGoesDown);
        try
        {
            var spec = reader.Read(document, instance);
            return new DesiredInstance(instance.Name, wanted, spec, isThere(instance.Name) ? "" : missing(spec) ?? "");
        }
        catch (Refusal e)
        {
            return new DesiredInstance(instance.Name, wanted, null, e.Message);
        }
    }
}
