using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>The websockets of one operation: each has a secret that lets one client in, once.</summary>
public sealed class SocketSet
{
    /// <summary>How long clients have to join after the operation was answered.</summary>
    public static readonly TimeSpan JoinDeadline = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Makes a place for each name.</summary>
    public SocketSet(params IReadOnlyList<string> names)
    {
        foreach (var name in names)
            _places[name] = new Place(RandomNumberGenerator.GetHexString(64, lowercase: true));
    }

    /// <summary>Secrets by name, as the operation's metadata tells them.</summary>
    public Dictionary<string, string> Secrets => _places.ToDictionary(p => p.Key, p => p.Value.Secret);

    /// <summary>Completes when the operation has no more use for any socket.</summary>
    public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the place a secret opens; false when it opens none, or is used up.</summary>
    public bool TryEnter(string secret, out string name)
    {
        lock (_gate)
        {
            foreach (var (place, at) in _places)
            {
                name = place;
                if (at.Taken || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(at.Secret), Encoding.UTF8.GetBytes(secret)))
                    continue;
                at.Taken = true;
                return true;
            }
            name = "";
            return false;
        }
    }

    /// <summary>Gives the socket to those who wait for it.</summary>
    public void Join(string name, WebSocket socket) => _places[name].Socket.TrySetResult(socket);

    /// <summary>The socket of a name, when it has joined.</summary>
    public WebSocket? this[string name] =>
        _places.TryGetValue(name, out var place) && place.Socket.Task.IsCompletedSuccessfully ? place.Socket.Task.Result : null;

    /// <summary>Completes when the socket of a name joins.</summary>
    public Task Joining(string name) => _places[name].Socket.Task;

    /// <summary>Waits until all the names have joined.</summary>
    /// <exception cref="Refusal">400: they did not in time.</exception>
    public async Task Joined(TimeProvider clock, params IReadOnlyList<string> names)
    {
        try
        {
            await Task.WhenAll(names.Select(n => _places[n].Socket.Task)).WaitAsync(JoinDeadline, clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            lock (_gate)
                foreach (var place in _places.Values)
                    place.Taken = true;
            throw new Refusal(400, "Timed out waiting for websockets to connect");
        }
    }

    private sealed class Place(string secret)
    {
        public string Secret { get; } = secret;

        public bool Taken { get; set; }

        public TaskCompletionSource<WebSocket> Socket { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
