using Holm.Contract;
using Holm.Config;
using Holm.Node.Config;

namespace Holm.Node.Instances;

/// <summary>What should be: the document as written, the wanted power, and the images that are here, read together.</summary>
public sealed class DesiredState(ConfigStore config, WantedPower power, SpecReader reader)
{
    private volatile bool _goingDown;

    /// <summary>True once the host goes down: <see cref="Boot"/> stops what runs, and nothing is started any more.</summary>
    public bool GoingDown => _goingDown;

    /// <summary>Says that the host goes down; this is not taken back.</summary>
    public void GoDown() => _goingDown = true;

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

    private DesiredInstance Read(Document document, InstanceConfig instance)
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
