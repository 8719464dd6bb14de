using System.Text;
using System.Text.Json;
using Holm.Linux;
using Holm.Linux.Terminals;

namespace Holm.Cli.Output;

/// <summary>Standard output and error as plain descriptors: .NET's Console would change the terminal and install handlers.</summary>
internal sealed class Screen(Fd output, Fd error)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };
    private readonly Lock _lock = new();
    private bool _progress;

    /// <summary>Standard output.</summary>
    public Fd Output { get; } = output;

    /// <summary>Standard error.</summary>
    public Fd Error { get; } = error;

    /// <summary>True when a person watches standard error, so that progress may be drawn there.</summary>
    public bool Watched { get; } = Terminal.Is(error);

    /// <summary>Prints text of our own making, or made visible by the caller, with a line end.</summary>
    public void Line(string text) => Write(Output, Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>Stands before each complaint: the line of a script.</summary>
    public string Place { get; set; } = "";

    /// <summary>Prints to standard error as one line: <c>holm: …</c>. Whatever it holds is made visible.</summary>
    public void Complain(string text) => Note($"holm: {Place}{Visible.Line(text)}");

    /// <summary>Prints a line to standard error, after taking away a progress line.</summary>
    public void Note(string text)
    {
        lock (_lock)
        {
            ClearProgress();
            Tell(text + "\n");
        }
    }

    /// <summary>Rewrites the one progress line, when a person watches.</summary>
    public void Progress(string text)
    {
        if (!Watched)
            return;
        lock (_lock)
        {
            var width = Terminal.Size(Error).Columns is > 0 and var columns ? columns - 1 : 79;
            var shown = Visible.Line(text);
            _progress = true;
            Tell("\r\x1b[K" + (shown.Length > width ? shown[..width] : shown));
        }
    }

    /// <summary>Takes the progress line away.</summary>
    public void EndProgress()
    {
        lock (_lock)
            ClearProgress();
    }

    /// <summary>Prints JSON, indented; its escapes keep control characters off the terminal.</summary>
    public void Json(JsonElement value)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, Indented))
            value.WriteTo(writer);
        memory.WriteByte((byte)'\n');
        Write(Output, memory.GetBuffer().AsSpan(0, (int)memory.Length));
    }

    /// <summary>Writes bytes as they are.</summary>
    /// <exception cref="OutputGone">The reader went away, as in <c>holm list | head -1</c>.</exception>
    public static void Write(Fd fd, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var written = fd.TryWrite(bytes);
            if (written == -Errnos.EAGAIN)
                Poll.Writable(fd);
            else if (written is -Errnos.EPIPE)
                throw new OutputGone();
            else if (written < 0)
                throw new LinuxException("write the output", -written);
            else
                bytes = bytes[written..];
        }
    }

    private void ClearProgress()
    {
        if (_progress)
            Tell("\r\x1b[K");
        _progress = false;
    }

    // When standard error is closed, full or unread there is nobody left to tell; the work and its exit code stay what they are.
    private void Tell(string text)
    {
        try
        {
            Write(Error, Encoding.UTF8.GetBytes(text));
        }
        catch (Exception e) when (e is OutputGone or LinuxException)
        {
        }
    }
}

/// <summary>Nobody reads the output any more; the program ends quietly, as if by SIGPIPE.</summary>
internal sealed class OutputGone : Exception;
