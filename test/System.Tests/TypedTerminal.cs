using System.Diagnostics;
using System.Text;

namespace System.Tests;

/// <summary>A program on a pty made by script(1): typed at, read from, its screen drawn as a terminal draws it.</summary>
public sealed class TypedTerminal : IDisposable
{
    private readonly Process _script;
    private readonly StringBuilder _raw = new();
    private readonly VirtualScreen _screen;

    public TypedTerminal(Process script, int columns = 80)
    {
        (_script, _screen) = (script, new VirtualScreen(columns));
        _ = Task.Run(async () =>
        {
            var buffer = new char[4096];
            for (int count; (count = await script.StandardOutput.ReadAsync(buffer)) > 0;)
                lock (_raw)
                {
                    _raw.Append(buffer, 0, count);
                    _screen.Write(buffer.AsSpan(0, count));
                }
        });
    }

    /// <summary>What the screen shows, from its first row; all that was ever printed is kept.</summary>
    public string Screen
    {
        get
        {
            lock (_raw)
                return _screen.ToString();
        }
    }

    /// <summary>Types keys.</summary>
    public async Task Types(string keys)
    {
        await _script.StandardInput.WriteAsync(keys);
        await _script.StandardInput.FlushAsync();
    }

    /// <summary>Waits until something stands anywhere in what was printed.</summary>
    public Task Sees(string text) => Shell.Until($"the terminal shows '{text}':\n{Raw}", () =>
        Task.FromResult(Raw.Contains(text, StringComparison.Ordinal)), 20);

    /// <summary>Types keys, then waits until something new was printed and the screen ends so.</summary>
    public async Task Types(string keys, string ends)
    {
        var before = Raw.Length;
        await Types(keys);
        await Ends(ends, before);
    }

    /// <summary>Waits until the screen ends so, and more was printed than before.</summary>
    public async Task Ends(string with, int before = 0)
    {
        try
        {
            await Shell.Until("", () => Task.FromResult(Raw.Length > before && Screen.EndsWith(with, StringComparison.Ordinal)), 20);
        }
        catch (Xunit.Sdk.XunitException)
        {
            Assert.Fail($"the screen does not end with '{with}':\n{Screen}");
        }
    }

    /// <summary>Waits for the program's end; its exit code.</summary>
    public async Task<int> Ends()
    {
        using var deadline = new CancellationTokenSource(Shell.Deadline);
        await _script.WaitForExitAsync(deadline.Token);
        return _script.ExitCode;
    }

    /// <summary>The terminal has another width from now on; the program must be told by other means.</summary>
    public void Resized(int columns)
    {
        lock (_raw)
            _screen.Columns = columns;
    }

    /// <summary>The terminal is gone, as when a window is closed or a line is cut.</summary>
    public void Cut() => _script.Kill();

    public void Dispose()
    {
        if (!_script.HasExited)
            _script.Kill();
        _script.Dispose();
    }

    /// <summary>All that was printed, as it came.</summary>
    public string Raw
    {
        get
        {
            lock (_raw)
                return _raw.ToString();
        }
    }
}
