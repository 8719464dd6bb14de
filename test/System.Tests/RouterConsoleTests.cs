using System.Text.RegularExpressions;
using static System.Tests.RouterConsole;

namespace System.Tests;

/// <summary>The router's console: WeOS's transcripts and all that a person types, on a real terminal of a host called example.</summary>
public sealed class RouterConsoleTests
{
    [Fact]
    public async Task The_transcripts_of_WeOS_can_be_typed()
    {
        await using var node = await Node();
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("show app\r", Exec);
        await console.Types("configure\r", Config);
        await console.Types("app foo netbox\r", Foo);
        await console.Types("show\r", Foo);
        await console.Types("leave\r", Exec);
        // The seed's two misprints: UNPRIVILEGED and AUTOSTART; and bar belongs to another app.
        Assert.Equal(
            """
            example:/#> show app
            example:/#> configure
            example:/config/#> app foo netbox
            example:/config/app-foo/#> show
            Status       : Enabled
            Name         : foo
            Description  :
            Image        : netbox
            Init cmd     : /sbin/init
                                                               
            Shared Resources                                   
            TYPE  HOST              GUEST             OPTS     
            veth  foo               eth0
            example:/config/app-foo/#> leave
            Applying configuration.
            Configuration activated.  Remember "copy run start" to save to flash (NVRAM).
            example:/#> 
            """, console.Screen);
    }

    /// <summary>
    /// Programs that drive WeOS know its prompts by these expressions (scrapli's driver), and look at what comes over the line, control
    /// sequences and all.
    /// </summary>
    [Fact]
    public async Task Programs_that_drive_WeOS_find_its_prompts()
    {
        await using var node = await Node();
        using var console = Console(node);
        await Prompt(@"^[\w]*:\/#>", "");
        await Prompt(@"\w+:\/config\/(?:[\w-]+\/)*#>\s*", "configure");
        await Prompt(@"\w+:\/config\/(?:[\w-]+\/)*#>\s*", "app foo-bar netbox");
        await Prompt(@"^[\w]*:\/#>", "abort");

        async Task Prompt(string expression, string line)
        {
            var before = console.Raw.Length;
            if (line.Length > 0)
                await console.Types(line + "\n");
            await Shell.Until($"{expression} after {line}", () => Task.FromResult(
                Regex.IsMatch(console.Raw[before..], expression, RegexOptions.Multiline)), 20);
        }
    }

    [Fact]
    public async Task The_lines_of_WeOS_for_a_boot_by_DHCP_can_be_replayed()
    {
        await using var node = await Node();
        (await node.Holm("image", "alias", "set", "dhcp-boot", "netbox")).Well();
        var made = !Directory.Exists("/usb");
        Directory.CreateDirectory("/usb/config");
        try
        {
            using var console = Console(node);
            await console.Ends(Exec);
            await console.Types("configure app cfg dhcp-boot\r", "example:/config/app-cfg/#> ");
            await console.Types("share path /usb as /mnt\r", "example:/config/app-cfg/#> ");
            await console.Types("end\r", Exec);
            await console.Types("configure iface cfg\r", "example:/config/iface-cfg/#> ");
            await console.Types("inet dhcp\r", "example:/config/iface-cfg/inet-dhcp/#> ");
            await console.Types("option 66, 67\r", "example:/config/iface-cfg/inet-dhcp/#> ");
            await console.Types("leave\r", Applied + Exec);
            await console.Types("copy running-config usb://config/net-config.cfg\r",
                "Copying running-config to /usb/config/net-config.cfg ...\nDone.\n" + Exec);
            Assert.Contains("config", await node.In("cfg", "ls /mnt"), StringComparison.Ordinal);
            Assert.Contains("iface cfg\n    inet dhcp\n        option 66,67\n    end\nend\n",
                File.ReadAllText("/usb/config/net-config.cfg"), StringComparison.Ordinal);
            await console.Types("copy factory-config running-config\r", "Done.\n" + Exec);
            Assert.Equal("", (await node.Holm("show", "app")).Well().Out);
        }
        finally
        {
            if (made)
                Directory.Delete("/usb", recursive: true);
        }
    }

    [Fact]
    public async Task What_is_typed_ahead_of_a_prompt_is_not_lost()
    {
        await using var node = await Node();
        using var console = Console(node);
        await console.Types("conf\rapp foo netbox\rshow\rabort\rshow app ima\rexit\r");
        Assert.Equal(0, await console.Ends());
        Assert.Contains("Name         : foo\n", console.Screen);
        Assert.Contains("\nnetbox  ", console.Screen);
    }

    [Fact]
    public async Task Show_app_prints_what_lxc_ls_prints()
    {
        // liblxc's monitors listen on sockets of the host's own network.
        await using var node = await Node(ownHost: false);
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("configure app bar netbox\r", "example:/config/app-bar/#> ");
        await console.Types("no share veth\r", "example:/config/app-bar/#> ");
        await console.Types("end\r", Exec);
        await console.Types("configure app foo netbox\r", Foo);
        await console.Types("no share veth\r", Foo);
        await console.Types("no enable\r", Foo);
        await console.Types("end\r", Exec);
        await console.Types("show app\r", Exec);
        Assert.EndsWith("""
            example:/#> show app
            NAME STATE   AUTOSTART GROUPS IPV4 IPV6 UNPRIVILEGED 
            bar  RUNNING 1         -      -    -    true         
            foo  STOPPED 0         -      -    -    true         
            example:/#> 
            """, console.Screen);
        var own = (await node.Holm("show", "app")).Well().Out.Split('\n');
        var real = (await Shell.Run("lxc-ls", ["-f", "-P", node.LxcPath])).Well().Out.Split('\n');
        Assert.Equal(real[0], own[0]);
        Assert.Equal(real[1].Replace("RUNNING 0", "RUNNING 1", StringComparison.Ordinal), own[1]);
    }

    [Fact]
    public async Task Attach_goes_to_an_apps_console_and_back()
    {
        await using var node = await Node();
        await Make(node, "bar");
        await Shell.Until("the console asks for a login", async () => (await node.Holm("app", "logs", "bar")).Out.Contains("login:",
            StringComparison.Ordinal));
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("app attach bar\r");
        await console.Sees("Type <Ctrl+p q> to exit the console, <Ctrl+p Ctrl+p> to enter Ctrl+p itself");
        await console.Sees("login:");
        await console.Types("root\r");
        await console.Sees("#");
        await console.Types("\u0010\u0011", Exec);
        await console.Types("app attach bar\r");
        await console.Sees("login:");
        await console.Types("\u0010q", Exec);
        // Every key after it is the console's again.
        await console.Types("sh app\r", Exec);
        Assert.Contains("bar  RUNNING 1 ", console.Screen);
    }

    [Fact]
    public async Task Words_can_be_cut_short_and_Tab_completes_words_and_names()
    {
        await using var node = await Node();
        await Make(node, "web-front");
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("sh\t", "> show ");
        await console.Types("app\t", "> show app ");
        await console.Types("w\t", "> show app web-front ");
        await console.Types("\u0003", Exec);
        await console.Types("app st\t", "\nstart  stop\nexample:/#> app st");
        await console.Types("\u0003", Exec);
        await console.Types("conf app foo \t", "> conf app foo netbox ");
        await console.Types("\r", Foo);
        await console.Types("sh\r", Foo);
        await console.Types("desc\t\"a b\r", Foo);
        Assert.EndsWith("holm: a quote is not closed\n" + Foo, console.Screen);
        await console.Types("env\tLANG C\r", Foo);
        await console.Types("no env\t\t", "> no environment LANG ");
        await console.Types("\u0003", Foo);
        await console.Types("abo\r", Exec);
        await console.Types("copy run /etc/hostn\t", "> copy run /etc/hostname ");
        await console.Types("\u0003", Exec);
        await console.Types("show running-config\r", Exec);
        Assert.DoesNotContain("app foo", console.Screen[console.Screen.LastIndexOf("show running-config", StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task A_question_mark_tells_what_may_follow_and_leaves_the_line_as_it_is()
    {
        await using var node = await Node();
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("app sta?", "\n  start  start apps\nexample:/#> app sta");
        await console.Types("\u0003", Exec);
        await console.Types("show ?", """

              app             list apps and their state, or show one
              running-config  print the configuration that holds now
              startup-config  print the configuration that the device starts with
            example:/#> show 
            """);
        await console.Types("app\r", Exec);
        await console.Types("configure app foo netbox\r", Foo);
        await console.Types(
            "no enable\u0002\u0002?", "\n  enable  do not start it; stop it as soon as this is activated\n" + Foo + "no enable");
        await console.Types("\r", Foo);
        await console.Types("description \"why?\"\r", Foo);
        await console.Types("show\r", Foo);
        Assert.Contains("Description  : why?\n", console.Screen);
    }

    [Fact]
    public async Task Earlier_lines_come_back_long_ones_wrap_and_letters_of_all_kinds_can_be_edited()
    {
        await using var node = await Node();
        using var console = Console(node, columns: 40);
        await console.Ends(Exec);
        await console.Types("configure app foo netbox\r", Foo);
        await console.Types("description \"Grüße von der Insel ø, ganz weit draußen\"\r", Foo);
        await console.Types("\u001b[A", "\n" + Wrapped(Foo + "description \"Grüße von der Insel ø, ganz weit draußen\"", 40));
        await console.Types("\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007fim Süden\"\r", Foo);
        await console.Types("show\r", Foo);
        Assert.Contains(Wrapped("Description  : Grüße von der Insel ø, ganz weit im Süden", 40), console.Screen);
        await console.Types("\u0012conf");
        await Shell.Until("the search has found it", () =>
            Task.FromResult(console.Screen.Contains("\nbck:conf", StringComparison.Ordinal)));
        await console.Types("\u001b");
        await Shell.Until("the search is over", () =>
            Task.FromResult(console.Screen.TrimEnd().EndsWith(Wrapped(Foo + "configure app foo netbox", 40), StringComparison.Ordinal)));
        await console.Types("\u0003", Foo);
        await console.Types("abort\r", Exec);
    }

    [Fact]
    public async Task Control_keys_leave_go_up_and_drop_the_line()
    {
        await using var node = await Node();
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("half a line\u0003", "half a line^C\n" + Exec);
        await console.Types("\u001a", Exec);
        await console.Types("configure\r", Config);
        await console.Types("app foo netbox\r", Foo);
        await console.Types("no share veth\r", Foo);
        await console.Types("\u0004", "^D\n" + Config);
        await console.Types("\u0004", "^D\nholm: something was configured: leave applies it, abort forgets it\n" + Config);
        await console.Types("half\u001a", "half^Z\n" + Applied + Exec);
        await console.Types("configure\r", Config);
        await console.Types("\u0004", "^D\n" + Exec);
        await console.Types("\u0004");
        Assert.Equal(0, await console.Ends());
        Assert.Equal("Running", await node.Status("foo"));
    }

    [Fact]
    public async Task Repeat_runs_a_command_until_a_key_is_pressed()
    {
        await using var node = await Node();
        await Make(node, "bar");
        using var console = Console(node);
        await console.Ends(Exec);
        await console.Types("repeat show app\r");
        await Shell.Until("it is shown twice", () => Task.FromResult(console.Screen.Split("bar  RUNNING").Length > 2));
        await console.Types("x", Exec);
        await console.Types("sh app\r", Exec);
    }

    [Fact]
    public async Task A_new_window_size_is_followed()
    {
        await using var node = await Node();
        var tty = Path.Combine(node.RunFolder, "tty");
        using var console = Console(node, before: $"tty > {tty};");
        await console.Ends(Exec);
        console.Resized(30);
        (await Shell.Sh($"stty -F $(cat {tty}) cols 30")).Well();
        await console.Types("show abcdefghijklmnopqrstuvwxyz", Wrapped(Exec + "show abcdefghijklmnopqrstuvwxyz", 30));
        await console.Types("?", "\n  nothing can follow here\n" + Wrapped(Exec + "show abcdefghijklmnopqrstuvwxyz", 30));
        await console.Types("\u007f\u007f", Wrapped(Exec + "show abcdefghijklmnopqrstuvwx", 30));
    }

    private static string Wrapped(string text, int columns) => string.Join('\n', text.Chunk(columns).Select(row => new string(row)));
}
