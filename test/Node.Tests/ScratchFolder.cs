namespace Node.Tests;

/// <summary>A folder of its own for one test, removed with it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("holm-node-").FullName;

    public string State => Directory.CreateDirectory(Path.Combine(Root, "state")).FullName;

    public string Run => Directory.CreateDirectory(Path.Combine(Root, "run")).FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
