using Holm.Images;
using Holm.Images.Roots;

namespace Images.Tests.Oci;

/// <summary>What an app would see of an image, to be held against what other tools make of it.</summary>
internal static class Stacks
{
    /// <summary>Mounts its layers as for an app, and describes what is there.</summary>
    public static string Mounted(Scratch scratch, ImageStore store, StoredImage image)
    {
        var layers = new LayerMounts(scratch["run/layers"]);
        using var roots = new Roots(layers, scratch["run"]);
        try
        {
            using var space = roots.Mount(new RootSpec
            {
                Name = "x",
                Layers = [.. image.Layers.Select(l => new Layer(l, store.LayerPath(l)))],
            });
            return space.Run(() => Look(scratch, scratch["run/x/root"]));
        }
        finally
        {
            layers.Set(new HashSet<string>());
        }
    }

    /// <summary>
    /// A line for each file: path, type, mode, owner, time (SquashFS keeps seconds), links (of folders overlayfs counts none),
    /// target, size; contents; attributes.
    /// umoci makes the root itself.
    /// </summary>
    public static string Look(Scratch scratch, string folder) => scratch.Shell(
        $"cd '{folder}' && find . -mindepth 1 -type d -printf '%P %y %m %U:%G %T@\\n' | sed -E 's/[.][0-9]{{10}}$//' | sort && " +
        "find . -mindepth 1 ! -type d -printf '%P %y %m %U:%G %T@ %n %s %l\\n' | sed -E 's/[.][0-9]{{10}} / /' | sort && " +
        "find . -type b -o -type c | sort | xargs -r stat -c '%n %t %T'; " +
        "find . -type f -print0 | sort -z | xargs -0 -r sha256sum; " +
        "find . -mindepth 1 -print0 | sort -z | xargs -0 -r getfattr -h -d -m - -e hex 2>/dev/null || true");
}
