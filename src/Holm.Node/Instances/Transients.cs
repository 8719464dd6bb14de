using Holm.Config;

namespace Holm.Node.Instances;

/// <summary>An instance that nobody configured: a launch made it, and it is gone when it ends.</summary>
/// <param name="Config">What the doors show of it.</param>
/// <param name="By">What launched it.</param>
/// <param name="Spec">How it starts; null: a daemon before this one started it.</param>
/// <param name="Wanted">Its wanted power; off once somebody stops it.</param>
public sealed record Transient(InstanceConfig Config, LaunchedBy By, InstanceSpec? Spec, Wanted Wanted = Wanted.On);

/// <summary>
/// The instances of launches, beside those of the document: seen, entered and stopped through every door, written nowhere but in the
/// record of their run.
/// </summary>
public sealed class Transients
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Transient> _all = new(StringComparer.Ordinal);
    private (Document Below, Document Merged)? _merged;

    /// <summary>All of them now.</summary>
    public IReadOnlyList<Transient> All
    {
        get
        {
            lock (_lock)
                return [.. _all.Values];
        }
    }

    /// <summary>One, or null.</summary>
    public Transient? Find(string name)
    {
        lock (_lock)
            return _all.GetValueOrDefault(name);
    }

    /// <summary>Adds one; false: there is one of that name.</summary>
    public bool TryAdd(Transient transient)
    {
        lock (_lock)
        {
            _merged = null;
            return _all.TryAdd(transient.Config.Name, transient);
        }
    }

    /// <summary>Says what is wanted of one; false: there is none of that name.</summary>
    public bool SwitchTo(string name, Wanted wanted)
    {
        lock (_lock)
        {
            if (!_all.TryGetValue(name, out var transient))
                return false;
            _all[name] = transient with { Wanted = wanted };
            return true;
        }
    }

    /// <summary>It has ended.</summary>
    public void Remove(string name)
    {
        lock (_lock)
        {
            _merged = null;
            _all.Remove(name);
        }
    }

    /// <summary>A document with these instances among its own; one that was configured meanwhile is shown in their place.</summary>
    public Document Over(Document document)
    {
        lock (_lock)
        {
            if (_all.Count == 0)
                return document;
            if (_merged is not { } known || !ReferenceEquals(known.Below, document))
                _merged = known = (document, document with
                {
                    Instances = document.Instances.AddRange(_all.Where(t => !document.Instances.ContainsKey(t.Key))
                        .Select(t => KeyValuePair.Create(t.Key, t.Value.Config))),
                });
            return known.Merged;
        }
    }
}
