using Holm.Contract;
using Holm.Images.Tar;
using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Processes;

namespace Holm.Images;

/// <summary>Layers that are of no image: made of what this host has, kept as long as somebody names them.</summary>
public sealed partial class ImageStore
{
    /// <summary>Layers that stay though no image has them; asked whenever layers are dropped.</summary>
    public Func<IEnumerable<string>> AlsoKept { get; init; } = () => [];

    /// <summary>Makes one layer of archives and files of this host; the same content gives the same layer.</summary>
    /// <param name="tars">Absolute paths of archives, plain or packed by gzip, xz or zstd; later ones lie over earlier ones.</param>
    /// <param name="paths">Absolute paths of files and folders, which lie over all archives, under the same path.</param>
    /// <param name="ct">Gives up; nothing is left.</param>
    /// <returns>The layer's sha256.</returns>
    /// <exception cref="Refusal">400, 404: one of them cannot be taken; it is named. 507: no room.</exception>
    public async Task<string> MakeIncludes(IReadOnlyList<string> tars, IReadOnlyList<string> paths, CancellationToken ct)
    {
        using var joined = Durable.Stage(LayersFolder);
        var join = new TarJoin(joined, new TarLimits { AnyOwner = true });
        foreach (var tar in tars)
            await Include(tar, () => join.Add(RegularFile(tar), ct)).ConfigureAwait(false);
        foreach (var path in paths)
            await Include(path, async () =>
            {
                using var packed = Durable.Stage(LayersFolder);
                await Pack(path, packed, ct).ConfigureAwait(false);
                await join.Add(packed.Path, ct).ConfigureAwait(false);
            }).ConfigureAwait(false);
        join.End();
        using var staged = Durable.Stage(LayersFolder);
        using var nothing = new LayersBelow([]);
        await TarImage.ConvertLayer(joined.Path, staged, nothing, new TarLimits(), null, ct).ConfigureAwait(false);
        using var file = Fd.Open(staged.File.ProcPath, OpenFlags.O_RDONLY);
        var (sha256, _) = Hash(file, ct);
        staged.Commit(LayerPath(sha256));
        return sha256;
    }

    /// <summary>Removes a layer, unless an image or <see cref="AlsoKept"/> names it.</summary>
    public void DropLayer(string sha256)
    {
        lock (_lock)
            DropUnnamedLayers(layer => layer == sha256);
    }

    private static string RegularFile(string path) => FileStat.Of(path).IsRegular ? path : throw new Refusal(400, "it is no regular file");

    private static async Task Include(string path, Func<Task> add)
    {
        try
        {
            await add().ConfigureAwait(false);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"include {path}: {refusal.Message}", refusal);
        }
        catch (LinuxException e)
        {
            throw new Refusal(e.Errno == Errnos.ENOENT ? 404 : 400, $"include {path}: {e.Message}", e);
        }
    }

    private static async Task Pack(string path, StagedFile packed, CancellationToken ct)
    {
        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
            throw new Refusal(404, "there is no such file or folder on this host");
        packed.BeforeForeignWrite();
        // By descriptor, without following links: somebody may be changing the folder.
        var tar = Tool.Start("tar", "tar", new Command
        {
            Path = "",
            Arguments = ["--create", "--file=-", "--format=gnu", "--sort=name", "--numeric-owner", "--hard-dereference", "--directory=/",
                "--", path[1..]],
            Environment = ["LC_ALL=C"],
            Stdout = packed.File,
        }, ct);
        await using (tar.ConfigureAwait(false))
            if (await tar.Ended().ConfigureAwait(false) is { } why)
                throw new Refusal(400, why);
        ct.ThrowIfCancellationRequested();
    }
}
