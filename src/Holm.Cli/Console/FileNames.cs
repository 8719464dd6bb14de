namespace Holm.Cli.Console;

/// <summary>Files of this machine that begin as a half-typed path does; folders end in a slash.</summary>
internal static class FileNames
{
    /// <summary>Finds them; what cannot be read has none.</summary>
    public static IReadOnlyList<string> Like(string begun)
    {
        var slash = begun.LastIndexOf('/') + 1;
        var (folder, name) = (begun[..slash], begun[slash..]);
        try
        {
            return
            [
                .. new DirectoryInfo(folder.Length == 0 ? "." : folder).EnumerateFileSystemInfos()
                    .Where(e => e.Name.StartsWith(name, StringComparison.Ordinal) && (name.Length > 0 || e.Name[0] != '.'))
                    .Select(e => folder + e.Name + (Directory.Exists(e.FullName) ? "/" : ""))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
