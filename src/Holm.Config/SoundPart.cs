using Holm.Contract;

namespace Holm.Config;

/// <summary>The part of a document that keeps the rules: who breaks one is left out, and told.</summary>
internal sealed class SoundPart
{
    private readonly List<string> _problems = [];

    public SoundPart(Document document)
    {
        Document = document;
        KeepPools();
        foreach (var profile in document.Profiles.Values)
            Keep(() => Rules.Check(Document, profile), d => d.WithoutProfile(profile.Name));
        if (!Document.Profiles.ContainsKey(Document.DefaultProfile))
            Document = Document.With(Document.Initial.Profiles[Document.DefaultProfile]);
        foreach (var network in document.Networks.Values)
            Keep(network.Check, d => d.WithoutNetwork(network.Name));
        foreach (var app in document.Instances.Values)
            Keep(() => Rules.Check(Document, app), d => d.WithoutInstance(app.Name));
        KeepTogether();
    }

    /// <summary>What is left.</summary>
    public Document Document { get; private set; }

    /// <summary>Who is not, and why; a sentence each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    // Names on the host are taken in order: who comes second is left out.
    private void KeepTogether()
    {
        var whole = Document;
        Document = whole with { Instances = whole.Instances.Clear(), Networks = whole.Networks.Clear() };
        foreach (var network in whole.Networks.Values)
        {
            Document = Document.With(network);
            Keep(() => Nics.CheckTogether(Document), d => d.WithoutNetwork(network.Name));
        }
        foreach (var app in whole.Instances.Values)
        {
            Document = Document.With(app);
            Keep(() => Nics.CheckTogether(Document), d => d.WithoutInstance(app.Name));
        }
    }

    private void KeepPools()
    {
        var whole = Document;
        Document = whole with { Pools = whole.Pools.Clear() };
        foreach (var pool in whole.Pools.Values)
        {
            Document = Document.With(pool);
            Keep(() => PoolUse.CheckPools(Document), d => d.WithoutPool(pool.Name));
        }
    }

    private void Keep(Action check, Func<Document, Document> without)
    {
        try
        {
            check();
        }
        catch (Refusal refusal)
        {
            _problems.Add(refusal.Message);
            Document = without(Document);
        }
    }
}
