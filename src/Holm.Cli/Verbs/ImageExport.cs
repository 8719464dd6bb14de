using System.CommandLine;
using System.Security.Cryptography;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image export IMAGE [PATH]</c></summary>
internal static class ImageExport
{
    private static readonly Argument<string> Image = Parts.One("IMAGE", "alias, fingerprint or the first digits of one", LiveNames.Images);
    private static readonly Argument<string?> Path =
        Parts.Maybe("PATH", "file to write, - for standard output (standard: IMAGE.squashfs here)", LiveNames.AnyFile);
    private static readonly Option<bool> Force = Parts.Switch("--force", "replace a file that exists");

    public static Verb Build() => new("export", "write an image to a file", Image, Path, Force)
    {
        More = "What was imported as one file comes back byte for byte, and its checksum is compared with the fingerprint. "
            + "A cut leaves no file.",
        Examples = ["holm image export netbox", "holm image export netbox - | ssh other holm image import - --alias netbox"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var image = line.GetRequiredValue(Image);
        var fingerprint = Names.Fingerprint(caller, image);
        var path = line.GetValue(Path) ?? $"{image.Replace('/', '-')}.squashfs";
        if (path == "-")
            Fetch(caller, fingerprint, caller.Screen.Output);
        else
            Whole($"export {image}", path, line.GetValue(Force), file => Fetch(caller, fingerprint, file));
        return ExitCodes.Ok;
    }

    /// <summary>Writes a file that has its name only once it is whole.</summary>
    /// <param name="doing">What is being done, for a refusal.</param>
    /// <param name="path">The file.</param>
    /// <param name="force">Replaces one that is there.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="Refusal">400 it could not be a file, 409 it is there.</exception>
    internal static void Whole(string doing, string path, bool force, Action<Fd> write)
    {
        // A rename over /dev/null or a pipe would put a file in its place.
        if (System.IO.Path.Exists(path) && !FileStat.Of(path).IsRegular)
            throw new Refusal(400, $"{doing}: {path} is no regular file; to write into it, say - and redirect");
        if (File.Exists(path) && !force)
            throw new Refusal(409, $"{doing}: {path} exists; choose another name or say --force");
        var part = $"{path}.part{System.Environment.ProcessId}";
        using var file = Fd.Open(part, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x1B6 /* 0666 less umask */);
        try
        {
            write(file);
            File.Move(part, path, overwrite: force);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static void Fetch(Caller caller, string fingerprint, Fd into)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = caller.Node.Download($"{Names.Image(fingerprint)}/export", piece =>
        {
            hash.AppendData(piece.Span);
            Screen.Write(into, piece.Span);
        });
        // Metadata and root together come as multipart; the fingerprint is then of the parts, not of the whole.
        if (!head.Header("content-type").StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
            && Convert.ToHexStringLower(hash.GetHashAndReset()) != fingerprint)
            throw new Refusal(500, $"export {fingerprint}: what arrived has another checksum; try again, and check the node's storage");
    }
}
