using System.Text.RegularExpressions;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;

namespace Holm.Node.Api;

/// <summary>
/// What commands printed that nobody listened to (<c>record-output</c> of an exec), as files <c>exec_OPERATION.stdout</c> and
/// <c>.stderr</c> among an instance's logs. They are in memory: of each stream its first MiB is kept, of an instance the last 16 commands.
/// </summary>
/// <param name="folder">Where the logs of the instance are.</param>
internal sealed partial class ExecRecords(string folder)
{
    private const int LongestBytes = 1 << 20, KeptCommands = 16;

    /// <summary>Names of the files, the oldest first.</summary>
    public IReadOnlyList<string> All => Directory.Exists(folder)
        ? [.. new DirectoryInfo(folder).EnumerateFiles("exec_*").Where(f => IsName(f.Name)).OrderBy(f => f.CreationTimeUtc)
            .ThenBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name)] : [];

    /// <summary>Content of a file.</summary>
    /// <exception cref="Refusal">404: there is none.</exception>
    public byte[] Read(string name) => File.ReadAllBytes(Find(name));

    /// <summary>Removes a file.</summary>
    /// <exception cref="Refusal">404: there is none.</exception>
    public void Delete(string name) => File.Delete(Find(name));

    /// <summary>Makes room for one more command.</summary>
    public void MakeRoom()
    {
        var commands = All.GroupBy(Path.GetFileNameWithoutExtension).ToList();
        foreach (var name in commands.Take(commands.Count - KeptCommands + 1).SelectMany(c => c))
            File.Delete(Path.Combine(folder, name));
    }

    /// <summary>Writes a stream of a command until it ends; what is too long, or finds the memory full, is read and dropped.</summary>
    /// <param name="name">Name of the file.</param>
    /// <param name="from">The stream.</param>
    /// <param name="over">Completes when the command has ended.</param>
    public async Task Write(string name, Fd? from, Task over)
    {
        using var file = new FileStream(Path.Combine(folder, name), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        if (from is null)
            return;
        await FdStream.Pump(from, over, bytes =>
        {
            try
            {
                file.Write(bytes.Span[..(int)Math.Min(bytes.Length, LongestBytes - file.Length)]);
                return Task.FromResult(file.Length < LongestBytes);
            }
            catch (IOException)
            {
                return Task.FromResult(false);
            }
        }).ConfigureAwait(false);
    }

    private string Find(string name) => IsName(name) && Path.Combine(folder, name) is var path && File.Exists(path) ? path
        : throw new Refusal(404, $"Log file not found: {Names.Show(name)}");

    private static bool IsName(string name) => Name().IsMatch(name);

    [GeneratedRegex(@"\Aexec_[0-9a-f-]{36}\.(stdout|stderr)\z")]
    private static partial Regex Name();
}
