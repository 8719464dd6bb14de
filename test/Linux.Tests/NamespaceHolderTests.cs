using Holm.Linux;
using Holm.Linux.Files;
using Holm.Linux.Mounts;

namespace Linux.Tests;

public sealed class NamespaceHolderTests
{
    [Fact]
    public void It_has_nothing_open_of_the_process_that_made_it_and_is_in_namespaces_of_its_own()
    {
        using var ours = Fd.Open("/proc/self/ns/user", OpenFlags.O_RDONLY);
        using var holder = NamespaceHolder.Start(NamespaceHolder.CLONE_NEWUSER | NamespaceHolder.CLONE_NEWNS);
        // Closing them is the first that it does.
        Assert.True(SpinWait.SpinUntil(() => !Directory.EnumerateFileSystemEntries($"/proc/{holder.Pid}/fd").Any(f =>
            Path.GetFileName(f) is not ("0" or "1" or "2")), 60_000));
        foreach (var space in (string[])["user", "mnt"])
            Assert.NotEqual(Link("self", space), Link($"{holder.Pid}", space));
        // What this process has open it still has.
        Assert.Equal(FileStat.Of(ours).Inode, FileStat.Of("/proc/self/ns/user").Inode);

        static string? Link(string process, string space) =>
            File.ResolveLinkTarget($"/proc/{process}/ns/{space}", returnFinalTarget: false)?.Name;
    }
}
