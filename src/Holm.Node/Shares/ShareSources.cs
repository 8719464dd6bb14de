using Holm.Config;
using Holm.Linux.Mounts;

namespace Holm.Node.Shares;

/// <summary>The sources of all shares of an app, opened together.</summary>
internal sealed class ShareSources : IDisposable
{
    private readonly Dictionary<ShareSpec, ShareSource> _there = [];
    private readonly ShareIds _ids;

    /// <summary>Opens those that are there.</summary>
    /// <exception cref="Holm.Contract.Refusal">A path cannot be used.</exception>
    public ShareSources(string app, ShareIds ids, IReadOnlyList<ShareSpec> wanted)
    {
        (_ids, Wanted) = (ids, wanted);
        try
        {
            foreach (var share in wanted)
                if (ShareSource.Open(PathShares.Doing(app, share), share) is { } source)
                    _there.Add(share, source);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The shares.</summary>
    public IReadOnlyList<ShareSpec> Wanted { get; }

    /// <summary>Those that are there.</summary>
    public IReadOnlyCollection<ShareSource> All => _there.Values;

    /// <summary>What a source is; null: it is missing.</summary>
    public SourceIdentity? IdentityOf(ShareSpec share) => _there.GetValueOrDefault(share)?.Identity;

    /// <summary>Why a source that is there cannot be used; null: it can.</summary>
    public string? WhyNot(ShareSpec share) => _there[share].Prepare(_ids);

    /// <summary>A mount of a source that can be used; the caller's.</summary>
    public DetachedMount Take(ShareSpec share) => _there[share].Take();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _there.Values)
            source.Dispose();
    }
}
