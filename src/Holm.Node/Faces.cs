using Holm.Config;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Holm.Linux.Lxc;
using Holm.Node.Api;
using Holm.Node.Config;
using Holm.Node.Flakes;
using Holm.Node.Instances;
using Holm.Node.Metadata;
using Holm.Node.Networks;
using Holm.Node.Trust;

namespace Holm.Node;

/// <summary>Binds what the API asks for to the rooms that do it, and translates what the store keeps into what the wire carries.</summary>
internal static class Faces
{
    public static NodeFace Of(
        ConfigStore config, InstanceControl control, Activation activation, Readings readings, ImageStore images, Pulls pulls,
        Logins logins, NetworkControl bridges, InstanceNetworks networks, Events events, NodePaths paths, Checks checks,
        FlakeFace flakes, NodeTrust trust, Action<string> log) =>
        Of(config, control, activation, readings, images, pulls, logins, trust, events, NetworksOf(bridges, networks, paths),
            EnvironmentOf(paths), checks, log) with
        { Flakes = flakes };

    public static FlakeFace FlakesOf(FlakeControl flakes, FlakeStacks stacks) => new()
    {
        All = flakes.All,
        Get = flakes.Get,
        Register = flakes.Register,
        Remove = flakes.Remove,
        Reset = flakes.Reset,
        Info = stacks.Info,
    };

    public static StorageFace StorageOf(PoolFolders pools, VolumeFolders volumes, TimeProvider clock) => new()
    {
        Pools = pools,
        Volumes = volumes,
        VolumeSnapshots = new(pools, volumes, clock),
    };

    public static SnapshotFace SnapshotsOf(SnapshotControl snapshots) => new()
    {
        List = snapshots.Of,
        Create = snapshots.Create,
        Delete = snapshots.Delete,
        Rename = snapshots.Rename,
        Restore = snapshots.Restore,
        Rebuild = snapshots.Rebuild,
        Copy = snapshots.Copy,
        Refresh = snapshots.Refresh,
        Move = snapshots.Move,
    };

    public static NodeFace WithPublishing(this NodeFace face, ImageStore images, Publishing publishing) => face with
    {
        Images = face.Images with
        {
            Publish = async (name, snapshot, said, ct) =>
                ToWire(images, await publishing.Publish(name, snapshot, said, ct).ConfigureAwait(false)),
        },
    };

    public static NodeFace With(
        this NodeFace face, Transients transients, InstanceFiles files, StorageFace storage, SnapshotFace snapshots) => face with
        {
            WithTransients = transients.Over,
            Instances = face.Instances with { Files = files.Use },
            Storage = storage,
            Snapshots = snapshots,
        };

    private static NetworkFace NetworksOf(NetworkControl bridges, InstanceNetworks networks, NodePaths paths) => new()
    {
        Settle = ct => bridges.Settle().WaitAsync(ct),
        Problem = bridges.Problem,
        State = InstanceNetworks.ReadHost,
        HostSubnets = InstanceNetworks.HostSubnets,
        Unmanaged = networks.Unmanaged,
        Leases = name => LeaseFile.Read(Path.Combine(paths.Run, "networks", name + ".leases")),
    };

    private static NodeFace Of(
        ConfigStore config, InstanceControl control, Activation activation, Readings readings, ImageStore images, Pulls pulls,
        Logins logins, NodeTrust trust, Events events,
        NetworkFace networks, ServerEnvironment environment, Checks checks, Action<string> log) => new()
        {
            Config = config,
            Configuration = new ConfigurationFace { Change = activation.Change, Activate = activation.Run },
            Events = events,
            Log = log,
            Trust = trust,
            Environment = () => environment with { ServerName = Environment.MachineName },
            CheckConfig = checks.Read,
            Partition = readings.Partition,
            UploadFolder = images.StagingFolder,
            Networks = networks,
            Instances = new InstanceFace
            {
                Status = control.Status,
                State = readings.State,
                SetPower = control.SetPower,
                Delete = control.Delete,
                Rename = control.Rename,
                Exec = control.Exec,
                OpenConsole = control.OpenConsole,
                ConsoleLog = control.ConsoleLog,
                ClearConsoleLog = control.ClearConsoleLog,
                EngineLog = control.EngineLog,
                LogFolder = control.LogFolder,
                Settle = control.Settle,
                RunningImage = control.RunningImage,
            },
            Images = new ImageFace
            {
                List = () => [.. images.List().Select(i => ToWire(images, i))],
                Find = name => images.Find(name) is { } image ? ToWire(images, image) : null,
                Aliases = () => [.. images.Aliases.Select(a => new ImageAlias
            {
                Name = a.Key, Description = a.Value.Description, Target = a.Value.Target, Type = "container",
            })],
                Import = async (file, progress, ct) => ToWire(images, await images.Import(
                    new ImportRequest(file.Path, file.Filename, file.NoInit, file.Properties, file.Upload)
                    {
                        Metadata = file.Metadata,
                        Profiles = file.Profiles,
                        Describe = MetadataYaml.Read,
                    }, progress, ct).ConfigureAwait(false)),
                Pull = async (pull, tell, ct) => ToWire(images, await pulls.Pull(pull, tell, ct).ConfigureAwait(false)),
                Load = async (path, tell, ct) => [.. (await pulls.Load(path, tell, ct).ConfigureAwait(false))
                    .Select(l => new LoadedImage { Fingerprint = l.Image.Fingerprint, Names = l.Names })],
                Unfinished = () => images.Unfinished,
                Abandon = images.Abandon,
                Logins = () => logins.Hosts,
                Login = pulls.Login,
                Logout = logins.Remove,
                CheckHead = head => ImageStore.CheckHead(head),
                CheckRoom = bytes => Room.Check(images.StagingFolder, bytes),
                Delete = images.Delete,
                SetAlias = images.SetAlias,
                RenameAlias = images.RenameAlias,
                DeleteAlias = images.DeleteAlias,
                Metadata = fingerprint => images.Find(fingerprint)?.Lxd is { } lxd ? (lxd.Metadata, lxd.Templates) : null,
                Edit = (fingerprint, edit) => images.Edit(fingerprint, image => image with
                {
                    Properties = edit.Properties,
                    Profiles = edit.Profiles,
                    ExpiresAt = edit.ExpiresAt == default ? null : edit.ExpiresAt,
                }),
                Export = fingerprint => Export(images, fingerprint),
                Save = new ImageSave(images).Write,
            },
        };

    private static Image ToWire(ImageStore images, StoredImage image) => new()
    {
        Properties = image.Properties,
        Aliases = [.. images.Aliases.Where(a => a.Value.Target == image.Fingerprint)
            .Select(a => new ImageAlias { Name = a.Key, Description = a.Value.Description })],
        Architecture = image.Architecture,
        Filename = image.Filename,
        Fingerprint = image.Fingerprint,
        Size = image.Size,
        CreatedAt = image.CreatedAt,
        UploadedAt = image.UploadedAt,
        ExpiresAt = image.ExpiresAt ?? default,
        Profiles = image.Profiles ?? [Document.DefaultProfile],
        Layers = image.Layers,
    };

    private static ImageExport Export(ImageStore images, string fingerprint)
    {
        var image = images.Find(fingerprint) ?? throw new Refusal(404, "Image not found");
        if (image.Oci is not null)
            throw new Refusal(400, "it came in layers, and is no single file; `holm save` writes an archive of it");
        var content = new FileStream(
            images.LayerPath(image.Layers[0]), FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024, useAsync: true);
        return new ImageExport(content, content.Length, fingerprint + ".squashfs")
        {
            Metadata = image.Lxd is null ? null : new FileStream(
                images.MetadataPath(fingerprint), FileMode.Open, FileAccess.Read, FileShare.Read, 128 * 1024, useAsync: true),
        };
    }

    private static ServerEnvironment EnvironmentOf(NodePaths paths)
    {
        var os = File.Exists("/etc/os-release") ? File.ReadAllLines("/etc/os-release") : [];
        string Field(string key) =>
            os.FirstOrDefault(l => l.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..].Trim('"') ?? "";
        return new ServerEnvironment
        {
            HolmVersion = Daemon.Version,
            ServerPid = Environment.ProcessId,
            DriverVersion = LxcContainer.Version,
            KernelArchitecture = InitProbe.Architecture,
            KernelVersion = Checks.KernelRelease(),
            Architectures = [InitProbe.Architecture],
            OsName = Field("NAME"),
            OsVersion = Field("VERSION_ID"),
            StateDirectory = paths.State,
            RunDirectory = paths.Run,
            IdmapBase = paths.IdmapBase,
        };
    }
}
