namespace Holm.Contract;

/// <summary>A client that may come by TLS; <c>GET /1.0/certificates/FINGERPRINT</c>.</summary>
public sealed record ClientCertificate
{
    /// <summary>What the operator calls it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Always <c>client</c>.</summary>
    public string Type { get; init; } = "client";

    /// <summary>Always false: who is trusted may do everything.</summary>
    public bool Restricted { get; init; }

    /// <summary>Always empty.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];

    /// <summary>PEM.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>SHA-256 of the certificate's DER form, hex.</summary>
    public string Fingerprint { get; init; } = "";
}

/// <summary>Body of <c>POST /1.0/certificates</c>, and of <c>PUT</c> and <c>PATCH</c> on one.</summary>
public sealed record CertificatesPost
{
    /// <summary>What it is called; empty: as the token says, or as the certificate does.</summary>
    public string? Name { get; set; }

    /// <summary><c>client</c>, or left out.</summary>
    public string? Type { get; set; }

    /// <summary>True is refused.</summary>
    public bool? Restricted { get; set; }

    /// <summary>Empty, or left out.</summary>
    public List<string>? Projects { get; set; }

    /// <summary>PEM, or base64 of the DER form; empty: the one that the caller came with.</summary>
    public string? Certificate { get; set; }

    /// <summary>From who is not trusted yet: a token.</summary>
    public string? Password { get; set; }

    /// <summary>True: a token is wanted, not a certificate added.</summary>
    public bool? Token { get; set; }

    /// <summary>Holm's own: seconds that the token is good; left out: 3600.</summary>
    public long? ExpiresIn { get; set; }
}

/// <summary>What a token is, base64 of this as JSON; LXD's <c>CertificateAddToken</c>.</summary>
public sealed record TrustToken
{
    /// <summary>What the client is called once it is trusted.</summary>
    public string ClientName { get; init; } = "";

    /// <summary>Of the node's certificate.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>Where the node answers, <c>ADDRESS:PORT</c> each.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>What the client shows.</summary>
    public string Secret { get; init; } = "";

    /// <summary>When it is good no more, by the node's wall clock.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Body of <c>PUT</c> and <c>PATCH /1.0</c>.</summary>
public sealed record ServerPut
{
    /// <summary>Keys; <c>core.https_address</c> is the only one here.</summary>
    public Dictionary<string, string>? Config { get; set; }
}

/// <summary><c>GET /1.0</c> for who is not trusted.</summary>
public sealed record PublicServer
{
    /// <summary>What this server can do, in LXD's names.</summary>
    public IReadOnlyList<string> ApiExtensions { get; init; } = [];

    /// <summary>Always <c>stable</c>.</summary>
    public string ApiStatus { get; init; } = "stable";

    /// <summary>Always <c>1.0</c>.</summary>
    public string ApiVersion { get; init; } = "1.0";

    /// <summary>Always <c>untrusted</c>.</summary>
    public string Auth { get; init; } = "untrusted";

    /// <summary>Always false.</summary>
    public bool Public { get; init; }

    /// <summary>Always <c>tls</c>.</summary>
    public IReadOnlyList<string> AuthMethods { get; init; } = ["tls"];
}
