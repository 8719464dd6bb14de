namespace Cli.Tests;

/// <summary>Compares text with a file of Expected/; HOLM_UPDATE_EXPECTED=1 writes the file instead.</summary>
internal static class Golden
{
    public static readonly string Root = FindRoot(AppContext.BaseDirectory);

    public static void Same(string name, string actual) => SameFile(Path.Combine(Root, "test", "Cli.Tests", "Expected", name), actual);

    public static void SameFile(string path, string actual)
    {
        if (Environment.GetEnvironmentVariable("HOLM_UPDATE_EXPECTED") == "1")
            File.WriteAllText(path, actual);
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Holm.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
