namespace Holm.Contract;

/// <summary>An expected no: the request cannot be done, nothing was changed. Crosses the wire as an error envelope.</summary>
/// <param name="code">HTTP status: 400 bad input, 403, 404 no such thing, 409 exists or in use,
/// 412 changed meanwhile, 507 no space.</param>
/// <param name="message">A sentence, lower case, no full stop: what was being done, to what, why not, the mend.</param>
/// <param name="cause">The error below, when there is one; its text belongs in <paramref name="message"/> already.</param>
public sealed class Refusal(int code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>HTTP status.</summary>
    public int Code { get; } = code;
}
