using System.Runtime.InteropServices;
using Holm.Contract;
using Holm.Linux;

namespace Holm.Images.Oci;

/// <summary>Kinds of machines, in Go's words and the kernel's.</summary>
public static class Platforms
{
    /// <summary>This machine.</summary>
    public static OciPlatform Own => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => Parse("amd64"),
        Architecture.Arm64 => Parse("arm64"),
        Architecture.Arm => Parse("arm/v7"),
        var other => new OciPlatform { Os = "linux", Architecture = other.ToString().ToLowerInvariant() },
    };

    /// <summary>Reads <c>amd64</c>, <c>arm64</c>, <c>arm/v7</c>, with or without <c>linux/</c>, or the kernel's word for one.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static OciPlatform Parse(string text) => (text.StartsWith("linux/", StringComparison.Ordinal) ? text[6..] : text) switch
    {
        "amd64" or "x86_64" => new OciPlatform { Os = "linux", Architecture = "amd64" },
        "arm64" or "aarch64" or "arm64/v8" => new OciPlatform { Os = "linux", Architecture = "arm64" },
        "arm" or "arm/v7" or "armv7l" or "armhf" => new OciPlatform { Os = "linux", Architecture = "arm", Variant = "v7" },
        "arm/v6" or "armv6l" => new OciPlatform { Os = "linux", Architecture = "arm", Variant = "v6" },
        _ => throw new Refusal(400, $"architecture '{new string([.. text.Take(40).Where(c => !char.IsControl(c))])}' is not known; " +
            "amd64, arm64, arm/v7 and arm/v6 are"),
    };

    /// <summary>The kernel's word: <c>x86_64</c>, <c>aarch64</c>, <c>armv7l</c>.</summary>
    public static string KernelName(string architecture, string? variant) => architecture switch
    {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "arm" => variant == "v6" ? "armv6l" : "armv7l",
        _ => architecture,
    };

    /// <summary>True when this machine runs programs for another, by itself or through an interpreter.</summary>
    /// <param name="architecture">As <see cref="KernelName"/> gives it.</param>
    public static bool Runs(string architecture) =>
        architecture == InitProbe.Architecture || (InitProbe.Architecture, architecture) is
            ("x86_64", "386") or ("aarch64", "armv7l" or "armv6l") or ("armv7l", "armv6l") || Emulation.Runs(architecture);

    /// <summary>How a person writes it.</summary>
    public static string Show(OciPlatform platform) => platform.Architecture + (platform.Variant is null ? "" : "/" + platform.Variant);

    /// <summary>
    /// The manifest of an index that this kind of machine runs best: 32-bit ARM also runs what is for older ones. One that does not say
    /// for what machine it is comes last: its image says it.
    /// </summary>
    /// <exception cref="Refusal">404: none; those that are there are listed.</exception>
    public static OciDescriptor Choose(IReadOnlyList<OciDescriptor> manifests, OciPlatform wanted, string image)
    {
        var fit = manifests.Where(m => m.Platform is { Os: "linux" } p && p.Architecture == wanted.Architecture)
            .Where(m => wanted.Architecture != "arm" || Variant(m.Platform!) <= Variant(wanted))
            .OrderByDescending(m => Variant(m.Platform!)).ToList();
        var others = manifests.Where(m => m.Platform is { Os: "linux" }).Select(m => Show(m.Platform!)).Distinct();
        return fit.FirstOrDefault() ?? manifests.FirstOrDefault(m => m.Platform is null) ?? throw new Refusal(404,
            $"{image} is not there for {Show(wanted)}; it is for {string.Join(", ", others.DefaultIfEmpty("no Linux"))}");
    }

    private static int Variant(OciPlatform platform) => platform.Variant switch
    {
        "v5" => 5,
        "v6" => 6,
        null when platform.Architecture == "arm" => 7,
        "v7" => 7,
        "v8" => 8,
        _ => 0,
    };
}
