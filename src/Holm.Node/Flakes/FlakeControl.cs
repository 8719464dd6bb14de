using Holm.Contract;

namespace Holm.Node.Flakes;

/// <summary>What the doors ask of flakes: record, links and includes together.</summary>
/// <param name="store">Records and links.</param>
/// <param name="includes">The layers of what flakes include.</param>
/// <param name="reset">Ends what is kept of a flake, by its name, and removes what that wrote: all, or what one @NAME called.</param>
public sealed class FlakeControl(FlakeStore store, FlakeIncludes includes, Func<string, string?, Task> reset)
{
    /// <summary>All flakes by name; one that cannot be read has only its name, file and problem.</summary>
    public IReadOnlyList<Flake> All()
    {
        var problems = store.Problems;
        var all = store.All.Select(f => f with { File = store.RecordPath(f.Name), Problem = problems.GetValueOrDefault(f.Name) }).ToList();
        all.AddRange(problems.Where(p => all.All(f => f.Name != p.Key))
            .Select(p => new Flake { Name = p.Key, File = store.RecordPath(p.Key), Problem = p.Value }));
        return [.. all.OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    /// <summary>One flake.</summary>
    /// <exception cref="Refusal">404: there is none; 400: it cannot be read.</exception>
    public Flake Get(string name) => store.Find(name) is { } flake
        ? flake with { File = store.RecordPath(name), Problem = store.Problems.GetValueOrDefault(name) }
        : throw new Refusal(404, $"Flake not found: {name}");

    /// <summary>Registers a flake, with the layer of its includes.</summary>
    /// <exception cref="Refusal">As <see cref="FlakeStore.Register"/> and <see cref="FlakeIncludes.Layer"/>; nothing is left.</exception>
    public async Task Register(Flake flake, bool force, CancellationToken ct)
    {
        store.Check(flake, force);
        await includes.Layer(flake, anew: true, ct).ConfigureAwait(false);
        try
        {
            store.Register(flake, force);
        }
        catch
        {
            includes.Sweep();
            throw;
        }
        if (flake.IncludeTar.Count + flake.IncludePath.Count == 0)
            includes.Drop(flake.Name);
    }

    /// <summary>Removes a flake: its commands, its record and what it included. Images stay.</summary>
    /// <exception cref="Refusal">404 there is none; 409 it is running.</exception>
    public void Remove(string name)
    {
        store.Remove(name);
        includes.Drop(name);
    }

    /// <summary>Ends what is kept of a flake; without anything kept nothing happens.</summary>
    /// <param name="name">The flake.</param>
    /// <param name="called">Only what a call named so by <c>@NAME</c>; null: all.</param>
    /// <exception cref="Refusal">404: there is no such flake.</exception>
    public Task Reset(string name, string? called)
    {
        Get(name);
        return reset(name, called);
    }
}
