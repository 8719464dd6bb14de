using static System.Tests.RouterConsole;

namespace System.Tests;

/// <summary>Sessions of the router's console: two at once, cut off, from a pipe, saved and brought back.</summary>
public sealed class RouterSessionTests
{
    [Fact]
    public async Task A_refused_leave_names_the_object_stays_and_others_are_fine()
    {
        await using var node = await Node();
        await Make(node, "one", "two");
        using var first = Console(node);
        using var second = Console(node);
        await first.Ends(Exec);
        await second.Ends(Exec);
        await first.Types("configure app one\r", "/app-one/#> ");
        await second.Types("configure app one\r", "/app-one/#> ");
        await first.Types("description mine\r", "/app-one/#> ");
        await second.Types("description yours\r", "/app-one/#> ");
        await first.Types("leave\r", Applied + Exec);
        await second.Types("leave\r", "/app-one/#> ");
        await second.Sees("somebody else has changed app one meanwhile; nothing was applied");
        await second.Types("show\r", "/app-one/#> ");
        Assert.Contains("Description  : yours", second.Screen);
        await second.Types("abort\r", Exec);

        await first.Types("configure app one\r", "/app-one/#> ");
        await second.Types("configure app two\r", "/app-two/#> ");
        await first.Types("description again\r", "/app-one/#> ");
        await second.Types("description also\r", "/app-two/#> ");
        await first.Types("leave\r", Applied + Exec);
        await second.Types("leave\r", Applied + Exec);
        var config = (await node.Holm("show", "running-config")).Well().Out;
        Assert.Contains("description again", config);
        Assert.Contains("description also", config);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_that_is_cut_off_has_applied_nothing(bool hangup)
    {
        await using var node = await Node();
        using (var console = Console(node))
        {
            await console.Ends(Exec);
            await console.Types("configure app foo netbox\r", Foo);
            await console.Types("no share veth\r", Foo);
            if (hangup)
                console.Cut();
            else
                (await Shell.Sh($"kill -9 $({Programs(node)})")).Well();
            await console.Ends();
        }
        Assert.DoesNotContain("app foo", (await node.Holm("show", "running-config")).Well().Out);
        await Shell.Until("no program of the session is left", async () =>
            (await Shell.Sh(Programs(node))).Out.Length == 0);
    }

    [Fact]
    public async Task Lines_from_a_pipe_are_one_session()
    {
        await using var node = await Node();
        var ran = await node.HolmWith("""
            # two apps
            configure
                app foo netbox
                    no share veth
                end
                app bar netbox
                    no enable
                    no share veth
                end
            leave
            show app
            """);
        Assert.Equal((0, ""), (ran.Code, ran.Err));
        Assert.Equal(Applied + """
            NAME STATE   AUTOSTART GROUPS IPV4 IPV6 UNPRIVILEGED 
            bar  STOPPED 0         -      -    -    true         
            foo  RUNNING 1         -      -    -    true         

            """, ran.Out);
        var text = (await node.Holm("show", "running-config")).Well().Out;
        (await node.HolmWith("configure\nno app foo\nno app bar\nleave\n")).Well();
        Assert.DoesNotContain("app foo", (await node.Holm("show", "running-config")).Well().Out);
        (await node.HolmWith($"configure\n{text}leave\n")).Well();
        Assert.Equal(text, (await node.Holm("show", "running-config")).Well().Out);
        ran = await node.HolmWith("configure\napp foo\ndescription lost\n");
        Assert.Equal((2, "holm: line 3: the script ends inside the configuration, without leave; nothing of it was applied\n"),
            (ran.Code, ran.Err));
        Assert.DoesNotContain("lost", (await node.Holm("show", "running-config")).Well().Out);
    }

    [Fact]
    public async Task Configurations_are_copied_saved_and_brought_back()
    {
        await using var node = await Node();
        var file = Path.Combine(node.State, "my.cfg");
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("configure app foo netbox\r", Foo);
        await console.Types("no share veth\r", Foo);
        await console.Types("end\r", Exec);
        Assert.DoesNotContain("app foo", (await node.Holm("show", "startup-config")).Well().Out);
        await console.Types("copy run start\r", "Copying running-config to startup-config ...\nDone.\n" + Exec);
        Assert.Contains("app foo netbox\n", (await node.Holm("show", "startup-config")).Well().Out);
        await console.Types($"cp running-config {file}\r", $"Copying running-config to {file} ...\nDone.\n" + Exec);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await console.Types("copy factory run\r", Exec);
        await console.Types("show app\r", "Done.\nexample:/#> show app\n" + Exec);
        await console.Types($"copy {file} running-config\r", $"Copying {file} to running-config ...\nDone.\n" + Exec);
        await console.Types("sh app\r", Exec);
        Assert.EndsWith("foo  RUNNING 1         -      -    -    true         \n" + Exec, console.Screen);
    }

    [Fact]
    public async Task Without_the_library_the_console_names_its_package_and_verbs_go_on()
    {
        await using var node = await Node();
        const string hide = "for f in /usr/lib/*/libedit.so.2 /lib/*/libedit.so.2; do mount --bind /dev/null $f; done;";
        using var console = Console(node, before: hide);
        await console.Sees("holm: the console needs the library libedit: install the package libedit2");
        Assert.Equal(1, await console.Ends());
        var verbs = await Shell.Run("unshare", ["-m", "sh", "-c", $"{hide} echo show app | {TestNode.Programs}/holm"], node.Environment);
        verbs.Well();
    }

    /// <summary>A line of shell that prints the process ids of the command lines that talk to a node.</summary>
    private static string Programs(TestNode node) =>
        "for p in $(pgrep -x holm); do tr '\\0' '\\n' < /proc/$p/environ | grep -qx HOLM_RUN=" + node.RunFolder + " && echo $p; done; true";
}
