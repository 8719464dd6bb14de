using System.Collections.Immutable;
using Holm.Config;
using Holm.Linux.Hardware;
using Holm.Node.Shares;

namespace Node.Tests.Shares;

/// <summary>
/// USB devices and GPUs, of which this machine has none: they are read from a folder tree that is made as sysfs of such a machine is, so
/// what is tested is the reading, not any hardware.
/// </summary>
public sealed class HardwareTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    private string Sys => Path.Combine(_scratch.Root, "sys");

    public HardwareTests()
    {
        Usb("usb1", "1d6b", "0002", 1, 1, "189:0");
        Usb("1-1", "0403", "6001", 1, 4, "189:3");
        Usb("1-2", "0403", "6010", 1, 12, "189:11");
        // An interface of one, and one that is just being unplugged.
        Folder("bus/usb/devices/1-1:1.0");
        Write("bus/usb/devices/1-3/idVendor", "0403");
        Card("0000:00:02.0", "0x8086", "0x3e92", "card0", "226:0", "renderD128", "226:128");
        Card("0000:01:00.0", "0x1002", "0x67df", "card1", "226:1", "renderD129", "226:129");
        // A card that is on no bus, and a connector of one.
        Folder("devices/platform/vgem");
        Drm("devices/platform/vgem", "card2", "226:2");
        Folder("class/drm/card0-HDMI-A-1");
        Write("class/drm/version", "drm 1.1.0 20060810");
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Usb_devices_are_those_with_a_file() => Assert.Equal(
    [
        new UsbDevice("1d6b", "0002", "/dev/bus/usb/001/001", 189, 0), new UsbDevice("0403", "6001", "/dev/bus/usb/001/004", 189, 3),
        new UsbDevice("0403", "6010", "/dev/bus/usb/001/012", 189, 11),
    ], UsbDevice.ReadAll(Sys));

    [Fact]
    public void Files_of_gpus_know_their_card() => Assert.Equal(
    [
        new GpuFile("/dev/dri/card0", 0, "0000:00:02.0", "8086", "3e92", 226, 0),
        new GpuFile("/dev/dri/card1", 1, "0000:01:00.0", "1002", "67df", 226, 1),
        new GpuFile("/dev/dri/card2", 2, null, null, null, 226, 2),
        new GpuFile("/dev/dri/renderD128", 0, "0000:00:02.0", "8086", "3e92", 226, 128),
        new GpuFile("/dev/dri/renderD129", 1, "0000:01:00.0", "1002", "67df", 226, 129),
    ], GpuFile.ReadAll(Sys));

    [Theory]
    [InlineData("usb", "001/001 001/004 001/012")]
    [InlineData("usb vendorid=0403", "001/004 001/012")]
    [InlineData("usb vendorid=0403 productid=6010", "001/012")]
    [InlineData("usb productid=6001", "001/004")]
    [InlineData("usb vendorid=dead", "")]
    [InlineData("gpu", "card0 card1 card2 renderD128 renderD129")]
    [InlineData("gpu vendorid=8086", "card0 renderD128")]
    [InlineData("gpu id=1", "card1 renderD129")]
    [InlineData("gpu pci=01:00.0", "card1 renderD129")]
    [InlineData("gpu productid=67df", "card1 renderD129")]
    public void An_app_is_given_all_that_fit(string device, string files)
    {
        var given = Of(device);
        var folder = device.StartsWith("usb", StringComparison.Ordinal) ? "/dev/bus/usb/" : "/dev/dri/";
        Assert.Equal(files.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(f => folder + f), given.Shares.Select(s => s.Path));
        Assert.Null(given.Absent);
        // None has to be there for the start, each has its numbers, so that no file of the host is needed.
        Assert.All(given.Shares, s =>
            Assert.True(s is { Required: false, DeviceFile: { Major: not null, Minor: not null, IsBlock: false } }));
    }

    [Theory]
    [InlineData("usb vendorid=dead required=true", "it waits for a USB device of vendor dead (device d0), which is not there")]
    [InlineData("gpu id=9", "it waits for a GPU with number 9 (device d0), which is not there")]
    public void What_has_to_be_there_is_waited_for(string device, string why) => Assert.Equal(why, Of(device).Absent);

    [Fact]
    public void A_part_that_fits_two_devices_is_given_once() =>
        Assert.Equal(3, Of("usb", "usb vendorid=0403").Shares.DistinctBy(s => s.Path).Count());

    [Fact]
    public void What_is_unplugged_is_given_no_more()
    {
        var before = Of("usb vendorid=0403").Shares;
        Directory.Delete(Path.Combine(Sys, "bus/usb/devices/1-1"), recursive: true);
        Assert.Equal(before.Skip(1), Of("usb vendorid=0403").Shares);
    }

    /// <summary><c>TYPE KEY=VALUE…</c> each; they are called d0, d1 and so on.</summary>
    private HardwareShares Of(params string[] devices) =>
        HardwareShares.Of(devices.Select((text, i) => KeyValuePair.Create($"d{i}", Read(text.Split(' ')))), Sys);

    private static ImmutableSortedDictionary<string, string> Read(string[] words) => Maps.From(
        words.Skip(1).Select(w => w.Split('=')).Select(p => KeyValuePair.Create(p[0], p[1])).Append(new("type", words[0])));

    private void Usb(string name, string vendor, string product, int bus, int number, string device)
    {
        foreach (var (file, text) in ((string, string)[])[("idVendor", vendor), ("idProduct", product), ("busnum", $"{bus}"),
            ("devnum", $"{number}"), ("dev", device)])
            Write($"bus/usb/devices/{name}/{file}", text);
    }

    private void Card(string pci, string vendor, string product, string card, string cardDevice, string render, string renderDevice)
    {
        var folder = $"devices/pci0000:00/{pci}";
        Write($"{folder}/vendor", vendor);
        Write($"{folder}/device", product);
        Folder("bus/pci");
        File.CreateSymbolicLink(Path.Combine(Sys, folder, "subsystem"), "../../../bus/pci");
        Drm(folder, card, cardDevice);
        Drm(folder, render, renderDevice);
    }

    /// <summary>As the kernel has them: a folder below the device, with a link back, and a link to it in class/drm.</summary>
    private void Drm(string device, string name, string numbers)
    {
        Write($"{device}/drm/{name}/dev", numbers);
        File.CreateSymbolicLink(Path.Combine(Sys, device, "drm", name, "device"), "../../../" + Path.GetFileName(device));
        Folder("class/drm");
        Directory.CreateSymbolicLink(Path.Combine(Sys, "class/drm", name), $"../../{device}/drm/{name}");
    }

    private void Folder(string path) => Directory.CreateDirectory(Path.Combine(Sys, path));

    private void Write(string path, string text)
    {
        Folder(Path.GetDirectoryName(path)!);
        File.WriteAllText(Path.Combine(Sys, path), text + "\n");
    }
}
