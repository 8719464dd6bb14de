using System.Diagnostics;
using Holm.Images.Tar;
using Holm.Linux.Files;

namespace Images.Tests;

/// <summary>A folder of one test, removed with it, and real programs run in it.</summary>
public sealed class Scratch : IDisposable
{
    public Scratch() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"holm-images-{Guid.NewGuid():N}");

    public string this[string name] => Path.Combine(Folder, name);

    public string File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(this[name], content);
        return this[name];
    }

    /// <summary>Runs a shell script here; fails the test when it fails.</summary>
    public string Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.Latin1,
            Environment = { ["LC_ALL"] = "C" },
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\nexit code {process.ExitCode}\n{output}\n{error.Result}");
        return output;
    }

    /// <summary>Converts an archive to <c>NAME.sqfs</c> here.</summary>
    public async Task<string> Convert(byte[] tar, string name = "image", TarLimits? limits = null, IProgress<string>? progress = null)
    {
        var target = this[name + ".sqfs"];
        using var staged = Durable.Stage(Folder);
        await TarImage.Convert(
            File(name + ".tar", tar), staged, limits ?? new TarLimits(), progress, TestContext.Current.CancellationToken);
        staged.Commit(target);
        return target;
    }

    /// <summary>One line a file: path, type, mode, owner, size, link, content hash. Sorted; raw bytes as Latin-1.</summary>
    public string Tree(string folder) => Shell(
        $"cd '{folder}' && find . -printf '%P %y %m %U:%G %T@ %n %l\\n' | sort; " +
        "find . -type f -print0 | sort -z | xargs -0 -r sha256sum; " +
        "find . -print0 | sort -z | xargs -0 -r getfattr -h -d -m - -e hex 2>/dev/null | sort || true");

    /// <summary>Unpacks a SquashFS and describes it as <see cref="Tree"/> does.</summary>
    public string SquashTree(string squashfs)
    {
        var folder = this[Path.GetFileNameWithoutExtension(squashfs) + ".out"];
        Shell($"unsquashfs -n -q -f -d '{folder}' '{squashfs}' >/dev/null");
        return Tree(folder);
    }

    /// <remarks>By rm: .NET cannot delete names that are no UTF-8.</remarks>
    public void Dispose() => Process.Start("/bin/rm", ["-rf", "--", Folder]).WaitForExit();
}
