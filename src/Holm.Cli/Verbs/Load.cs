using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm load FILE|-</c></summary>
internal static class Load
{
    public static Verb Build()
    {
        var path = Parts.One("FILE", "what docker, podman or skopeo saved; - is standard input", LiveNames.AnyFile);
        var alias = Parts.Value("--alias", "NAME", "one more name to call it by, where it is one image", LiveNames.Aliases);
        return new("load", "take in the images of an archive", path, alias)
        {
            More = "An image layout in a tar (oci-archive), or what docker save and podman save write, plain or packed by gzip, xz or "
                + "zstd. Every byte is checked, each layer becomes a SquashFS, and nothing of the archive is kept beside. The images get "
                + "the names they have in it. Prints fingerprint and names of each. A root file system is taken in by holm image import.",
            Examples = ["podman save --format oci-archive web | holm load -", "holm load web.tar --alias web"],
            Run = (line, caller) =>
            {
                var (file, name) = (line.GetRequiredValue(path), line.GetValue(alias));
                var answer = ImageImport.IsPlainFile(file) ? caller.Node.Send("POST", "/1.0/images", new()
                {
                    Source = new() { Type = "archive", Path = Path.GetFullPath(file) },
                    Aliases = name is null ? null : [new() { Name = name }],
                }, ContractJson.Default.ImagesPost) : ImageImport.Send(caller, file, ["X-Holm-archive: true"]);
                var operation = caller.Finish(answer, $"loading {file}");
                var loaded = operation.Metadata?.TryGetValue("loaded", out var value) == true
                    ? System.Text.Json.JsonSerializer.Deserialize(value, ContractJson.Default.IReadOnlyListLoadedImage) ?? [] : [];
                foreach (var image in loaded)
                    caller.Screen.Line(Output.Visible.Line(string.Join(' ', image.Names.Prepend(image.Fingerprint))));
                if (name is not null && !ImageImport.IsPlainFile(file) && loaded.Count == 1)
                    ImageAliasSet.Set(caller, name, loaded[0].Fingerprint, null);
                return ExitCodes.Ok;
            },
        };
    }
}
