using Holm.Contract;

namespace Holm.Images.Lxd;

/// <summary>
/// What an image of LXD's has beside its root, as the store keeps it: in <c>images/FINGERPRINT.json</c>, and as a tar in
/// <c>images/FINGERPRINT.metadata</c>, byte by byte as it was sent (split images) or as it was made of a unified one.
/// </summary>
/// <param name="Metadata">What its metadata.yaml says.</param>
/// <param name="Templates">The text of its templates, by name.</param>
/// <param name="Bytes">Length of that tar.</param>
public sealed record StoredLxd(ImageMetadata Metadata, IReadOnlyDictionary<string, string> Templates, long Bytes);
