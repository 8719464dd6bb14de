using Holm.Linux.Mounts;

namespace Linux.Tests;

public sealed class NamespaceHolderTests
{
    [Fact]
    public void It_is_in_namespaces_of_its_own()
    {
        using var holder = NamespaceHolder.Start(NamespaceHolder.CLONE_NEWUSER | NamespaceHolder.CLONE_NEWNS);
        foreach (var space in (string[])["user", "mnt"])
            Assert.NotEqual(Link("self", space), Link($"{holder.Pid}", space));

        static string? Link(string process, string space) =>
            File.ResolveLinkTarget($"/proc/{process}/ns/{space}", returnFinalTarget: false)?.Name;
    }
}
