using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Trust;

/// <summary>The clients that may come by TLS, by the fingerprint of their certificate: one file, readable by root only.</summary>
public sealed class TrustStore
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<Action, string> _open = new();
    private volatile ImmutableSortedDictionary<string, ClientCertificate> _all =
        ImmutableSortedDictionary.Create<string, ClientCertificate>(StringComparer.Ordinal);

    /// <summary>Reads the file, if it is there.</summary>
    /// <param name="path">The file; its folder is made when it is first written.</param>
    /// <param name="say">Hears that it cannot be read; it is left as it is, and nobody is trusted.</param>
    public TrustStore(string path, Action<string> say)
    {
        _path = path;
        try
        {
            if (File.Exists(path))
                _all = _all.AddRange((JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractJson.Default.ListClientCertificate) ?? [])
                    .Select(c => KeyValuePair.Create(c.Fingerprint, c)));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            say($"{path} cannot be read ({e.Message}): no client is trusted until one is added");
        }
    }

    /// <summary>All, by fingerprint.</summary>
    public IReadOnlyList<ClientCertificate> All => [.. _all.Values];

    /// <summary>True when who shows this certificate may do everything. What it says of itself, its dates too, does not count.</summary>
    public bool Trusts(X509Certificate2? shown) => shown is not null && _all.ContainsKey(FingerprintOf(shown));

    /// <summary>One by its fingerprint, or the beginning of one that no other has.</summary>
    /// <exception cref="Refusal">404: none; 400: several.</exception>
    public ClientCertificate Get(string fingerprint)
    {
        var found = _all.Values.Where(c => c.Fingerprint.StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        return found switch
        {
            [var only] when fingerprint.Length > 0 => only,
            [_, _] => throw new Refusal(400, $"several certificates begin with {Names.Show(fingerprint)}; write more of it"),
            _ => throw new Refusal(404, $"Certificate not found: {Names.Show(fingerprint)}"),
        };
    }

    /// <summary>Trusts a client from now on.</summary>
    /// <exception cref="Refusal">409: it is trusted already. 507: it cannot be written.</exception>
    public ClientCertificate Add(string name, X509Certificate2 certificate)
    {
        var added = new ClientCertificate
        {
            Name = name,
            Certificate = certificate.ExportCertificatePem() + "\n",
            Fingerprint = FingerprintOf(certificate),
        };
        Write(all => all.ContainsKey(added.Fingerprint) ? throw new Refusal(409, "Certificate already in trust store")
            : all.Add(added.Fingerprint, added));
        return added;
    }

    /// <summary>Gives one another name.</summary>
    /// <exception cref="Refusal">404: it has gone meanwhile.</exception>
    public void Rename(string fingerprint, string name) => Write(all => all.TryGetValue(fingerprint, out var found)
        ? all.SetItem(fingerprint, found with { Name = name }) : throw new Refusal(404, $"Certificate not found: {fingerprint}"));

    /// <summary>Trusts it no more; what it has open is ended.</summary>
    public void Remove(string fingerprint)
    {
        Write(all => all.Remove(fingerprint));
        foreach (var end in _open.Where(o => o.Value == fingerprint).Select(o => o.Key))
            end();
    }

    /// <summary>Has something ended with the trust in a client, until it is disposed.</summary>
    public IDisposable WhileTrusted(X509Certificate2 shown, Action end)
    {
        _open[end] = FingerprintOf(shown);
        // It may have gone just before.
        if (!Trusts(shown))
            end();
        return new Opened(_open, end);
    }

    private sealed record Opened(ConcurrentDictionary<Action, string> All, Action End) : IDisposable
    {
        public void Dispose() => All.TryRemove(End, out _);
    }

    /// <summary>SHA-256 of a certificate's DER form, hex, as LXD writes it.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span));

    /// <summary>Reads a certificate that a client sent: PEM, or base64 of its DER form.</summary>
    /// <exception cref="Refusal">400: it is none.</exception>
    public static X509Certificate2 Read(string text)
    {
        try
        {
            return text.Contains("-----BEGIN", StringComparison.Ordinal) ? X509Certificate2.CreateFromPem(text)
                : X509CertificateLoader.LoadCertificate(Convert.FromBase64String(text));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new Refusal(400, $"the certificate cannot be read ({e.Message}); PEM, or base64 of its DER form, is wanted", e);
        }
    }

    private void Write(
        Func<ImmutableSortedDictionary<string, ClientCertificate>, ImmutableSortedDictionary<string, ClientCertificate>> change)
    {
        lock (_lock)
        {
            var next = change(_all);
            try
            {
                Durable.CreateFolder(Path.GetDirectoryName(_path)!, 0x1c0);
                Durable.Write(_path, JsonSerializer.SerializeToUtf8Bytes([.. next.Values], ContractJson.Default.ListClientCertificate));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new Refusal(507, $"the trusted clients cannot be written: {e.Message}", e);
            }
            _all = next;
        }
    }
}
