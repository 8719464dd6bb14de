using System.IO.Compression;
using Holm.Linux;
using Holm.Linux.Mounts;

namespace Holm.Images.Roots;

/// <summary>Finds out whether this kernel can map the ids of a SquashFS mount: 6.2 and later can, Debian 12's 6.1 cannot (E10).</summary>
public static class IdmapProbe
{
    // The smallest SquashFS there is: an empty root folder, gzip; made by tar2sqfs from an empty archive, then gzipped.
    private const string EmptyImage =
        "H4sIAAAAAAACA8soLixmZIACAQjFyMDDEMDEyMDCgACtULoWSv+HggQovxxNHAZEGSpuJadUnD7BwGrAJixg7HyTQSad4RtLA7KmAQQA1bhuPQABAAA=";

    /// <summary>Tries it on an empty image that is nowhere but in memory.</summary>
    public static bool CanIdmapSquashfs(Fd userNamespace)
    {
        var image = new byte[4096];
        using (var packed = new GZipStream(new MemoryStream(Convert.FromBase64String(EmptyImage)), CompressionMode.Decompress))
            packed.ReadAtLeast(image, image.Length, throwOnEndOfStream: false);
        using var file = Fd.Memory("empty.squashfs", image);
        using var mount = SquashMount.Open(file);
        try
        {
            MountCalls.SetIdmap(mount.Root, userNamespace);
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errnos.EINVAL)
        {
            return false;
        }
    }
}
