namespace Guest.Tests;

/// <summary>
/// Shares on Debian's own kernel: it cannot map the ids of tmpfs, knows vfat, and its mounts are private, for nothing made them shared.
/// </summary>
public sealed class HolmShareTests(HolmShareTests.Booted booted) : IClassFixture<HolmShareTests.Booted>
{
    private readonly HolmGuest _holm = booted.Holm;

    [Theory]
    [InlineData("ram")]
    [InlineData("default")]
    public async Task Ids_are_the_hosts_and_what_is_forbidden_stays_so(string pool)
    {
        await _holm.Must(
            $"""
            mkdir -p /state/{pool}
            holm app create {pool} sample --pool {pool}
            holm config device add {pool} data disk source=/state/{pool} path=/srv/new/data
            holm config device add {pool} fixed disk source=/state/{pool} path=/var/run/fixed readonly=true
            timeout 60 holm app start {pool}
            holm exec {pool} -- sh -c 'cd /srv/new/data; touch root user; chown 1000:1000 user'
            """);
        Assert.Equal("0:0\n1000:1000\n", await _holm.Must($"stat -c %u:%g /state/{pool}/root /state/{pool}/user"));
        Assert.Equal("0:0 755\n", await _holm.Must($"holm exec {pool} -- stat -c '%u:%g %a' /srv/new"));
        Assert.NotEqual(0, (await _holm.Run(
            $"holm exec {pool} -- sh -c 'mount -o remount,rw,suid,dev,bind /run/fixed; touch /run/fixed/x'")).ExitCode);
        await _holm.Must($"holm exec {pool} -- grep -q ' /run/fixed .*ro,nosuid,nodev' /proc/self/mounts");
        await _holm.Must($"holm app delete --force {pool}; [ ! -e /state/{pool}/x ]");
    }

    [Fact]
    public async Task A_filesystem_whose_ids_cannot_be_mapped_is_refused_with_the_mend()
    {
        await _holm.Must(
            "mkdir -p /run/memory; holm app create tmp sample; " +
            "holm config device add tmp d disk source=/run/memory path=/mnt");
        var refused = await _holm.Run("timeout 60 holm app start tmp 2>&1");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("it waits for /run/memory (device d): its filesystem cannot map ids on this kernel; with shift=false",
            refused.Output, StringComparison.Ordinal);
        await _holm.Must("holm config device set tmp d shift=false && timeout 60 holm app start tmp && holm app delete --force tmp");
    }

    [Theory]
    [InlineData("vfat", "busybox mkdosfs")]
    [InlineData("ext4", "mkfs.ext4 -q")]
    public async Task A_stick_comes_and_goes(string type, string make)
    {
        await _holm.Must(
            $"""
            mkdir -p /usb && truncate -s 8M /state/stick && {make} /state/stick && mount -o loop /state/stick /usb
            holm app create {type} sample
            holm config device add {type} usb disk source=/usb path=/mnt required=false
            timeout 60 holm app start {type}
            """);
        foreach (var round in (string[])["one", "two"])
        {
            await _holm.Must($"holm exec {type} -- sh -c 'echo {round} > /mnt/file; sync'; umount /usb");
            await _holm.Until("losetup -nj /state/stick", "");
            await _holm.Until($"holm exec {type} -- ls /mnt", "");
            await _holm.Must("mount -o loop /state/stick /usb");
            await _holm.Until($"holm exec {type} -- cat /mnt/file", round);
        }
        await _holm.Must($"holm app delete --force {type}; umount /usb");
        await _holm.Until("losetup -nj /state/stick", "");
        await _holm.Must("rm /state/stick");
    }

    /// <summary>One guest with one node for all tests of this class.</summary>
    public sealed class Booted : IAsyncLifetime
    {
        private StateDisk? _state;

        public HolmGuest Holm { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _state = await StateDisk.Create(256);
            Holm = await HolmGuest.Boot(_state);
            await Holm.Must("holm image import /payload/sample.squashfs --alias sample");
        }

        public async ValueTask DisposeAsync()
        {
            if (Holm is not null)
                await Holm.DisposeAsync();
            _state?.Dispose();
        }
    }
}
