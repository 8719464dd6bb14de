using System.Diagnostics;
using System.Globalization;
using Holm.Linux.Mounts;
using Holm.Node.Shares;

namespace Node.Tests.Shares;

/// <summary>
/// A shell in user and mount namespaces of its own, on a root of its own: what a share is made for, without liblxc. Its /proc is its own
/// host's: it has no namespace of processes.
/// </summary>
internal sealed class SmallApp : IDisposable
{
    private readonly Process _shell;

    private SmallApp(Process shell, ShareIds ids) => (_shell, Ids) = (shell, ids);

    public const uint FirstId = 3_000_000, IdCount = 65536;

    public int Pid => _shell.Id;

    public ShareIds Ids { get; }

    /// <summary>Starts one; unprivileged unless told otherwise.</summary>
    public static SmallApp Start(bool privileged = false)
    {
        // util-linux' unshare and nsenter turn into what they run: one process id each.
        using var holder = Process.Start("unshare", privileged ? ["-m", "sleep", "infinity"] : ["-Um", "sleep", "infinity"]);
        while (new FileInfo($"/proc/{holder.Id}/ns/mnt").LinkTarget == new FileInfo("/proc/self/ns/mnt").LinkTarget)
            Thread.Yield();
        if (!privileged)
            foreach (var map in (string[])["uid_map", "gid_map"])
                File.WriteAllText($"/proc/{holder.Id}/{map}", string.Create(CultureInfo.InvariantCulture, $"0 {FirstId} {IdCount}\n"));
        var target = holder.Id.ToString(CultureInfo.InvariantCulture);
        var info = new ProcessStartInfo("nsenter", privileged ? ["-t", target, "-m", "sh"]
            : ["-t", target, "-U", "-m", "--setuid", "0", "--setgid", "0", "sh"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var app = new SmallApp(Process.Start(info)!, privileged ? ShareIds.Privileged
            : new ShareIds(FirstId, IdCount, UserNamespaces.Create(FirstId, IdCount)));
        app.Well("true");
        holder.Kill();
        app.Well(
            """
            mount -t tmpfs -o mode=755 none /mnt && cd /mnt && mkdir bin dev etc home proc run tmp usr var old && ln -s /run var/run &&
            cp /bin/busybox bin/busybox && for tool in cat chown chmod dd grep head id ls ln mkdir mknod mount mv rm rmdir sh sleep stat \
              touch true umount unshare; do ln -s busybox bin/$tool; done &&
            echo image > etc/motd && chmod 1777 tmp && mkdir home/user && chown 1000:1000 home/user && chmod 700 home/user &&
            mount --rbind /proc proc && touch dev/null && mount --bind /dev/null dev/null &&
            mount --rbind . . && cd . &&
            pivot_root . old && cd / && umount -l old && rmdir old
            """);
        // What is written before the other shell reads would be lost with this one.
        app._shell.StandardInput.WriteLine("export PATH=/bin; exec /bin/busybox sh -c 'echo reads; exec sh'");
        Assert.Equal("reads", app._shell.StandardOutput.ReadLine());
        return app;
    }

    /// <summary>Runs lines in it, as its root.</summary>
    /// <returns>Exit code, and what was printed.</returns>
    public (int Code, string Text) Run(string lines)
    {
        // Together with what it complains of.
        _shell.StandardInput.WriteLine($"{{ {lines}\n}} 2>&1; echo \"end $?\"");
        var text = "";
        while (_shell.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("end ", StringComparison.Ordinal))
                return (int.Parse(line[4..], CultureInfo.InvariantCulture), text);
            text += line + "\n";
        }
        throw new InvalidOperationException($"the shell ended: {text}{_shell.StandardError.ReadToEnd()}");
    }

    /// <summary>The same; fails the test unless it ends well.</summary>
    public string Well(string lines)
    {
        var (code, text) = Run(lines);
        Assert.True(code == 0, $"exit code {code}: {text}");
        return text;
    }

    public void Dispose()
    {
        _shell.Kill();
        _shell.WaitForExit();
        _shell.Dispose();
        Ids.UserNamespace?.Dispose();
    }
}
