using System.Diagnostics;

namespace Node.Tests.Shares;

/// <summary>A program that exchanges two names, as fast as the kernel can, until its parent ends.</summary>
internal static class Swapper
{
    private const string Source =
        """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <signal.h>
        #include <stdio.h>
        #include <sys/prctl.h>
        int main(int n, char **v) {
          prctl(PR_SET_PDEATHSIG, SIGKILL);
          for (;;) renameat2(AT_FDCWD, v[1], AT_FDCWD, v[2], RENAME_EXCHANGE);
        }
        """;

    /// <summary>Compiles it; it needs no library.</summary>
    public static async Task Build(string program)
    {
        var compile = new ProcessStartInfo("gcc", ["-xc", "-static", "-o", program, "-"]) { RedirectStandardInput = true };
        using var gcc = Process.Start(compile)!;
        await gcc.StandardInput.WriteAsync(Source);
        gcc.StandardInput.Close();
        await gcc.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, gcc.ExitCode);
    }
}
