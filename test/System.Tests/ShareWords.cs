namespace System.Tests;

/// <summary>What tests of shares say again and again.</summary>
internal static class ShareWords
{
    /// <summary>Gives an app a share.</summary>
    public static async Task Share(this TestNode node, string app, string device, params string[] keys) =>
        (await node.Holm(["config", "device", "add", app, device, "disk", .. keys])).Well();

    /// <summary>Waits until a line of shell ends well inside.</summary>
    public static Task Sees(this TestNode node, string app, string line) =>
        Shell.Until(line, async () => (await node.Holm("exec", app, "--", "/bin/sh", "-c", line)).Code == 0, 15);

    /// <summary>Where what is mounted inside, as the host sees it.</summary>
    public static async Task<string> Mounts(this TestNode node, string app) => string.Join('\n',
        (await File.ReadAllLinesAsync($"/proc/{await node.InitPid(app)}/mountinfo")).Select(l => l.Split(' ')[4]));

    /// <summary>Reboots it from inside, and waits until it is up.</summary>
    public static async Task Reboots(this TestNode node, string app)
    {
        var init = await node.InitPid(app);
        await node.Holm("exec", app, "--", "reboot");
        await Shell.Until("it is up again", async () =>
            await node.FindInit(app) is { } now && now != init && (await node.Holm("exec", app, "--", "true")).Code == 0);
    }
}

/// <summary>A folder of the host for one test, on disk, removed with it.</summary>
internal sealed class HostFolder : IDisposable
{
    public string Path { get; } = Directory.CreateDirectory($"/var/tmp/holm-share-{Guid.NewGuid().ToString("N")[..8]}").FullName;

    /// <summary>Path of what is in it.</summary>
    public static string operator /(HostFolder folder, string name) => IO.Path.Combine(folder.Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A stick: a filesystem in a file, which the host mounts through a loop device.</summary>
internal sealed class Stick : IAsyncDisposable
{
    private readonly string _image;

    private Stick(string image, string folder) => (_image, Folder) = (image, folder);

    /// <summary>Where the host mounts it.</summary>
    public string Folder { get; }

    /// <summary>True when this kernel can mount such a filesystem.</summary>
    public static async Task<bool> CanBe(string type) =>
        (await Shell.Sh($"modprobe {type} 2>/dev/null; grep -qw {type} /proc/filesystems")).Code == 0;

    public static async Task<Stick> Make(HostFolder folder, string type)
    {
        var stick = new Stick(folder / "stick.img", Directory.CreateDirectory(folder / "usb").FullName);
        (await Shell.Sh($"truncate -s 8M {stick._image} && {(type == "vfat" ? "busybox mkdosfs" : "mkfs.ext4 -q")} {stick._image}")).Well();
        return stick;
    }

    public async Task Plug() => (await Shell.Sh($"mount -o loop {_image} {Folder}")).Well();

    public async Task Unplug() => (await Shell.Sh($"for i in 1 2 3 4 5; do umount {Folder} && exit; sleep 0.1; done; exit 1")).Well();

    /// <summary>
    /// Waits until nothing holds the device any more. What is not Holm's may: a namespace that another test made has a copy of the host's
    /// table, and shows the stick where the host had it.
    /// </summary>
    public async Task IsFree()
    {
        var strangers =
            $"for p in $(grep -l ' {Folder} ' /proc/[0-9]*/mountinfo 2>/dev/null); do cat $(dirname $p)/comm; done | grep -v ^holm";
        var (begun, alone) = (DateTime.UtcNow, DateTime.UtcNow);
        while ((await Shell.Sh($"losetup -nj {_image}")).Well().Out != "")
        {
            if ((await Shell.Sh(strangers)).Out != "")
                alone = DateTime.UtcNow;
            Assert.True(DateTime.UtcNow < alone.AddSeconds(1) && DateTime.UtcNow < begun.AddMinutes(1), "the stick is still in use");
        }
    }

    public async ValueTask DisposeAsync() => await Shell.Sh($"umount -l {Folder} 2>/dev/null");
}
