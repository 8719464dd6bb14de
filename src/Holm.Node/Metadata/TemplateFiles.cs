using Holm.Config;
using Holm.Images.Lxd;
using Holm.Images.Roots;

namespace Holm.Node.Metadata;

/// <summary>What the templates of an instance's image make of it: files that are written into its root before init runs.</summary>
/// <param name="AtCreate">Once in a root that is new.</param>
/// <param name="AtCopy">Once in a root that is a copy.</param>
/// <param name="AtStart">Whenever the root is mounted.</param>
public sealed record TemplateFiles(IReadOnlyList<RootMount> AtCreate, IReadOnlyList<RootMount> AtCopy, IReadOnlyList<RootMount> AtStart)
{
    /// <summary>None.</summary>
    public static TemplateFiles None { get; } = new([], [], []);

    /// <summary>True: there is nothing to write.</summary>
    public bool IsEmpty => AtCreate.Count + AtCopy.Count + AtStart.Count == 0;

    /// <summary>Renders all of them; pure.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="config">Its keys, profiles included.</param>
    /// <param name="image">Its image's other half; null: it has none.</param>
    public static TemplateFiles Of(InstanceConfig instance, IReadOnlyDictionary<string, string> config, StoredLxd? image)
    {
        if (image is null || image.Metadata.Templates.Count == 0)
            return None;
        var about = new Dictionary<string, string>
        {
            ["name"] = instance.Name,
            ["type"] = "container",
            ["architecture"] = image.Metadata.Architecture,
            ["privileged"] = Keys.IsTrue(config.GetValueOrDefault("security.privileged")) ? "true" : "false",
            ["ephemeral"] = instance.Ephemeral ? "true" : "false",
        };
        IReadOnlyList<RootMount> At(string trigger) =>
        [
            .. image.Metadata.Templates.Where(t => t.Value.When.Contains(trigger)).OrderBy(t => t.Key, StringComparer.Ordinal)
                .Select(t => new RootMount(t.Key)
                {
                    Text = TemplateText.Read(t.Value.Template, image.Templates[t.Value.Template])
                        .Render(new TemplateContext(trigger, t.Key, about, config, t.Value.Properties)),
                    OnlyIfMissing = t.Value.CreateOnly,
                }),
        ];
        return new TemplateFiles(At("create"), At("copy"), At("start"));
    }
}
