using System.Text;

namespace Holm.Linux.Processes;

/// <summary>A running program that works for this one. It never outlives this object: dispose kills and reaps what has not ended.</summary>
public sealed class Tool : IAsyncDisposable
{
    private const int StderrBytesMax = 2048;
    private static readonly string[] Folders = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/usr/local/sbin"];
    private readonly string _name;
    private readonly Child _child;
    private readonly Task<string> _stderr;
    private readonly CancellationTokenRegistration _cancel;
    private bool _reaped;

    private Tool(string name, Child child, Task<string> stderr, CancellationToken ct)
    {
        (_name, _child, _stderr) = (name, child, stderr);
        _cancel = ct.Register(() => child.Signal(Signals.SIGKILL));
    }

    /// <summary>Starts a program; descriptors given become its own, the caller closes the local ones.</summary>
    /// <param name="name">Program, looked for where Debian puts programs.</param>
    /// <param name="package">Debian package that has it.</param>
    /// <param name="command">All but the path.</param>
    /// <param name="ct">Kills it.</param>
    /// <exception cref="FileNotFoundException">The program is missing; the sentence names the package.</exception>
    public static Tool Start(string name, string package, Command command, CancellationToken ct)
    {
        var path = Find(name) ?? throw new FileNotFoundException($"the program {name} is missing; install the package {package}");
        var (read, write) = Fd.Pipe();
        using (write)
        {
            var child = Child.Spawn(command with { Path = path, Stderr = write });
            return new Tool(name, child, Task.Run(() => ReadTail(read), CancellationToken.None), ct);
        }
    }

    /// <summary>Path of a program; null when it is not where Debian puts programs.</summary>
    public static string? Find(string name) => Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);

    /// <summary>Waits for the end.</summary>
    /// <returns>Null when it ended well, else what it said.</returns>
    public async Task<string?> Ended()
    {
        var status = await _child.Wait().ConfigureAwait(false);
        _reaped = true;
        var said = await _stderr.ConfigureAwait(false);
        return status is { Exited: true, ExitCode: 0 } ? null : $"{_name} ended with {status}{(said.Length > 0 ? $": {said}" : "")}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cancel.DisposeAsync().ConfigureAwait(false);
        if (!_reaped)
        {
            _child.Signal(Signals.SIGKILL);
            await Ended().ConfigureAwait(false);
        }
        _child.Dispose();
    }

    private static string ReadTail(Fd stderr)
    {
        using (stderr)
        {
            var all = new byte[StderrBytesMax];
            var buffer = new byte[StderrBytesMax];
            var kept = 0;
            for (int count; (count = stderr.TryRead(buffer)) > 0;)
            {
                var fits = Math.Min(count, all.Length - kept);
                buffer.AsSpan(0, fits).CopyTo(all.AsSpan(kept));
                kept += fits;
            }
            var text = Encoding.UTF8.GetString(all, 0, kept).Trim().ReplaceLineEndings("; ");
            return string.Concat(text.Where(c => !char.IsControl(c)));
        }
    }
}
