using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holm.Linux.Files;

namespace Holm.Node.Trust;

/// <summary>
/// Who this node is to clients that come by TLS: a key and a certificate that it signed itself, made when they are first wanted. Clients
/// remember the certificate, or know its fingerprint by a token.
/// </summary>
/// <param name="folder">Holds <c>server.key</c> and <c>server.crt</c> (PEM), readable by root only.</param>
public sealed class NodeCertificate(string folder)
{
    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;

    // Devices that lost power think that it is 1970, or 2024: a client would take the certificate for one of the future.
    private static readonly DateTimeOffset Begins = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Ends = new(2099, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The certificate with its key.</summary>
    /// <exception cref="IOException">The files cannot be read or written.</exception>
    /// <exception cref="CryptographicException">They are none.</exception>
    public X509Certificate2 Get()
    {
        lock (_lock)
            return _certificate ??= Load() ?? Make();
    }

    /// <summary>The certificate as PEM.</summary>
    public string Pem => Get().ExportCertificatePem();

    /// <summary>SHA-256 of its DER form, hex.</summary>
    public string Fingerprint => TrustStore.FingerprintOf(Get());

    private string KeyPath => Path.Combine(folder, "server.key");

    private string CertificatePath => Path.Combine(folder, "server.crt");

    /// <summary>The key is written first: without a certificate it is not yet anybody's.</summary>
    private X509Certificate2? Load() =>
        File.Exists(CertificatePath) ? X509Certificate2.CreateFromPemFile(CertificatePath, KeyPath) : null;

    private X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationName("Holm");
        name.AddCommonName($"root@{Environment.MachineName}");
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA384);
        var names = new SubjectAlternativeNameBuilder();
        // LXD's client asks for the first of these, whatever the node is called when it is reached.
        names.AddDnsName(Environment.MachineName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var made = request.CreateSelfSigned(Begins, Ends);
        Durable.CreateFolder(folder, 0x1c0);
        Durable.Write(KeyPath, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        Durable.Write(CertificatePath, Encoding.ASCII.GetBytes(made.ExportCertificatePem()));
        return made;
    }
}
