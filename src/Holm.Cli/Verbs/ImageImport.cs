using System.CommandLine;
using System.Text.Json;
using Holm.Cli.Help;
using Holm.Cli.Wire;
using Holm.Contract;
using Holm.Linux;

namespace Holm.Cli.Verbs;

/// <summary><c>holm image import PATH|-</c></summary>
internal static class ImageImport
{
    private static readonly Argument<string> Path = Parts.One("PATH", "a SquashFS file or a root filesystem as tar; - is standard input",
        LiveNames.AnyFile);
    private static readonly Option<string?> AliasOption = Parts.Value("--alias", "NAME",
        "name to call it by; an older image loses the name", LiveNames.Aliases);
    private static readonly Option<bool> NoInit = Parts.Switch("--no-init", "the image is no system: do not ask for /sbin/init");

    public static Verb Build() => new("import", "take an image into this node", Path, AliasOption, NoInit)
    {
        More = "SquashFS of any compressor, or a tar (plain, gzip, xz, zstd) that is converted. The image is checked, stored whole or "
            + "not at all, and its fingerprint is printed. The node itself reads a file that is named; standard input is sent to it.",
        Examples = ["holm image import netbox.squashfs --alias netbox",
            "curl -s https://example.org/rootfs.tar.xz | holm image import - --alias base"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var path = line.GetRequiredValue(Path);
        var alias = line.GetValue(AliasOption);
        if (alias is not null)
            _ = Names.Alias(alias);
        var answer = IsPlainFile(path)
            ? Named(caller, System.IO.Path.GetFullPath(path), alias, line.GetValue(NoInit))
            : Streamed(caller, path, line.GetValue(NoInit));
        var operation = caller.Finish(answer, $"importing {path}");
        var fingerprint = operation.Metadata?.TryGetValue("fingerprint", out var value) == true && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new Refusal(500, $"import {path}: the node did not say under which fingerprint");
        if (alias is not null)
            ImageAliasSet.Set(caller, alias, fingerprint, null);
        caller.Screen.Line(Output.Visible.Line(fingerprint));
        return ExitCodes.Ok;
    }

    // Pipes and devices, among them a shell's <(…), belong to this process; only it can read them.
    internal static bool IsPlainFile(string path) => path != "-" && new FileInfo(path) is { Exists: true, Length: > 0 } file
        && !file.FullName.StartsWith("/dev/", StringComparison.Ordinal) && !file.FullName.StartsWith("/proc/", StringComparison.Ordinal);

    private static Answer Named(Caller caller, string path, string? alias, bool noInit) => caller.Node.Send("POST", "/1.0/images", new()
    {
        Source = new() { Type = "file", Path = path },
        Filename = System.IO.Path.GetFileName(path),
        Aliases = alias is null ? null : [new() { Name = alias }],
        NoInit = noInit,
    }, ContractJson.Default.ImagesPost);

    private static Answer Streamed(Caller caller, string path, bool noInit) => Send(caller, path, noInit ? ["X-Holm-no-init: true"] : []);

    /// <summary>Sends a file, or standard input for <c>-</c>, as it is.</summary>
    internal static Answer Send(Caller caller, string path, IReadOnlyList<string> more)
    {
        var file = path == "-" ? null : Fd.Open(path, OpenFlags.O_RDONLY);
        using (file)
        {
            List<string> headers =
                [$"X-LXD-filename: {Uri.EscapeDataString(path == "-" ? "stdin" : System.IO.Path.GetFileName(path))}", .. more];
            return caller.Node.Upload("/1.0/images", headers, buffer =>
            {
                var count = (file ?? caller.Input).TryRead(buffer);
                return count >= 0 ? count : throw new LinuxException($"read {(path == "-" ? "standard input" : path)}", -count);
            });
        }
    }
}
