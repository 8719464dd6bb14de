using Holm.Images.Roots;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Holm.Node.Instances;

/// <summary>Templates of images, written into a root before anybody is in it.</summary>
public sealed partial class Executor
{
    /// <summary>
    /// Mounts a root and writes what the templates say. In a kept folder <c>b</c> says that the files of its creation are being written,
    /// <c>t</c> that they are: a start that is cut short writes them again, and no later one does. One that holds something and has
    /// neither is a copy.
    /// </summary>
    private MountNamespace MountWritten(InstanceSpec spec)
    {
        var (kept, once) = (spec.Root.KeptFolder, spec.Templates.AtCreate);
        if (kept is not null && Directory.Exists(Path.Combine(kept, TemplatesWritten)))
            once = [];
        else if (kept is not null && !Directory.Exists(Path.Combine(kept, TemplatesBegun)) && HoldsSomething(Path.Combine(kept, "u")))
            once = spec.Templates.AtCopy;
        var space = roots.Mount(spec.Root, root =>
        {
            if (kept is not null && once == spec.Templates.AtCreate)
                Durable.CreateFolder(Path.Combine(kept, TemplatesBegun));
            RootMounts.Write($"start {spec.Name}", root, spec.Root.IdmapBase, [.. once, .. spec.Templates.AtStart]);
        });
        if (kept is not null)
            Durable.CreateFolder(Path.Combine(kept, TemplatesWritten));
        return space;
    }

    private const string TemplatesBegun = "b", TemplatesWritten = "t";

    /// <summary>Names of the folders that say so.</summary>
    internal static IReadOnlyList<string> TemplateMarks { get; } = [TemplatesBegun, TemplatesWritten];

    private static bool HoldsSomething(string folder) => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
}
