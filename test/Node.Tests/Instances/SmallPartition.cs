using Holm.Images.Roots;
using Holm.Node.Instances;
using Holm.Node.Limits;

namespace Node.Tests.Instances;

/// <summary>A node whose kernel is a few numbers.</summary>
internal sealed class SmallPartition(Random random, long whole)
{
    private readonly Dictionary<string, DesiredInstance> _desired = [];
    private readonly Dictionary<string, ObservedInstance> _observed = [];
    private readonly Dictionary<string, long> _kernel = [], _used = [];
    private readonly List<(string Name, IReadOnlyList<Step> Steps)> _begun = [];
    private const long Mebibyte = 1 << 20;
    private long _whole = whole, _heldMost = whole;

    public void Something()
    {
        var name = "app" + random.Next(6);
        switch (random.Next(7))
        {
            case 0: Want(name, Wanted.On); break;
            case 1: Want(name, Wanted.Off); break;
            case 2 when _kernel.ContainsKey(name): _used[name] = random.NextInt64(_kernel[name] + 1); break;
            case 3: Finish(); break;
            case 4 when random.Next(5) == 0: _whole = (50 + random.Next(100)) * Mebibyte; break;
            default: Look(); break;
        }
        Check();
    }

    /// <summary>All use little and all steps are carried out: every wanted app runs, with the part that is its own.</summary>
    public void Settle()
    {
        foreach (var name in _used.Keys)
            _used[name] = 0;
        for (var i = 0; i < 50; i++)
        {
            Look();
            while (_begun.Count > 0)
                Finish();
        }
        Check();
        var part = Division.PartOf(_whole, Division.Count([.. _desired.Values], [.. _observed.Values]));
        foreach (var wanted in _desired.Values.Where(d => d.Spec is not null))
        {
            Assert.Equal(Presence.Running, _observed[wanted.Name].Presence);
            Assert.Equal(Math.Min(part, wanted.Spec!.Limits.MemoryBytes ?? part), _kernel[wanted.Name]);
        }
    }

    private void Want(string name, Wanted wanted)
    {
        long? own = random.Next(3) == 0 ? (1 + random.Next(80)) * Mebibyte : null;
        _desired[name] = new DesiredInstance(
            name, wanted, wanted == Wanted.Off ? null : Spec(name, own), "", Reserved: random.Next(2) == 0);
        var seen = _observed.GetValueOrDefault(name) ?? new ObservedInstance { Name = name };
        _observed[name] = seen with { Stop = wanted == Wanted.Off && seen.Part is not null ? new StopRequest(TimeSpan.Zero, false) : null };
    }

    private void Look()
    {
        foreach (var plan in Planner.Plan([.. _desired.Values], [.. _observed.Values], TimeSpan.FromHours(1), _whole).GroupBy(s => s.Name))
        {
            var seen = _observed.GetValueOrDefault(plan.Key) ?? new ObservedInstance { Name = plan.Key };
            _observed[plan.Key] = seen with { Busy = true, Part = Division.Reserve(seen, [.. plan]) };
            _begun.Add((plan.Key, [.. plan]));
        }
    }

    private void Finish()
    {
        if (_begun.Count == 0)
            return;
        var (name, steps) = _begun[random.Next(_begun.Count)];
        _begun.RemoveAll(b => b.Name == name);
        foreach (var step in steps)
            CarryOut(name, step);
        _observed[name] = _observed[name] with { Busy = false };
    }

    private void CarryOut(string name, Step step)
    {
        var seen = _observed[name];
        _observed[name] = step switch
        {
            SetLimits { Spec.Limits: { MemoryBytes: { } bytes } limits } when bytes >= _used.GetValueOrDefault(name) =>
                seen with { Limits = limits, Part = _kernel[name] = bytes, Refused = null },
            SetLimits s => seen with { Refused = new RefusedLimits(s.Spec.Limits, "", TimeSpan.Zero) },
            Start => seen with { Presence = Presence.Running, Waiting = "" },
            Wait w => seen with { Waiting = w.Reason },
            Kill or Halt => seen with { Presence = Presence.Ended },
            TearDown => Gone(seen),
            _ => seen,
        };
    }

    private ObservedInstance Gone(ObservedInstance seen)
    {
        _kernel.Remove(seen.Name);
        _used.Remove(seen.Name);
        return seen with { Presence = Presence.Absent, Part = null, Stop = null, Ending = null };
    }

    private void Check()
    {
        var held = _observed.Values.Sum(o => o.Part ?? 0);
        // A whole that was made smaller is below what is held until they have shrunk; it never gets worse meanwhile.
        _heldMost = Math.Max(_whole, Math.Min(_heldMost, held));
        Assert.True(held <= _heldMost, $"{held} is held of {_heldMost}");
        Assert.All(_kernel, k => Assert.True(_used.GetValueOrDefault(k.Key) <= k.Value));
        Assert.All(_kernel, k => Assert.True(k.Value <= _observed[k.Key].Part));
    }

    private static InstanceSpec Spec(string name, long? own) => new()
    {
        Name = name,
        Fingerprint = "f",
        Root = new RootSpec { Name = name, Layers = [] },
        Limits = new LimitSpec(own, null, null, InPartition: true),
        Init = ["/sbin/init"],
        Environment = new Dictionary<string, string>(),
        HaltSignal = 30,
        RebootSignal = 2,
    };
}
