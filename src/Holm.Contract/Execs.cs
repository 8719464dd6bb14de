using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>Body of <c>POST /1.0/instances/NAME/exec</c>.</summary>
public sealed record ExecPost
{
    /// <summary>Program and arguments; the program is looked up on the instance's PATH.</summary>
    public List<string> Command { get; set; } = [];

    /// <summary>True: streams travel on websockets. False: the operation only ends with the exit status.</summary>
    [JsonPropertyName("wait-for-websocket")]
    public bool WaitForWebsocket { get; set; }

    /// <summary>True: a terminal, one stream. False: three streams.</summary>
    public bool Interactive { get; set; }

    /// <summary>Environment on top of the instance's own.</summary>
    public Dictionary<string, string>? Environment { get; set; }

    /// <summary>Columns; 0 for unknown.</summary>
    public int Width { get; set; }

    /// <summary>Rows; 0 for unknown.</summary>
    public int Height { get; set; }

    /// <summary>Not supported yet; true is refused.</summary>
    [JsonPropertyName("record-output")]
    public bool RecordOutput { get; set; }

    /// <summary>User id inside.</summary>
    public uint User { get; set; }

    /// <summary>Group id inside.</summary>
    public uint Group { get; set; }

    /// <summary>Working directory inside; empty is <c>/root</c> for user 0, or <c>/</c> where that is missing.</summary>
    public string? Cwd { get; set; }
}

/// <summary>Body of <c>POST /1.0/instances/NAME/console</c>.</summary>
public sealed record ConsolePost
{
    /// <summary>Columns; 0 for unknown.</summary>
    public int Width { get; set; }

    /// <summary>Rows; 0 for unknown.</summary>
    public int Height { get; set; }

    /// <summary><c>console</c> or empty.</summary>
    public string? Type { get; set; }

    /// <summary>Take the keyboard from whoever has it (Incus).</summary>
    public bool Force { get; set; }

    /// <summary>Only watch.</summary>
    [JsonPropertyName("read-only")]
    public bool ReadOnly { get; set; }
}

/// <summary>A text frame on the control websocket of exec or console, from the client.</summary>
public sealed record ControlMessage
{
    /// <summary><c>window-resize</c> or <c>signal</c>.</summary>
    public string Command { get; set; } = "";

    /// <summary><c>width</c> and <c>height</c> as text.</summary>
    public Dictionary<string, string>? Args { get; set; }

    /// <summary>Signal number.</summary>
    public int Signal { get; set; }
}
