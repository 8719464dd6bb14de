using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Holm.Contract;

namespace Holm.Node.Trust;

/// <summary>
/// Tokens by which a client is trusted without anybody comparing fingerprints: each is taken once, and only for a time. Forgotten when the
/// daemon ends.
/// </summary>
/// <param name="clock">The time since boot counts; the wall clock is only shown.</param>
public sealed class TrustTokens(TimeProvider clock)
{
    /// <summary>How long a token is good where nobody says.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromHours(1);

    /// <summary>A wrong guess is answered so late, one after the other; more that wait are refused at once.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const int GuessesWaitingMax = 16;

    private readonly ConcurrentDictionary<string, Token> _all = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private Task _lastGuess = Task.CompletedTask;
    private int _waiting;

    /// <summary>One that was given out.</summary>
    /// <param name="Name">What the client is called once it is trusted.</param>
    /// <param name="Secret">64 hex digits.</param>
    /// <param name="Ends">When it is good no more, in the clock's timestamps.</param>
    /// <param name="Taken">Completes when a client has used it.</param>
    /// <param name="By">Fingerprint of the client that asked for it; null: somebody on the node did.</param>
    public sealed record Token(string Name, string Secret, long Ends, TaskCompletionSource Taken, string? By);

    /// <summary>Gives one out.</summary>
    public Token Add(string name, TimeSpan life, string? by)
    {
        var token = new Token(name, RandomNumberGenerator.GetHexString(64, lowercase: true),
            clock.GetTimestamp() + (long)(life.TotalSeconds * clock.TimestampFrequency),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), by);
        _all[token.Secret] = token;
        return token;
    }

    /// <summary>Takes one back.</summary>
    public void Remove(Token token) => _all.TryRemove(token.Secret, out _);

    /// <summary>Takes back what a client has asked for that is trusted no more.</summary>
    public void RemoveOf(string client)
    {
        foreach (var token in _all.Values.Where(t => t.By == client))
            if (_all.TryRemove(token.Secret, out _))
                token.Taken.TrySetCanceled();
    }

    /// <summary>Takes the token that a client shows, whole or its secret; it is good no more.</summary>
    /// <exception cref="Refusal">403: there is none of that secret; 429: too many guess.</exception>
    public async Task<Token> Take(string shown, CancellationToken ct)
    {
        if (Find(SecretOf(shown)) is { } token && _all.TryRemove(token.Secret, out _) && clock.GetTimestamp() < token.Ends)
        {
            token.Taken.TrySetResult();
            return token;
        }
        if (Interlocked.Increment(ref _waiting) > GuessesWaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new Refusal(429, "too many wrong tokens are being shown; come back later");
        }
        Task answered;
        lock (_lock)
            answered = _lastGuess = Guess(_lastGuess);
        await answered.WaitAsync(ct).ConfigureAwait(false);
        throw new Refusal(403,
            "not authorized: the token is wrong, was used before, or has expired; `holm token add NAME` on the node makes one");
    }

    private async Task Guess(Task before)
    {
        await before.ConfigureAwait(false);
        await Task.Delay(Pause, clock).ConfigureAwait(false);
        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>All are looked at, whole: how long it takes tells nothing of a secret.</summary>
    private Token? Find(string secret)
    {
        Token? found = null;
        foreach (var token in _all.Values)
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token.Secret), Encoding.UTF8.GetBytes(secret)))
                found = token;
        return found;
    }

    private static string SecretOf(string shown)
    {
        try
        {
            return JsonSerializer.Deserialize(Convert.FromBase64String(shown), ContractJson.Default.TrustToken)?.Secret ?? "";
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return shown;
        }
    }
}
