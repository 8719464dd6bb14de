using System.Text.Json;
using System.Text.Json.Serialization;
using Holm.Config;
using Holm.Images.Roots;
using Holm.Node.Shares;

namespace Holm.Node.Instances;

/// <summary>
/// What the next daemon has to know of a running instance and cannot read from the kernel: <c>$HOLM_RUN/instances/NAME/run.json</c>, on
/// tmpfs, written before the start, again when init runs, and removed after the end.
/// </summary>
/// <param name="Fingerprint">Image it runs.</param>
/// <param name="Layers">Keys of its layers.</param>
/// <param name="IdmapBase">First host id of its range; null: privileged.</param>
/// <param name="HaltSignal">Signal that asks its init to power off.</param>
/// <param name="Nics">Its nics: keys by device, the name inside among them; null: none.</param>
/// <param name="Shares">Its shares, and what was mounted for them; null: none.</param>
/// <param name="StartedAt">When init came up, by the wall clock; null: it has not yet.</param>
/// <param name="UpSince">When; <see cref="MachineClock"/>.</param>
/// <param name="User">Who its program is, by the ids inside; null: it is a system, or not so far yet.</param>
/// <param name="Launched">What launched it; null: it is configured.</param>
/// <param name="SocketFiles">Unix sockets of the host that proxies of it listen on, removed with it; null: none.</param>
public sealed record RunRecord(
    string Fingerprint, IReadOnlyList<string> Layers, uint? IdmapBase, int HaltSignal,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Nics, IReadOnlyList<AppliedShare>? Shares,
    DateTimeOffset? StartedAt, TimeSpan? UpSince, RootUser? User = null, LaunchedBy? Launched = null,
    IReadOnlyList<string>? SocketFiles = null)
{
    /// <summary>Nics in the shape that this record keeps them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Keep(IReadOnlyList<Nic> nics) => nics.Count == 0 ? null
        : nics.ToDictionary(n => n.Device, IReadOnlyDictionary<string, string> (n) => n.Keys.SetItem("name", n.Name!));

    /// <summary>The nics again.</summary>
    public IReadOnlyList<Nic> ReadNics() => [.. (Nics ?? new Dictionary<string, IReadOnlyDictionary<string, string>>())
        .OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => Nic.Read(n.Key, Maps.From(n.Value)))];

    /// <summary>Writes it.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, RunRecordJson.Default.RunRecord));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Reads it, or null.</summary>
    public static RunRecord? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), RunRecordJson.Default.RunRecord);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Name of the file.</summary>
    public const string FileName = "run.json";
}

/// <summary>What an instance is that nobody configured.</summary>
/// <param name="Flake">The flake it belongs to.</param>
/// <param name="Stays">True: it is kept for the next launch.</param>
/// <param name="HandedOver">True once its init has got a program.</param>
/// <param name="Folder">The caller's working directory that it sees; null: none.</param>
/// <param name="Called">What its call named it by <c>@NAME</c>; empty: nothing.</param>
/// <param name="User">Id of the user whose call began it.</param>
public sealed record LaunchedBy(
    string Flake, bool Stays, bool HandedOver = false, string? Folder = null, string Called = "", uint User = 0);

/// <summary>JSON of the records of this room.</summary>
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
