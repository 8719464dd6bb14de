using System.Diagnostics;
using Holm.Linux.Files;

namespace Linux.Tests;

/// <summary>Trees as a stranger would fill them.</summary>
public sealed class FolderTreeTests
{
    // 40 folders of 200 bytes each, one in the other: no path names the innermost. Names that are not UTF-8. A link that leads out.
    private const string Fill = """
        chdir $ARGV[0] or die; mkdir "\xff"; open F, ">", "\xff/\xfe" or die; symlink $ARGV[1], "out" or die;
        for (1..40) { mkdir "x" x 200 or die; chdir "x" x 200 or die; open F, ">", "file" or die }
        """;

    [Fact]
    public async Task Whatever_is_in_it_is_removed_and_no_link_is_followed()
    {
        var (tree, other) = (Directory.CreateTempSubdirectory("holm-tree-"), Directory.CreateTempSubdirectory("holm-other-"));
        await File.WriteAllTextAsync(Path.Combine(other.FullName, "kept"), "", TestContext.Current.CancellationToken);
        using var perl = Process.Start("perl", ["-e", Fill, tree.FullName, other.FullName]);
        await perl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, perl.ExitCode);

        var visited = 0;
        FolderTree.VisitFromBelow(tree.FullName, _ => visited++);
        Assert.Equal(42, visited);
        Assert.False(FolderTree.TryRemoveFolders(tree.FullName));
        FolderTree.Remove(tree.FullName);
        Assert.False(Directory.Exists(tree.FullName));
        FolderTree.Remove(tree.FullName);
        Assert.Single(other.GetFiles());
        other.Delete(recursive: true);
    }
}
