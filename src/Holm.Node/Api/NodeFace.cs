using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;
using Holm.Node.Config;
using Holm.Node.Engines;
using Holm.Node.Files;
using Holm.Node.Instances;
using Holm.Node.Trust;

namespace Holm.Node.Api;

/// <summary>All that the API asks of the node. Bound once, in Program.cs; the API holds no other way in.</summary>
public sealed record NodeFace
{
    /// <summary>What was configured.</summary>
    public required ConfigStore Config { get; init; }

    /// <summary>Instances that nobody configured, put beside those of a document.</summary>
    public Func<Document, Document> WithTransients { get; init; } = document => document;

    /// <summary>Changes of the configuration that are brought about at once.</summary>
    public required ConfigurationFace Configuration { get; init; }

    /// <summary>What instances do.</summary>
    public required InstanceFace Instances { get; init; }

    /// <summary>What images there are.</summary>
    public required ImageFace Images { get; init; }

    /// <summary>What is registered as commands of the host.</summary>
    public FlakeFace Flakes { get; init; } = new();

    /// <summary>What is made of managed networks.</summary>
    public NetworkFace Networks { get; init; } = new();

    /// <summary>The folders of storage pools; null: there are none.</summary>
    public StorageFace? Storage { get; init; }

    /// <summary>Snapshots and copies of instances.</summary>
    public SnapshotFace Snapshots { get; init; } = new();

    /// <summary>Facts about the node, read anew at each call.</summary>
    public required Func<ServerEnvironment> Environment { get; init; }

    /// <summary>Who it is by TLS, and whom it trusts there.</summary>
    public required NodeTrust Trust { get; init; }

    /// <summary>What is wrong, and what a person has said of it.</summary>
    public WarningBoard Warnings { get; init; } = new(TimeProvider.System);

    /// <summary>The lines of <c>holm checkconfig</c>.</summary>
    public required Func<IReadOnlyList<Check>> CheckConfig { get; init; }

    /// <summary>What partition <c>apps</c> may use, and uses.</summary>
    public Func<PartitionState> Partition { get; init; } = () => new PartitionState();

    /// <summary>Folder on the disk of the image store where uploads are staged.</summary>
    public required string UploadFolder { get; init; }

    /// <summary>Listeners of <c>/1.0/events</c>; other rooms may publish here.</summary>
    public required Events Events { get; init; }

    /// <summary>Gets a sentence for each fault that is the node's own.</summary>
    public required Action<string> Log { get; init; }

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// The verbs of instances. All throw <see cref="Refusal"/> for an expected no; all names given here exist in the document.
/// </summary>
public sealed record InstanceFace
{
    /// <summary>How it is.</summary>
    public required Func<string, InstanceStatus> Status { get; init; }

    /// <summary>What it uses, read from the kernel.</summary>
    public required Func<string, InstanceState> State { get; init; }

    /// <summary>Name, action, how it is stopped. Ends when the power is reached.</summary>
    public required Func<string, PowerAction, StopManner, CancellationToken, Task> SetPower { get; init; }

    /// <summary>Removes a stopped instance: its writable layers, its records, its place in the document.</summary>
    public required Func<string, CancellationToken, Task> Delete { get; init; }

    /// <summary>Gives a stopped instance another name: in the document, and its writable layers.</summary>
    public required Func<string, string, Task> Rename { get; init; }

    /// <summary>Starts a command inside.</summary>
    public required Func<string, ExecRequest, ExecSession> Exec { get; init; }

    /// <summary>Opens the console; the API opens one at a time for each instance and shares it out.</summary>
    public required Func<string, ConsoleLink> OpenConsole { get; init; }

    /// <summary>What the console printed lately.</summary>
    public required Func<string, byte[]> ConsoleLog { get; init; }

    /// <summary>Forgets it.</summary>
    public required Action<string> ClearConsoleLog { get; init; }

    /// <summary>What the engine said of the last start.</summary>
    public required Func<string, byte[]> EngineLog { get; init; }

    /// <summary>Waits until those that run are as the configuration has them, as far as that can be done now.</summary>
    public Func<IReadOnlyList<string>, CancellationToken, Task> Settle { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Folder of its logs.</summary>
    public required Func<string, string> LogFolder { get; init; }

    /// <summary>Fingerprint of the image a running instance was started from; null when it does not run.</summary>
    public Func<string, string?> RunningImage { get; init; } = _ => null;

    /// <summary>Lends the files of an instance; true: something is going to be changed. The last argument gives up.</summary>
    public Func<string, bool, Func<InnerFiles, CancellationToken, Task>, CancellationToken, Task> Files { get; init; } =
        (_, _, _, _) => throw new Refusal(501, "this node lends no files");
}

/// <summary>The verbs of the configuration as a whole.</summary>
public sealed record ConfigurationFace
{
    /// <summary>
    /// What is being done, the change, what of it is saved, and whether kept writes of removed apps stay; returns before and after.
    /// </summary>
    public required Func<string, Func<Document, Document>, Saving, bool, (Document Before, Document After)> Change { get; init; }

    /// <summary>Before, after, whether kept writes of removed apps stay; sentences of progress go to the fourth argument.</summary>
    public required Func<Document, Document, bool, Action<string>, CancellationToken, Task<Activated>> Activate { get; init; }
}

/// <summary>An image to take in.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Filename">What it was called.</param>
/// <param name="NoInit">True: it is no system, <c>/sbin/init</c> is not asked for.</param>
/// <param name="Properties">Free text by key.</param>
/// <param name="Upload">The file itself, when it was sent; the API disposes it.</param>
/// <param name="IsArchive">True: it is a tar with images in it, not an image.</param>
public sealed record ImageFile(
    string Path, string Filename, bool NoInit, IReadOnlyDictionary<string, string> Properties, StagedFile? Upload = null,
    bool IsArchive = false)
{
    /// <summary>Of a split image of LXD's: its first half, staged; the API disposes it.</summary>
    public StagedFile? Metadata { get; init; }

    /// <summary>Profiles of instances that name none; null: <c>default</c>.</summary>
    public IReadOnlyList<string>? Profiles { get; init; }

    /// <summary>sha256 of what was sent, where that is known.</summary>
    public string? Sha256 { get; init; }
}

/// <summary>What of an image may be changed, the whole of it.</summary>
/// <param name="Properties">Free text by key.</param>
/// <param name="Profiles">Profiles of instances that name none.</param>
/// <param name="ExpiresAt">When it is out of date; year 1: never.</param>
public sealed record ImageEdit(
    IReadOnlyDictionary<string, string> Properties, IReadOnlyList<string> Profiles, DateTimeOffset ExpiresAt);

/// <summary>An image to send out.</summary>
/// <param name="Content">Its bytes from the start; the API disposes it.</param>
/// <param name="Length">How many.</param>
/// <param name="Filename">What the file may be called.</param>
public sealed record ImageExport(Stream Content, long Length, string Filename)
{
    /// <summary>Of an image of LXD's: its first half; the API disposes it.</summary>
    public Stream? Metadata { get; init; }
}

/// <summary>An image to bring from a registry.</summary>
/// <param name="Name">As a person wrote it.</param>
/// <param name="Architecture">For which machine; null: this one.</param>
/// <param name="Logins">Who asks, by host; else who the node is there.</param>
public sealed record RegistryPull(string Name, string? Architecture, IReadOnlyDictionary<string, RegistryLogin> Logins);

/// <summary>The verbs of the image store. All throw <see cref="Refusal"/> for an expected no.</summary>
public sealed record ImageFace
{
    /// <summary>All images; <see cref="Image.UsedBy"/> is filled in by the API.</summary>
    public required Func<IReadOnlyList<Image>> List { get; init; }

    /// <summary>The image of an alias, a fingerprint or a unique prefix of one; null when there is none.</summary>
    public required Func<string, Image?> Find { get; init; }

    /// <summary>All aliases, <see cref="ImageAlias.Target"/> filled in.</summary>
    public required Func<IReadOnlyList<ImageAlias>> Aliases { get; init; }

    /// <summary>First bytes of an upload: throws when it cannot be an image.</summary>
    public Action<byte[]> CheckHead { get; init; } = _ => { };

    /// <summary>Bytes of an upload yet to be written: throws when there is no room.</summary>
    public Action<long> CheckRoom { get; init; } = _ => { };

    /// <summary>Takes an image in; sentences of progress go to the second argument.</summary>
    public required Func<ImageFile, IProgress<string>, CancellationToken, Task<Image>> Import { get; init; }

    /// <summary>Brings an image from a registry; how far each layer is goes to the second argument.</summary>
    public Func<RegistryPull, Action<IReadOnlyList<PullLayer>>, CancellationToken, Task<Image>> Pull { get; init; } =
        (_, _, _) => throw new Refusal(501, "this node pulls no images");

    /// <summary>Takes in the images of an archive: a file, and as <see cref="Pull"/>.</summary>
    public Func<string, Action<IReadOnlyList<PullLayer>>, CancellationToken, Task<IReadOnlyList<LoadedImage>>> Load { get; init; } =
        (_, _, _) => throw new Refusal(501, "this node loads no archives");

    /// <summary>Fingerprints of images of which something came and something is missing.</summary>
    public Func<IReadOnlyCollection<string>> Unfinished { get; init; } = () => [];

    /// <summary>Removes what came of such an image.</summary>
    public Action<string> Abandon { get; init; } = _ => { };

    /// <summary>Registries that know this node.</summary>
    public Func<IReadOnlyList<string>> Logins { get; init; } = () => [];

    /// <summary>Host and who the node is there: asks the registry, then keeps it.</summary>
    public Func<string, RegistryLogin, CancellationToken, Task> Login { get; init; } =
        (_, _, _) => throw new Refusal(501, "this node pulls no images");

    /// <summary>Forgets who it is there.</summary>
    public Action<string> Logout { get; init; } = _ => { };

    /// <summary>Removes an image by its fingerprint; the API has checked that nobody uses it.</summary>
    public required Action<string> Delete { get; init; }

    /// <summary>Alias, fingerprint, description: adds or replaces.</summary>
    public required Action<string, string, string> SetAlias { get; init; }

    /// <summary>Old alias, new alias.</summary>
    public required Action<string, string> RenameAlias { get; init; }

    /// <summary>Removes an alias.</summary>
    public required Action<string> DeleteAlias { get; init; }

    /// <summary>What an image of LXD's says of itself, and its templates, by fingerprint; null: it is none.</summary>
    public Func<string, (ImageMetadata Metadata, IReadOnlyDictionary<string, string> Templates)?> Metadata { get; init; } = _ => null;

    /// <summary>Makes an image of an instance that does not run, or of its snapshot.</summary>
    public Func<string, string?, PublishedAs, CancellationToken, Task<Image>> Publish { get; init; } =
        (_, _, _, _) => throw new Refusal(501, "this node makes no images of instances");

    /// <summary>Fingerprint and what it is changed to.</summary>
    public required Action<string, ImageEdit> Edit { get; init; }

    /// <summary>Opens an image by its fingerprint for export.</summary>
    public required Func<string, ImageExport> Export { get; init; }

    /// <summary>Writes an archive of these images, named as for <see cref="Find"/>; nothing is written before it can be.</summary>
    public Func<IReadOnlyList<string>, Stream, CancellationToken, Task> Save { get; init; } =
        (_, _, _) => throw new Refusal(501, "this node saves no archives");
}

/// <summary>The verbs of flakes. All throw <see cref="Refusal"/> for an expected no.</summary>
public sealed record FlakeFace
{
    /// <summary>All of them, by name; one that cannot be read has only its name, file and problem.</summary>
    public Func<IReadOnlyList<Flake>> All { get; init; } = () => [];

    /// <summary>One by its name.</summary>
    public Func<string, Flake> Get { get; init; } = name => throw new Refusal(404, $"Flake not found: {Names.Show(name)}");

    /// <summary>Registers it; true: one of that name is replaced.</summary>
    public Func<Flake, bool, CancellationToken, Task> Register { get; init; } =
        (_, _, _) => throw new Refusal(501, "this node has no flakes");

    /// <summary>Removes it by its name.</summary>
    public Action<string> Remove { get; init; } = name => throw new Refusal(404, $"Flake not found: {Names.Show(name)}");

    /// <summary>Ends what is kept of it: all, or what was called by one @NAME.</summary>
    public Func<string, string?, Task> Reset { get; init; } = (name, _) => throw new Refusal(404, $"Flake not found: {Names.Show(name)}");

    /// <summary>What the vendor of an image wrote for those who register it; null: nothing.</summary>
    public Func<string, string?> Info { get; init; } = _ => null;
}
