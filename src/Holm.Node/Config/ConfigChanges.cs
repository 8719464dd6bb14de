using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Config;

/// <summary>Makes the new document of a configuration session, or of a whole new text, from the document that holds. Pure.</summary>
/// <param name="hasImage">Says whether there is an image of that name.</param>
/// <param name="now">When new instances are made.</param>
public sealed class ConfigChanges(Func<string, bool> hasImage, DateTimeOffset now)
{
    /// <summary>Applies the changes of a session to what holds now: all of them, or none.</summary>
    /// <exception cref="Refusal">
    /// 400: a text is none, or is of another object. 404: an image is not here. 412: an object is not any more as the session saw it.
    /// </exception>
    public Document Apply(Document document, IReadOnlyList<ConfigurationChange?> changes)
    {
        var after = document;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            var name = NameOf(change?.Name ?? "");
            if (!seen.Add(name))
                throw new Refusal(400, $"change the configuration: {name} is changed twice; send one change of it");
            if (Comparable(document, name) != Comparable(Fragment(name, change!.Was ?? ""), name))
                throw new Refusal(412, $"change the configuration: somebody else has changed {name} meanwhile; nothing was applied; " +
                    "look at it again and repeat your changes");
            after = Put(after, name, Fragment(name, change.Becomes ?? ""));
        }
        CheckImages(document, after);
        return after;
    }

    /// <summary>A whole new text in the place of all objects. What the node notes for itself stays with the name.</summary>
    /// <exception cref="Refusal">400: the text is none. 404: an image is not here.</exception>
    public Document Replace(Document document, string text)
    {
        var read = ConfigText.Read(text);
        var after = read with
        {
            Instances = read.Instances.SetItems(read.Instances.Values.Select(i => KeyValuePair.Create(i.Name, Settled(document, i)))),
        };
        CheckImages(document, after);
        return after;
    }

    /// <summary>True when two documents say the same; keys that only the node writes do not count.</summary>
    public static bool AreEqual(Document one, Document other) => ConfigText.Write(Plain(one)) == ConfigText.Write(Plain(other));

    private static Document Plain(Document document) => document with
    {
        Instances = document.Instances.SetItems(document.Instances.Values.Select(i => KeyValuePair.Create(i.Name, i.WithoutVolatile()))),
    };

    private static string NameOf(string given)
    {
        try
        {
            return Words.Split(given) switch
            {
                ["resources" or "https"] words => words[0],
                ["app" or "profile" or "network" or "pool" or "registry", var name] words => $"{words[0]} {Words.Quote(name)}",
                _ => throw new Refusal(400, $"{Names.Show(given)} is no object; app NAME, profile NAME, network NAME, pool NAME, " +
                    "registry HOST, https and resources are"),
            };
        }
        catch (FormatException e)
        {
            throw new Refusal(400, $"{Names.Show(given)} is no object: {e.Message}", e);
        }
    }

    /// <summary>A document that holds nothing but the object, or nothing at all.</summary>
    private static Document Fragment(string name, string text)
    {
        Document read;
        try
        {
            read = ConfigText.ReadOnto(new Document(), text);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"{name}: {refusal.Message}", refusal);
        }
        return ConfigText.Objects(read).FirstOrDefault(other => other != name) is not { } stranger ? read
            : throw new Refusal(400, $"the text of {name} is also one of {stranger}; send that as a change of its own");
    }

    private static string Comparable(Document document, string name) => ConfigText.Block(
        Words.Split(name) is ["app", var app] && document.Instances.TryGetValue(app, out var found) ? document.With(found.WithoutVolatile())
            : document, name);

    private Document Put(Document document, string name, Document fragment) => Words.Split(name) switch
    {
        ["app", var app] => fragment.Instances.TryGetValue(app, out var found) ? document.With(Settled(document, found))
            : document.WithoutInstance(app),
        ["profile", var profile] => fragment.Profiles.TryGetValue(profile, out var found) ? document.With(found)
            : document.WithoutProfile(profile),
        ["network", var network] => fragment.Networks.TryGetValue(network, out var found) ? document.With(found)
            : document.WithoutNetwork(network),
        ["pool", var pool] => fragment.Pools.TryGetValue(pool, out var found) ? document.With(SameFolder(document, found))
            : document.WithoutPool(pool),
        ["registry", var host] => fragment.Registries.TryGetValue(host, out var found) ? document.With(found)
            : document with { Registries = document.Registries.Remove(host) },
        ["https"] => document with { Https = fragment.Https },
        _ => document with { Resources = fragment.Resources },
    };

    private static PoolConfig SameFolder(Document document, PoolConfig written) =>
        document.Pools.GetValueOrDefault(written.Name) is not { IsAlways: false } old ||
            (old.Source, old.Driver) == (written.Source, written.Driver) ? written
            : throw new Refusal(409, $"pool {written.Name}: neither its driver nor its source can be changed; make another");

    private InstanceConfig Settled(Document document, InstanceConfig written)
    {
        var old = document.Instances.GetValueOrDefault(written.Name);
        return written.WithVolatileOf(old) with
        {
            CreatedAt = written.CreatedAt != default ? written.CreatedAt : old?.CreatedAt ?? now,
        };
    }

    private void CheckImages(Document before, Document after)
    {
        foreach (var app in after.Instances.Values)
            if (before.Instances.GetValueOrDefault(app.Name)?.Image != app.Image && !hasImage(app.Image))
                throw new Refusal(404, $"app {app.Name}: there is no image {app.Image}; show app image lists those there are");
    }
}
