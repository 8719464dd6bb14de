using Holm.Images.Roots;
using Holm.Node.Instances;
using Holm.Node.Limits;

namespace Node.Tests.Instances;

/// <summary>
/// The division of the partition's memory under any sequence of events: apps come, go, are enabled, use more or less, and steps of many
/// instances are carried out in any order, as the kernel would.
/// </summary>
public sealed class DivisionTests
{
    private const long Mebibyte = 1 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_is_held_never_grows_beyond_the_whole_and_all_end_with_equal_parts(int seed)
    {
        var random = new Random(seed);
        for (var run = 0; run < 200; run++)
        {
            var node = new SmallPartition(random, 100 * Mebibyte + random.Next(1 << 20));
            for (var i = 0; i < 60; i++)
                node.Something();
            node.Settle();
        }
    }

    [Fact]
    public void A_part_is_whole_pages_and_all_parts_fit()
    {
        foreach (var count in Enumerable.Range(1, 300))
        {
            var part = Division.PartOf((32 * Mebibyte) + 12345, count);
            Assert.Equal(0, part % 4096);
            Assert.InRange(part * count, 1, (32 * Mebibyte) + 12345);
        }
    }

    [Fact]
    public void The_whole_is_never_below_what_its_instances_hold()
    {
        ObservedInstance Held(string name, long? part) => new() { Name = name, Part = part };
        var wanted = new PartitionLimits(1000, 50);
        Assert.Equal(wanted, Division.Whole(wanted, [Held("a", 20), Held("b", null), Held("c", 30)]));
        Assert.Equal(wanted with { MemoryBytes = 70 }, Division.Whole(wanted, [Held("a", 40), Held("b", null), Held("c", 30)]));
    }

    /// <summary>A node whose kernel is a few numbers.</summary>
    private sealed class SmallPartition(Random random, long whole)
    {
        private readonly Dictionary<string, DesiredInstance> _desired = [];
        private readonly Dictionary<string, ObservedInstance> _observed = [];
        private readonly Dictionary<string, long> _kernel = [], _used = [];
        private readonly List<(string Name, IReadOnlyList<Step> Steps)> _begun = [];
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
                SetLimits s => seen with { Refused = new RefusedLimits(s.Spec.Limits, TimeSpan.Zero) },
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
}
