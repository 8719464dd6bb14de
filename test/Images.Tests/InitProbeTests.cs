using Holm.Contract;
using Holm.Images;
using Holm.Linux;
using Holm.Linux.Mounts;

namespace Images.Tests;

/// <summary>What /sbin/init of an image is taken for. Each image is made by tar2sqfs and mounted by the kernel.</summary>
public sealed class InitProbeTests : IDisposable
{
    // Enough of an ELF header for x86-64, little-endian: magic, and e_machine 62 at byte 18; elf(5).
    private static readonly string Native = Elf(InitProbe.Architecture switch { "x86_64" => 62, "aarch64" => 183, _ => 40 });

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Systemd_is_known_by_where_the_link_leads()
    {
        var probe = Look($"mkdir -p usr/lib/systemd usr/sbin etc; {Native} > usr/lib/systemd/systemd; chmod +x usr/lib/systemd/systemd; " +
            "ln -s usr/sbin sbin; ln -s ../lib/systemd/systemd usr/sbin/init; " +
            "printf 'ID=debian\\nVERSION_ID=\"12\"\\nPRETTY_NAME=\"Deb\\tian\"\\n' > etc/os-release");
        Assert.Equal((InitKind.Systemd, (37, 2)), (probe.Kind, probe.HaltAndReboot));
        Assert.Equal(("debian", "12", "Debian"), (probe.Properties["os"], probe.Properties["release"], probe.Properties["description"]));
    }

    [Fact]
    public async Task Links_upwards_are_followed_while_others_rename_files()
    {
        Look($"mkdir -p lib/systemd sbin; {Native} > lib/systemd/systemd; chmod +x lib/systemd/systemd; " +
            "ln -s ../lib/systemd/../../lib/systemd/systemd sbin/init");
        using var file = Fd.Open(_scratch["r.sqfs"], OpenFlags.O_RDONLY);
        using var mount = SquashMount.Open(file);
        using var enough = new CancellationTokenSource();
        var renames = Task.Run(() =>
        {
            for (var (from, to) = (_scratch.File("one", []), _scratch["two"]); !enough.IsCancellationRequested; (from, to) = (to, from))
                File.Move(from, to, overwrite: true);
        });
        for (var i = 0; i < 5000; i++)
            Assert.Equal(InitKind.Systemd, InitProbe.Look(mount.Root, needsInit: true).Kind);
        await enough.CancelAsync();
        await renames;
    }

    [Theory]
    [InlineData("mkdir bin; cp /tmp-elf bin/busybox; ln -s ../bin/busybox sbin/init")]
    [InlineData("cp /tmp-elf sbin/finit; ln -s finit sbin/init")]
    [InlineData("cp /tmp-elf sbin/init; head -c 100000 /dev/zero >> sbin/init; printf 'BusyBox v1.35' >> sbin/init; chmod +x sbin/init")]
    public void BusyBox_and_Finit_are_known_by_their_link_or_words(string script)
    {
        var probe = Look("mkdir sbin; " + script.Replace("/tmp-elf", "../elf", StringComparison.Ordinal));
        Assert.Equal((InitKind.BusyBox, (12, 15)), (probe.Kind, probe.HaltAndReboot));
    }

    [Fact]
    public void Another_init_and_a_script_get_the_common_signals()
    {
        Assert.Equal((30, 2), Look("mkdir sbin; cp ../elf sbin/init").HaltAndReboot);
        var script = Look("mkdir sbin bin; cp ../elf bin/sh; printf '#! /bin/sh\\t-e\\n' > sbin/init; chmod +x sbin/init");
        Assert.Equal(InitKind.Other, script.Kind);
    }

    [Theory]
    [InlineData("missing", "mkdir sbin", "has no /sbin/init (ENOENT)")]
    [InlineData("link out", "mkdir sbin; ln -s ../../../../bin/sh sbin/init", "has no /sbin/init (ENOENT)")]
    [InlineData("loop", "mkdir sbin; ln -s init sbin/init", "has no /sbin/init (ELOOP)")]
    [InlineData("folder", "mkdir -p sbin/init", "is no file")]
    [InlineData("fifo", "mkdir sbin; mkfifo sbin/init; chmod +x sbin/init", "is no file")]
    [InlineData("not executable", "mkdir sbin; cp ../elf sbin/init; chmod -x sbin/init", "is not executable")]
    [InlineData("text", "mkdir sbin; echo hello hello hello hello > sbin/init; chmod +x sbin/init", "neither a program")]
    [InlineData("empty", "mkdir sbin; touch sbin/init; chmod +x sbin/init", "neither a program")]
    [InlineData("foreign", "mkdir sbin; cp ../foreign sbin/init", "is for riscv")]
    [InlineData("foreign, big end first",
        @"mkdir sbin; printf '\177ELF\1\2\1\0\0\0\0\0\0\0\0\0\0\2\0\10\0\0\0\1' > sbin/init; chmod +x sbin/init", "is for MIPS")]
    [InlineData("script of nothing", "mkdir sbin; printf '#!/bin/sh\\n' > sbin/init; chmod +x sbin/init", "'/bin/sh', which is not in")]
    [InlineData("script of a fifo", "mkdir sbin bin; mkfifo bin/sh; chmod +x bin/sh; printf '#!/bin/sh\\n' > sbin/init; chmod +x sbin/init",
        "'/bin/sh', which is no executable file")]
    [InlineData("script of a folder", "mkdir sbin bin; printf '#!/bin\\n' > sbin/init; chmod +x sbin/init", "no executable file")]
    [InlineData("script of a script", "mkdir sbin; printf '#!/sbin/init\\n' > sbin/init; chmod +x sbin/init", "neither a program")]
    public void What_cannot_start_is_refused(string name, string script, string refusal)
    {
        var refused = Assert.Throws<Refusal>(() => Look(script));
        Assert.True(refused.Message.Contains(refusal, StringComparison.Ordinal), $"{name}: {refused.Message}");
        Assert.Equal(InitKind.Other, Look("true", needsInit: false).Kind);
    }

    private InitProbe Look(string script, bool needsInit = true)
    {
        _scratch.Shell($"""
            rm -rf r; mkdir r; {Native} > elf; {Elf(243)} > foreign; chmod +x elf foreign; cd r; {script}; cd ..
            tar -C r -cf - . | tar2sqfs -q -f r.sqfs
            """);
        using var file = Fd.Open(_scratch["r.sqfs"], OpenFlags.O_RDONLY);
        using var mount = SquashMount.Open(file);
        return InitProbe.Look(mount.Root, needsInit);
    }

    private static string Elf(int machine) =>
        $"printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\3\\0\\{Convert.ToString(machine, 8)}\\0\\1\\0\\0\\0'";
}
