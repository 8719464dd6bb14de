using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary><c>GET /1.0/configuration</c>: all local objects as text in the configuration language.</summary>
public sealed record Configuration
{
    /// <summary>The text; what it says can be pasted back.</summary>
    public string Text { get; init; } = "";

    /// <summary>True when the next boot brings just what holds now: running and startup say the same.</summary>
    public bool Saved { get; init; }
}

/// <summary><c>PATCH /1.0/configuration</c>: the changes of one session, all of them or none.</summary>
public sealed record ConfigurationPatch
{
    /// <summary>Object by object; two changes of one object are refused.</summary>
    public List<ConfigurationChange>? Changes { get; set; }

    /// <summary>True: what is changed is saved, too.</summary>
    public bool Save { get; set; }
}

/// <summary>How one object was, and how it is to be.</summary>
public sealed record ConfigurationChange
{
    /// <summary><c>app foo</c>, <c>profile small</c>, <c>network lan</c> or <c>resources</c>.</summary>
    [JsonPropertyName("object")]
    public string? Name { get; set; }

    /// <summary>Its text as the caller saw it; empty: there was none. Keys <c>volatile.*</c> do not count.</summary>
    public string? Was { get; set; }

    /// <summary>Its new text; empty: it is removed.</summary>
    public string? Becomes { get; set; }
}

/// <summary><c>PUT /1.0/configuration</c>: takes the place of all local objects, whichever door made them.</summary>
public sealed record ConfigurationPut
{
    /// <summary>The whole text.</summary>
    public string? Text { get; set; }

    /// <summary>True: it is saved, too. <c>PUT /1.0/configuration/startup</c> needs no such word.</summary>
    public bool Save { get; set; }
}

/// <summary>Names in the metadata of the operation <c>Applying configuration</c>; each holds a list of sentences or names.</summary>
public static class ConfigurationResult
{
    /// <summary>What is done to apps on the way, a sentence each: <c>foo is restarted: cmd changed</c>.</summary>
    public const string Progress = "progress";

    /// <summary>Apps that are enabled and wait for something, a sentence each; they start when it is there.</summary>
    public const string Waiting = "waiting";

    /// <summary>Names of apps that are gone and whose kept writes stay: those that a whole new configuration left out.</summary>
    public const string Kept = "kept";
}
