namespace Holm.Contract;

/// <summary>What <c>metadata.yaml</c> of an LXD image says, as <c>GET /1.0/instances/NAME/metadata</c> shows it.</summary>
/// <remarks>LXD 5.0.2, shared/api/image.go and doc/image-handling.md.</remarks>
public sealed record ImageMetadata
{
    /// <summary>Kernel name of the machine it is for.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>When it was made: seconds since 1970.</summary>
    public long CreationDate { get; init; }

    /// <summary>When it is out of date: seconds since 1970; 0: never.</summary>
    public long ExpiryDate { get; init; }

    /// <summary>Free text by key.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Files that are written before init runs, by their absolute path.</summary>
    public IReadOnlyDictionary<string, ImageTemplate> Templates { get; init; } = new Dictionary<string, ImageTemplate>();
}

/// <summary>One of those files.</summary>
public sealed record ImageTemplate
{
    /// <summary><c>create</c>, <c>copy</c> and <c>start</c>.</summary>
    public IReadOnlyList<string> When { get; init; } = [];

    /// <summary>True: only where no such file is there.</summary>
    public bool CreateOnly { get; init; }

    /// <summary>File below <c>templates/</c> of the image.</summary>
    public string Template { get; init; } = "";

    /// <summary>Free text by key, for the template.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
