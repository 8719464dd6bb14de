using Holm.Linux;

namespace Linux.Tests;

public sealed class MachineTests
{
    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3", 4)]
    [InlineData("0,2-3,8", 4)]
    public void Processors_in_a_list(string list, int count) => Assert.Equal(count, Machine.CountCpus(list));

    /// <summary>Handlers that the kernel took, in a user namespace of their own, and as it shows them (Linux 6.7).</summary>
    [Theory]
    [InlineData("F", "1", "1", true)]
    [InlineData("", "1", "1", false)]
    [InlineData("F", "0", "1", false)]
    [InlineData("F", "1", "0", false)]
    public void Programs_of_another_machine_run_where_the_kernel_has_an_interpreter_for_them(
        string flags, string all, string handler, bool runs)
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 7), "handlers are the whole machine's before Linux 6.7");
        var folder = Directory.CreateTempSubdirectory("holm-binfmt-").FullName;
        try
        {
            using var shell = System.Diagnostics.Process.Start("/usr/bin/unshare", ["-Urm", "/bin/sh", "-ec", $$"""
                cd {{folder}} && mkdir kernel copy && mount -t binfmt_misc none kernel
                printf ':arm:M::\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000:' > line
                printf '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff' >> line
                printf ':/bin/sh:{{flags}}' >> line && sed 's/\x00/\\x00/g' line > kernel/register
                echo {{handler}} > kernel/arm && echo {{all}} > kernel/status
                cat kernel/arm > copy/arm && cat kernel/status > copy/status && : > copy/register
                """]);
            shell.WaitForExit();
            Assert.Equal(0, shell.ExitCode);
            Assert.Equal(runs, Emulation.Runs("aarch64", folder + "/copy"));
            Assert.False(Emulation.Runs("armv7l", folder + "/copy"));
            Assert.False(Emulation.Runs("vax", folder + "/copy"));
            Assert.False(Emulation.Runs("aarch64", folder + "/nothing"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void This_machine_has_some_of_each()
    {
        Assert.InRange(Machine.OnlineCpus(), 1, 8192);
        Assert.InRange(Machine.MemoryBytes(), 1L << 24, long.MaxValue);
    }
}
