using System.Globalization;
using System.Text;
using Holm.Config;
using Holm.Images.Roots;
using Holm.Node.Instances;
using Holm.Node.Limits;
using Holm.Node.Shares;

namespace Node.Tests.Instances;

/// <summary>
/// The planner by scripts: each file of <c>Plans/</c> is a list of situations. A line <c>want</c> says what should be, <c>see</c> what is,
/// <c>at</c> sets the clock, <c>plan</c> asks; the answer stands below it, as the planner must give it.
/// </summary>
public sealed class PlannerTests
{
    private static readonly TimeSpan Origin = TimeSpan.FromHours(12);

    public static TheoryData<string> Scripts =>
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Instances", "Plans"), "*.txt")
            .Select(f => Path.GetFileName(f)!),
    ];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Plans_as_written(string script)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Instances", "Plans", script));
        Assert.Equal(text, Answer(text));
    }

    /// <summary>The same script with the planner's own answers below each <c>plan</c>.</summary>
    private static string Answer(string script)
    {
        var answer = new StringBuilder();
        var desired = new Dictionary<string, DesiredInstance>();
        var observed = new Dictionary<string, ObservedInstance>();
        var now = Origin;
        var partition = 0L;
        foreach (var line in script.TrimEnd('\n').Split('\n').Where(l => !l.StartsWith("  ", StringComparison.Ordinal)))
        {
            answer.Append(line).Append('\n');
            var words = line.Split(' ');
            switch (words[0])
            {
                case "want": desired[words[1]] = Want(words); break;
                case "forget": desired.Remove(words[1]); break;
                case "see": observed[words[1]] = See(words); break;
                case "gone": observed.Remove(words[1]); break;
                case "partition": partition = Mebibytes(words[1]); break;
                case "at": now = Origin + Seconds(words[1]); break;
                case "plan":
                    foreach (var step in Planner.Plan([.. desired.Values], [.. observed.Values], now, partition))
                        answer.Append("  ").Append(Describe(step)).Append('\n');
                    if (Planner.NextTime([.. desired.Values], [.. observed.Values], now) is { } next)
                        answer.Append(CultureInfo.InvariantCulture, $"  look again at {(next - Origin).TotalSeconds}\n");
                    break;
                default: break;
            }
        }
        return answer.ToString();
    }

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));

    private static long Mebibytes(string text) => long.Parse(text, CultureInfo.InvariantCulture) << 20;

    private static string? Value(string[] words, string key) =>
        words.FirstOrDefault(w => w.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];

    private static DesiredInstance Want(string[] words)
    {
        var waiting = words.Contains("waiting");
        var wanted = Enum.Parse<Wanted>(words[2]);
        var spec = Spec(words[1], words.Contains("autorestart")) with
        {
            Limits = LimitsOf(words),
            Nics = Nics(words),
            Shares = Shares(words),
            Proxies = Proxies(words),
        };
        return new DesiredInstance(words[1], wanted, waiting || wanted == Wanted.Off ? null : spec, waiting ? "no image" : "",
            words.Contains("enabled"));
    }

    private static LimitSpec LimitsOf(string[] words) => new(
        Value(words, "memory") is { } memory ? Mebibytes(memory) : null, null, null, words.Contains("apps"));

    private static ObservedInstance See(string[] words)
    {
        TimeSpan? Time(string key) =>
            words.FirstOrDefault(w => w.StartsWith(key + "=", StringComparison.Ordinal)) is { } word
                ? Origin + Seconds(word[(key.Length + 1)..])
                : null;
        var ending = words.Contains("power-off") ? new Ending("powered off from inside", false, true)
            : words.Contains("crashed") ? new Ending("init ended with exit code 1", false, false)
            : words.Contains("start-failed") ? new Ending("no such root", true, false)
            : null;
        return new ObservedInstance
        {
            Name = words[1],
            Presence = Enum.Parse<Presence>(words[2]),
            Frozen = words.Contains("frozen"),
            Busy = words.Contains("busy"),
            Failed = words.Contains("failed"),
            Nics = words[2] == "Absent" ? null : Nics(words),
            Shares = words[2] == "Absent" ? null : [.. Shares(words).Select(s => new AppliedShare(s, null))],
            SharesStale = words.Contains("stale"),
            Proxies = Proxies(words),
            ProxiesStale = words.Contains("proxies-stale"),
            RefusedProxies = Time("proxies-refused-until") is { } once ? new RefusedProxies(
                Proxies(Refused(words, "proxy=")), "in use", once) : null,
            RefusedShares = Time("shares-refused-until") is { } then ? new RefusedShares(
                Shares(Refused(words, "share=")), "no such folder", then) : null,
            RefusedNics = Time("nics-refused-until") is { } later ? new RefusedNics(
                Nics([.. Refused(words, "port="), .. Refused(words, "veth=")]), "no such interface", later) : null,
            Limits = words.Contains("unlimited") ? null
                : Value(words, "holds") is { } part ? new LimitSpec(Mebibytes(part), null, null, InPartition: true)
                : LimitsOf(words),
            Part = Value(words, "holds") is { } held ? Mebibytes(held) : null,
            Refused = Time("refused-until") is { } again ? new RefusedLimits(
                Value(words, "refused") is { } refused ? new LimitSpec(Mebibytes(refused), null, null, InPartition: true)
                    : new LimitSpec(null, null, null), "too much is in use", again) : null,
            Waiting = words.Contains("waits") ? "no room" : "",
            Stop = Time("deadline") is { } deadline ? new StopRequest(deadline, words.Contains("asked")) : null,
            Ending = ending,
            UpSince = Time("started"),
            NotBefore = Time("not-before"),
            FastFailures = words.FirstOrDefault(w => w.StartsWith("failures=", StringComparison.Ordinal)) is { } f
                ? int.Parse(f["failures=".Length..], CultureInfo.InvariantCulture) : 0,
        };
    }

    /// <summary>The words <c>refused-share=…</c> and the like, without <c>refused-</c>.</summary>
    private static string[] Refused(string[] words, string begin) =>
        [.. words.Where(w => w.StartsWith("refused-" + begin, StringComparison.Ordinal)).Select(w => w["refused-".Length..])];

    /// <summary>
    /// <c>port=eth4</c>, <c>port=eth4.7</c> (VLAN 7 on it), <c>port=lan@eth4</c> (another name of it), <c>macvlan=eth4</c> or
    /// <c>veth=foo</c>, by number of words.
    /// </summary>
    private static Nic[] Nics(string[] words) =>
    [
        .. words.Where(w => w.StartsWith("port=", StringComparison.Ordinal)).Select(w => w["port=".Length..].Split('.'))
            .Select((p, i) => Nic.Read($"p{i}", Maps.Of(("type", "nic"), ("nictype", "physical"), ("parent", p[0].Split('@')[0]),
                ("vlan", p.ElementAtOrDefault(1) ?? ""))) with
            { Port = p[0].Split('@')[^1] }),
        .. words.Where(w => w.StartsWith("macvlan=", StringComparison.Ordinal)).Select((w, i) =>
            Nic.Read($"m{i}", Maps.Of(("type", "nic"), ("nictype", "macvlan"), ("parent", w["macvlan=".Length..])))),
        .. words.Where(w => w.StartsWith("veth=", StringComparison.Ordinal)).Select((w, i) =>
            Nic.Read($"v{i}", Maps.Of(("type", "nic"), ("nictype", "p2p"), ("host_name", w["veth=".Length..])))),
    ];

    /// <summary><c>share=/mnt</c>, by number of words.</summary>
    private static ShareSpec[] Shares(string[] words) =>
        [.. words.Where(w => w.StartsWith("share=", StringComparison.Ordinal)).Select(w =>
            new ShareSpec("d", "/usb", w["share=".Length..], false, true, false, true))];

    /// <summary><c>proxy=80</c>, by number of words.</summary>
    private static ProxySpec[] Proxies(string[] words) =>
        [.. words.Where(w => w.StartsWith("proxy=", StringComparison.Ordinal)).Select(w => ProxySpec.Read("d", Maps.Of(("type", "proxy"),
            ("listen", $"tcp:0.0.0.0:{w["proxy=".Length..]}"), ("connect", "tcp:127.0.0.1:80"))))];

    private static InstanceSpec Spec(string name, bool autoRestart) => new()
    {
        Name = name,
        Fingerprint = "f",
        Root = new RootSpec { Name = name, Layers = [] },
        Limits = new LimitSpec(null, null, null),
        Init = ["/sbin/init"],
        Environment = new Dictionary<string, string>(),
        HaltSignal = 30,
        RebootSignal = 2,
        AutoRestart = autoRestart,
    };

    private static string Describe(Step step) => step switch
    {
        StayOff s => $"StayOff {s.Name}{(s.Failed ? " failed" : "")}{(s.Reason.Length > 0 ? ": " + s.Reason : "")}",
        StartAgain s => string.Create(
            CultureInfo.InvariantCulture,
            $"StartAgain {s.Name} at {(s.NotBefore - Origin).TotalSeconds} failures={s.FastFailures}: {s.Reason}"),
        Wait s => $"Wait {s.Name}: {s.Reason}",
        SetLimits { Spec.Limits: { InPartition: true, MemoryBytes: var bytes } } => $"SetLimits {step.Name} {bytes >> 20}",
        _ => $"{step.GetType().Name} {step.Name}",
    };
}
