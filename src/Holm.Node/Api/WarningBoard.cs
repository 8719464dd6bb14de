using System.Security.Cryptography;
using System.Text;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>
/// What is wrong now, and what a person has said of it; forgotten when the daemon ends. What was deleted is not shown again before what
/// is said of it changes.
/// </summary>
/// <param name="clock">The time.</param>
public sealed class WarningBoard(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Warning> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);

    /// <summary>Warnings for what is wrong, by UUID.</summary>
    /// <param name="wrong">What it is about, and a sentence, each.</param>
    public IReadOnlyList<Warning> Show(IEnumerable<(string Type, string Message)> wrong)
    {
        lock (_lock)
        {
            var (now, shown) = (clock.GetUtcNow(), new SortedDictionary<string, Warning>(StringComparer.Ordinal));
            foreach (var (type, message) in wrong)
            {
                var uuid = UuidOf(type, message);
                if (_deleted.Contains(uuid))
                    continue;
                var before = _seen.GetValueOrDefault(uuid) ?? new Warning
                {
                    Uuid = uuid,
                    Type = type,
                    LastMessage = message,
                    FirstSeenAt = now,
                    Count = 0,
                };
                shown[uuid] = before with { LastSeenAt = now, Count = before.Count + 1 };
            }
            // What is wrong no more is forgotten.
            _seen.Clear();
            foreach (var (uuid, warning) in shown)
                _seen[uuid] = warning;
            return [.. shown.Values];
        }
    }

    /// <summary>Sets the status of one that was shown.</summary>
    public void Mark(string uuid, string status)
    {
        lock (_lock)
            if (_seen.TryGetValue(uuid, out var warning))
                _seen[uuid] = warning with { Status = status };
    }

    /// <summary>Shows one no more.</summary>
    public void Delete(string uuid)
    {
        lock (_lock)
            _deleted.Add(uuid);
    }

    private static string UuidOf(string type, string message) =>
        new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(type + '\n' + message)).AsSpan(0, 16)).ToString();
}
