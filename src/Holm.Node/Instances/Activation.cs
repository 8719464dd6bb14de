using System.Collections.Concurrent;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Config;

namespace Holm.Node.Instances;

/// <summary>What came of an activation; sentences and names for people.</summary>
/// <param name="Failed">Apps that do not run as they should, a sentence each.</param>
/// <param name="Waiting">Apps that wait for something before they start, a sentence each.</param>
/// <param name="Kept">Names of removed apps whose kept writes stay.</param>
public sealed record Activated(IReadOnlyList<string> Failed, IReadOnlyList<string> Waiting, IReadOnlyList<string> Kept);

/// <summary>
/// Changes the configuration as one, then brings the apps to where it wants them, all at once: who has to end, who has to start, who has
/// to start anew. The configuration stays as it is whatever becomes of them.
/// </summary>
public sealed class Activation(
    ConfigStore config, InstanceControl control, DesiredState desired, WantedPower power, Loop loop, NodePaths paths,
    PoolFolders pools)
{
    /// <summary>Changes the configuration.</summary>
    /// <param name="what">What is being done, for messages.</param>
    /// <param name="change">Makes the new document from the old.</param>
    /// <param name="saving">What of it is saved.</param>
    /// <param name="keepWrites">False: what removed apps have written goes with them, even if this daemon does not live to see it.</param>
    /// <returns>What held before, and what holds now.</returns>
    /// <exception cref="Refusal">Nothing was changed.</exception>
    public (Document Before, Document After) Change(string what, Func<Document, Document> change, Saving saving, bool keepWrites)
    {
        Document? before = null;
        IReadOnlyList<string> doomed = [];
        try
        {
            var after = config.Change(what, now =>
            {
                var next = IdRanges.Assign(change(before = now), paths.IdmapBase);
                Rules.Check(next);
                doomed = keepWrites ? [] : [.. now.Instances.Keys.Where(n => !next.Instances.ContainsKey(n))];
                foreach (var name in doomed)
                    PoolFolders.RefuseAway(now, name);
                KeptWrites.Doom(pools, doomed);
                return next;
            }, saving);
            return (before!, after);
        }
        catch
        {
            KeptWrites.Spare(pools, doomed);
            throw;
        }
    }

    /// <summary>Brings the apps to where a changed configuration wants them. Ends when each is there, or has failed.</summary>
    /// <param name="before">What held.</param>
    /// <param name="after">What holds.</param>
    /// <param name="keepWrites">As in <see cref="Change"/>.</param>
    /// <param name="tell">Gets a sentence for each thing worth telling, as it begins.</param>
    /// <param name="ct">Gives up waiting; what was begun goes on.</param>
    public async Task<Activated> Run(Document before, Document after, bool keepWrites, Action<string> tell, CancellationToken ct)
    {
        var kept = keepWrites ? KeptWrites.Of(pools, before.Instances.Keys.Where(n => !after.Instances.ContainsKey(n))) : [];
        var turns = ActivationPlan.Of(before, after, Now);
        foreach (var sentence in turns.Select(t => t.ToString()).Where(s => s.Length > 0))
            tell(sentence);
        var waiting = new ConcurrentBag<string>();
        var ends = turns.Where(t => t.Turn is Turn.Remove or Turn.Stop)
            .ToDictionary(t => t.Name, t => (Ends: Try(t, keepWrites, waiting, ct), Things: HostThings.Of(before, t.Name)));
        var rest = turns.Where(t => !ends.ContainsKey(t.Name)).Select(async turn =>
        {
            // Who takes over a port or a name of the host from one that ends waits for that end, and for no other.
            var things = HostThings.Of(after, turn.Name);
            await Task.WhenAll(ends.Values.Where(e => e.Things.Overlaps(things)).Select(e => e.Ends)).ConfigureAwait(false);
            return await Try(turn, keepWrites, waiting, ct).ConfigureAwait(false);
        });
        var failed = await Task.WhenAll([.. ends.Values.Select(e => e.Ends), .. rest]).ConfigureAwait(false);
        return new Activated([.. failed.OfType<string>().Order(StringComparer.Ordinal)], [.. waiting.Order(StringComparer.Ordinal)], kept);
    }

    private AppNow Now(string name) => loop.Find(name)?.Observed is not { } o ? default
        : new AppNow(o.Presence != Presence.Absent || o.Busy, o.Failed || power[name] != Wanted.Off);

    private async Task<string?> Try(AppTurn turn, bool keepWrites, ConcurrentBag<string> waiting, CancellationToken ct)
    {
        try
        {
            switch (turn.Turn)
            {
                case Turn.Remove: await control.Remove(turn.Name, keepWrites, ct).ConfigureAwait(false); break;
                case Turn.Stop: await control.SwitchOff(turn.Name, ct).ConfigureAwait(false); break;
                case Turn.Start: await control.SwitchOn(turn.Name, ct).ConfigureAwait(false); break;
                case Turn.Restart: await control.SetPower(turn.Name, PowerAction.Restart, default, ct).ConfigureAwait(false); break;
                default: await Settle(turn.Name, ct).ConfigureAwait(false); break;
            }
            if (turn.Turn == Turn.Start && desired.Of(turn.Name) is { Spec: null, Waiting: { Length: > 0 } missing })
                waiting.Add($"{turn.Name} waits: {missing}");
            return null;
        }
        catch (Refusal refusal)
        {
            if (turn.Turn is Turn.Start or Turn.Restart && refusal.Code == 409)
            {
                waiting.Add($"{turn.Name} waits: {refusal.Message}");
                return null;
            }
            return $"{turn.Name}: {refusal.Message}";
        }
    }

    /// <summary>Waits until the loop has seen the new configuration, and has done what it could about it.</summary>
    private async Task Settle(string name, CancellationToken ct)
    {
        await loop.NextLook().WaitAsync(ct).ConfigureAwait(false);
        var reached = await loop.Of(name).WaitUntil(o => !o.Busy, ct).ConfigureAwait(false);
        if (reached.Failed || reached.Lacks.Length > 0)
            throw new Refusal(500, reached.Failed ? reached.Reason : reached.Lacks);
    }
}
