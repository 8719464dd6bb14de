using System.Security.Cryptography;
using Holm.Contract;

namespace Holm.Images.Oci;

/// <summary>A sha256, as OCI writes it: <c>sha256:</c> and 64 hex digits. Other algorithms are not taken.</summary>
/// <remarks>OCI image specification 1.1, descriptor.md, "Digests".</remarks>
/// <param name="Hex">64 lower case hex digits.</param>
public sealed record Digest(string Hex)
{
    private const string Prefix = "sha256:";

    /// <inheritdoc/>
    public override string ToString() => Prefix + Hex;

    /// <summary>First digits, for a person.</summary>
    public string Brief => Hex[..12];

    /// <summary>Reads one, or null.</summary>
    public static Digest? TryParse(string? text) =>
        text is { Length: 71 } && text.StartsWith(Prefix, StringComparison.Ordinal) && text.AsSpan(7).IndexOfAnyExcept(HexDigits) < 0
            ? new Digest(text[7..]) : null;

    /// <summary>Reads one that a document has.</summary>
    /// <exception cref="Refusal">400: it is none.</exception>
    public static Digest Parse(string? text, string what) => TryParse(text)
        ?? throw new Refusal(400, $"{what} has a digest that is not sha256: and 64 hex digits; Holm checks no other kind");

    /// <summary>The digest of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => new(Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <summary>The digest of a finished hash.</summary>
    public static Digest Of(IncrementalHash hash) => new(Convert.ToHexStringLower(hash.GetCurrentHash()));

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");
}
