using System.Collections.Immutable;
using System.Globalization;
using Holm.Config;
using Holm.Config.Lxc;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Holm.Images.Roots;
using Holm.Linux.Processes;
using Holm.Node.Limits;
using Holm.Node.Metadata;
using Holm.Node.Networks;
using Holm.Node.Shares;

namespace Holm.Node.Instances;

/// <summary>
/// From what a person wrote to a checked, complete <see cref="InstanceSpec"/>. Pure but for looking into the image store, at the names
/// of the host's interfaces, at the parts that are plugged in, and for which machines this one runs programs.
/// </summary>
public sealed class SpecReader(ImageStore images, NodePaths paths, bool canIdmapLayers, long memoryBytes, int cpus,
    Func<IReadOnlyList<Nic>, IReadOnlyList<Nic>> withPorts)
{
    /// <summary>Search path of init and of exec, as LXD's.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Reads one instance.</summary>
    /// <exception cref="Refusal">It cannot be started as it stands: a sentence for people.</exception>
    public InstanceSpec Read(Document document, InstanceConfig instance)
    {
        var expanded = Expansion.Expand(document, instance);
        var config = expanded.Config;
        var image = images.Find(instance.Image) ??
            throw new Refusal(404, $"start {instance.Name}: its image {instance.Image} is not on this node; import it, or set another");
        if (!Platforms.Runs(image.Architecture))
            throw new Refusal(400, $"start {instance.Name}: its image is for {image.Architecture}, this node is " +
                $"{InitProbe.Architecture}; take one for this node, or register an interpreter with binfmt_misc, flag F");
        var privileged = Keys.IsTrue(expanded["security.privileged"]);
        uint? idmapBase = privileged ? null : IdmapBase(instance, config);
        var command = config.GetValueOrDefault("init.cmd") is { Length: > 0 } cmd ? Words.Split(cmd) : null;
        var process = image.Oci is null ? null : ProcessOf(image, config, command);
        var nics = withPorts([.. Nics.Of(expanded).Select(n => process is null ? n : n.WithoutAsking())]);
        var hardware = HardwareShares.Of(expanded.Present);
        if (process is { TakesLaunches: true } || image is { Oci: null, HasInit: false } && command is null)
            throw new Refusal(400, $"start {instance.Name}: its image does not say what it runs; say it with init.cmd");
        return new InstanceSpec
        {
            Name = instance.Name,
            Fingerprint = image.Fingerprint,
            Root = RootOf(document, instance.Name, expanded, image, idmapBase),
            Limits = LimitsOf(instance.Name, config),
            Nics = nics,
            Shares = [.. ShareSpec.Of(expanded.Present).Select(s => WithSource(document, s)).Concat(hardware.Shares)
                .DistinctBy(s => s.Path).OrderBy(s => s.Path, StringComparer.Ordinal)],
            Absent = hardware.Absent,
            Proxies = ProxySpec.Of(expanded.Present),
            Init = process?.InitArguments ?? command ?? ["/sbin/init"],
            Process = process is null || ResolvConf.Of(nics) is not { } names ? process
                : process with { Mounts = [new RootMount(ResolvConf.Path) { Text = names }] },
            WorkingDirectory = process is null ? config.GetValueOrDefault("init.cwd") : null,
            Environment = process is null ? EnvironmentOf(config) : new Dictionary<string, string>(),
            LogLevel = int.Parse(config.GetValueOrDefault("log.level", "5"), CultureInfo.InvariantCulture),
            HaltSignal = process is { HasInit: true } ? Signals.SIGPWR
                : SignalOf(config, "init.signal.halt") ?? process?.StopSignal ?? image.HaltSignal,
            RebootSignal = SignalOf(config, "init.signal.reboot") ?? image.RebootSignal,
            AutoRestart = Keys.IsTrue(expanded["boot.autorestart"]),
            Nests = Keys.IsTrue(config.GetValueOrDefault("security.nesting")),
            Raw = config.GetValueOrDefault("raw.lxc") is { Length: > 0 } raw ? RawLxc.Read(raw) : [],
            Templates = TemplateFiles.Of(instance, config, image.Lxd),
        };
    }

    /// <summary>Of what the root of an instance would be made, whether it could start or not.</summary>
    /// <exception cref="Refusal">Its image is not here, or its devices name no root.</exception>
    public RootSpec RootOf(Document document, InstanceConfig instance)
    {
        var expanded = Expansion.Expand(document, instance);
        var image = images.Find(instance.Image) ??
            throw new Refusal(404, $"{instance.Name}: its image {instance.Image} is not on this node; import it, or set another");
        uint? idmapBase = Keys.IsTrue(expanded["security.privileged"]) ? null : IdmapBase(instance, expanded.Config);
        return RootOf(document, instance.Name, expanded, image, idmapBase);
    }

    /// <summary>The spec of an instance that nobody configured: it writes to memory, and what runs in it is given.</summary>
    /// <param name="instance">Its name, keys of limits, and nics that need nothing of the host's.</param>
    /// <param name="image">The image it is shown with.</param>
    /// <param name="layers">Its layers, lowest first, by sha256.</param>
    /// <param name="process">What runs in it.</param>
    public InstanceSpec Read(InstanceConfig instance, StoredImage image, IReadOnlyList<string> layers, ProcessSpec process) => new()
    {
        Name = instance.Name,
        Fingerprint = image.Fingerprint,
        Root = new RootSpec
        {
            Name = instance.Name,
            Layers = [.. layers.Select(sha => LayerOf(sha, canIdmapLayers ? null : paths.IdmapBase))],
            IdmapBase = paths.IdmapBase,
            LayersAreShifted = !canIdmapLayers,
        },
        Limits = LimitsOf(instance.Name, instance.Config),
        Nics = Nics.Of(new Expanded(instance.Config, instance.Devices)),
        Init = process.InitArguments,
        Process = process,
        Environment = new Dictionary<string, string>(),
        HaltSignal = Signals.SIGPWR,
        RebootSignal = Signals.SIGPWR,
    };

    /// <summary>What an image of the OCI world runs, as the instance's keys have it.</summary>
    private static ProcessSpec ProcessOf(
        StoredImage image, ImmutableSortedDictionary<string, string> config, IReadOnlyList<string>? command)
    {
        var said = OciProcess.Of(image);
        var environment = new SortedDictionary<string, string>(said.Environment.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, value) in EnvironmentOf(config))
            environment[name] = value;
        return said with
        {
            Arguments = command ?? said.Arguments,
            Environment = environment,
            Folder = config.GetValueOrDefault("init.cwd") ?? said.Folder,
            User = config.GetValueOrDefault("oci.user") ?? said.User,
            StopSignal = SignalOf(config, "init.signal.halt") ?? said.StopSignal,
            HasInit = config.GetValueOrDefault("oci.init") != "none",
        };
    }

    /// <summary>The share, with the folder of its volume in place of the volume's name.</summary>
    private ShareSpec WithSource(Document document, ShareSpec share) => share.Pool is not { } pool ? share
        : share with { Pool = null, Source = VolumeFolders.Data(paths.PoolFolder(document.FindPool(pool)!), share.Source) };

    /// <summary>The node's shared range, or one of its own, which the config store has recorded.</summary>
    private uint IdmapBase(InstanceConfig instance, ImmutableSortedDictionary<string, string> config)
    {
        if (!Keys.IsTrue(config.GetValueOrDefault("security.idmap.isolated")))
            return paths.IdmapBase;
        return IdRanges.Parse(config.GetValueOrDefault(IdmapKey), paths.IdmapBase) ??
            throw new Refusal(500, $"start {instance.Name}: it has no id range of its own yet");
    }

    /// <summary>An instance's root with the ids that are on the disk: for whoever packs it, not for whoever runs it.</summary>
    /// <exception cref="Refusal">It has none.</exception>
    public RootSpec PlainRoot(Document document, InstanceConfig instance, StoredImage image) =>
        RootOf(document, instance.Name, Expansion.Expand(document, instance), image, null);

    /// <summary>The same of a snapshot, whose writes are not written to: what is written goes to memory.</summary>
    public RootSpec StillRoot(StoredSnapshot snapshot, StoredImage image) => new()
    {
        Name = snapshot.Instance.Name,
        Layers = [.. image.Layers.Select(sha => LayerOf(sha, null))],
        // One that had never started by then has none.
        StillFolder = Directory.Exists(Path.Combine(snapshot.Folder, SnapshotFolders.Upper)) ? snapshot.Folder : null,
    };

    /// <summary>LXD's key for the range an isolated instance was given.</summary>
    public const string IdmapKey = "volatile.idmap.base";

    private RootSpec RootOf(Document document, string name, Expanded expanded, StoredImage image, uint? idmapBase)
    {
        var root = OneRoot(name, expanded);
        var pool = PoolOf(document, name, root.GetValueOrDefault("pool", "default"));
        var shifted = idmapBase is not null && !canIdmapLayers;
        return new RootSpec
        {
            Name = name,
            Layers = [.. image.Layers.Select(sha => LayerOf(sha, shifted ? idmapBase : null))],
            IdmapBase = idmapBase,
            LayersAreShifted = shifted,
            KeptFolder = pool.Keeps ? Path.Combine(paths.PoolFolder(pool), name) : null,
            SizeBytes = root.TryGetValue("size", out var size) ? Size.Parse(size) : null,
        };
    }

    private static PoolConfig PoolOf(Document document, string name, string pool) => document.FindPool(pool) ??
        throw new Refusal(404, $"start {name}: there is no pool {Names.Show(pool)}");

    private static ImmutableSortedDictionary<string, string> OneRoot(string name, Expanded expanded)
    {
        try
        {
            return expanded.Root().Value;
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"start {name}: {refusal.Message}", refusal);
        }
    }

    private Layer LayerOf(string sha, uint? shiftedBy) => shiftedBy is { } first
        ? new Layer($"{sha}.{first}", images.ShiftedLayerPath(sha, first))
        : new Layer(sha, images.LayerPath(sha));

    private LimitSpec LimitsOf(string name, ImmutableSortedDictionary<string, string> config)
    {
        long? memory = config.TryGetValue("limits.memory", out var text) ? Size.ParseShare(text, memoryBytes) : null;
        var soft = config.GetValueOrDefault("limits.memory.enforce") == "soft";
        var processes = config.TryGetValue("limits.processes", out var count) ? long.Parse(count, CultureInfo.InvariantCulture)
            : InstanceLimits.DefaultProcesses;
        var allowance = config.TryGetValue("limits.cpu.allowance", out var time) ? CpuAllowance.Parse(time) : null;
        return new LimitSpec(soft ? null : memory, config.TryGetValue("limits.cpu", out var cpu) ? Pin(name, CpuSet.Parse(cpu)) : null,
            processes, IsInPartition(config))
        {
            SoftMemoryBytes = soft ? memory : null,
            CpuShares = SharesOf(allowance, Priority(config, "limits.cpu.priority") ?? 10),
            CpuQuota = allowance is { Percent: null } hard ? new CpuQuota(hard.QuotaMs * 1000L, hard.PeriodMs * 1000L) : null,
            DiskWeight = Priority(config, "limits.disk.priority") is { } disk ? Math.Max(10, disk * 100) : null,
        };
    }

    /// <summary>As LXD reckons: ten for each percent, and one less for each step of priority below ten.</summary>
    private static int SharesOf(CpuAllowance? allowance, int priority) =>
        (allowance?.Percent * 10 ?? LimitSpec.UsualShares) - (10 - priority);

    private static int? Priority(ImmutableSortedDictionary<string, string> config, string key) =>
        config.TryGetValue(key, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>True when it says that it shares what partition <c>apps</c> may use.</summary>
    public static bool IsInPartition(ImmutableSortedDictionary<string, string> config) =>
        config.GetValueOrDefault("limits.partition") == "apps";

    /// <summary>What that partition may use on this machine.</summary>
    public PartitionLimits PartitionOf(Resources resources) => new(
        (long)resources.CpuPercent * cpus * Partition.PeriodMicroseconds / 100,
        (long)((Int128)memoryBytes * resources.MemoryPercent / 100));

    /// <summary>
    /// A count becomes that many processors, beginning where the instance's name falls, so that apps spread without memory. Of those that
    /// are named, those that are there are taken; null: any.
    /// </summary>
    private string? Pin(string name, CpuSet set)
    {
        if (set.Ids.Count > 0)
            return set.Ids.Where(i => i < cpus).ToList() is { Count: > 0 } there ? string.Join(',', there) : null;
        if (set.Count >= cpus)
            return null;
        var first = name.Aggregate(17u, (hash, c) => hash * 31 + c) % (uint)cpus;
        return string.Join(',', Enumerable.Range((int)first, set.Count).Select(i => i % cpus).Order());
    }

    /// <summary>The <c>environment.*</c> keys of an instance, by variable.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(Document document, string name) =>
        document.Instances.TryGetValue(name, out var instance)
            ? EnvironmentOf(Expansion.Expand(document, instance).Config)
            : ImmutableSortedDictionary<string, string>.Empty;

    private static Dictionary<string, string> EnvironmentOf(ImmutableSortedDictionary<string, string> config)
    {
        const string prefix = "environment.";
        return config.Where(c => c.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(c => c.Key[prefix.Length..], c => c.Value, StringComparer.Ordinal);
    }

    private static int? SignalOf(ImmutableSortedDictionary<string, string> config, string key) =>
        config.TryGetValue(key, out var text) ? Signals.Parse(text) : null;
}
