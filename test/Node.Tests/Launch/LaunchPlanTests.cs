using System.Text;
using System.Text.Json;
using Holm.Contract;
using Holm.Images;
using Holm.Images.Oci;
using Holm.Linux;
using Holm.Node.Launch;

namespace Node.Tests.Launch;

/// <summary>What a launch runs, by what flake, image and caller say.</summary>
public sealed class LaunchPlanTests
{
    private static readonly Flake Flake = new() { Name = "tool", Image = "tool" };

    private static StoredImage Image(OciRun run) => new()
    {
        Fingerprint = new string('0', 64),
        Layers = [],
        Size = 0,
        Architecture = "x86_64",
        Filename = "tool",
        HasInit = false,
        HaltSignal = 15,
        RebootSignal = 15,
        Properties = new Dictionary<string, string>(),
        CreatedAt = default,
        UploadedAt = default,
        Oci = new StoredOci
        {
            Manifest = "{}"u8.ToArray(),
            Config = JsonSerializer.SerializeToUtf8Bytes(new OciConfig { Config = run }, OciJson.Default.OciConfig),
            Layers = [],
        },
    };

    private static string Text(byte[] strings) => Encoding.Latin1.GetString(strings).Replace('\0', '|');

    [Theory]
    [InlineData("/", "", "run|-x|")]
    [InlineData("/", "a b|", "run|a b|")]
    [InlineData("/bin/other", "", "/bin/other|")]
    [InlineData("/bin/other", "|a|", "/bin/other||a|")]
    public void The_images_command_is_what_runs_unless_something_else_is_said(string target, string arguments, string expected)
    {
        var image = Image(new OciRun { Entrypoint = ["run"], Cmd = ["-x"] });
        var own = Encoding.Latin1.GetBytes(arguments.Replace('|', '\0'));
        Assert.Equal(expected, Text(LaunchPlan.Arguments(Flake, target, image, own)));
    }

    [Fact]
    public void Words_of_the_flake_come_before_those_of_the_caller_and_bytes_stay_bytes()
    {
        var image = Image(new OciRun { Entrypoint = ["run"], Cmd = ["-x"] });
        var flake = Flake with { Arguments = ["one two"] };
        Assert.Equal("run|one two|\xff\xfe|", Text(LaunchPlan.Arguments(flake, "/", image, [0xff, 0xfe, 0])));
        Assert.Equal("run|one two|", Text(LaunchPlan.Arguments(flake, "/", image, [])));
    }

    [Fact]
    public void An_image_that_says_nothing_is_not_found()
    {
        var refusal = Assert.Throws<Refusal>(() => LaunchPlan.Arguments(Flake, "/", Image(new OciRun()), []));
        Assert.Equal(127, refusal.Code);
        Assert.Contains("--target", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_the_callers_environment_passes_what_was_named_and_TERM()
    {
        var image = Image(new OciRun { Env = ["A=image", "B=image", "PATH=/bin", "broken", "=x"] });
        var flake = Flake with { Environment = new Dictionary<string, string> { ["B"] = "flake" }, Pass = ["AWS_*", "B", "C"] };
        var caller = Encoding.Latin1.GetBytes("A=caller\0B=caller\0C=\xff\0TERM=vt100\0AWS_KEY=k=v\0AWS=no\0HOME=/root\0");
        Assert.Equal("A=image|B=flake|HOME=/home/app|PATH=/bin|C=\xff|TERM=vt100|AWS_KEY=k=v|",
            Text(LaunchPlan.Environment(flake, image, caller, "/home/app")));
    }

    [Theory]
    [InlineData("aws", "", "one-shot", 0, "aws-")]
    [InlineData("aws", "work", "one-shot", 1000, "aws-work")]
    [InlineData("aws", "a=b_c-", "one-shot", 0, "aws-a-b-c")]
    [InlineData("7zip", "", "resume", 0, "f-7zip")]
    [InlineData("aws.v2", "", "resume", 1000, "aws-v2-u1000")]
    public void Instances_have_names_of_instances(string flake, string asked, string life, uint uid, string expected)
    {
        var name = LaunchPlan.InstanceName(Flake with { Name = flake, Life = life }, asked, uid);
        Assert.Equal(expected, name);
        Holm.Config.Names.CheckInstance(name.EndsWith('-') ? name + "0123ab" : name, console: false);
    }

    [Fact]
    public void The_longest_names_still_are_names()
    {
        var flake = Flake with { Name = new string('n', 63) };
        Holm.Config.Names.CheckInstance(LaunchPlan.InstanceName(flake, "", 0) + "0123ab", console: false);
        Holm.Config.Names.CheckInstance(LaunchPlan.InstanceName(flake, new string('=', 64), 0), console: false);
        // A kept one is its user's, whatever he calls it.
        var kept = flake with { Life = "resume" };
        foreach (var asked in (string[])["", "work", new string('x', 64)])
        {
            var (his, hers) = (LaunchPlan.InstanceName(kept, asked, 1000), LaunchPlan.InstanceName(kept, asked, uint.MaxValue));
            Assert.EndsWith("-u1000", his, StringComparison.Ordinal);
            Assert.EndsWith("-u4294967295", hers, StringComparison.Ordinal);
            Holm.Config.Names.CheckInstance(hers, console: false);
        }
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1000, 1000, true)]
    [InlineData(1001, 1001, false)]
    [InlineData(1002, 1002, true)]
    [InlineData(1003, 50, true)]
    [InlineData(1004, 60, false)]
    public void Root_the_group_and_whom_the_flake_names_may_launch(uint uid, uint gid, bool may)
    {
        string[] passwd = ["anna:x:1000:1000::/:/bin/sh", "bert:x:1001:1001::/:/bin/sh", "carl:x:1002:1002::/:/bin/sh"];
        string[] group = ["holm:x:90:carl", "staff:x:50:", "other:x:60:"];
        var flake = Flake with { Allow = ["anna", "@staff"] };
        Assert.Equal(may, LaunchRules.May(flake, new Peer(1, uid, gid, []), passwd, group));
        Assert.True(LaunchRules.May(flake with { Allow = ["*"] }, new Peer(1, uid, gid, []), passwd, group));
    }

    [Fact]
    public void What_travels_is_read_as_it_was_written_and_nothing_else_is()
    {
        var call = new LaunchCall
        {
            Command = "/usr/bin/x",
            Instance = "n",
            Options = ["progress"],
            Folder = "/tmp/a b",
            Home = "/root",
            Terminals = 7,
            Rows = 24,
            Columns = 80,
            Mask = 0x12,
        };
        var message = call.Write();
        var read = LaunchCall.Read(message)!;
        Assert.Equal((call.Command, call.Instance, call.Folder, call.Home, call.Terminals, call.Rows, call.Columns, call.Mask),
            (read.Command, read.Instance, read.Folder, read.Home, read.Terminals, read.Rows, read.Columns, read.Mask));
        Assert.Equal(call.Options, read.Options);
        Assert.Null(LaunchCall.Read(message.AsSpan(..^1)));
        Assert.Null(LaunchCall.Read([.. message, 0]));
        Assert.Null(LaunchCall.Read((call with { Command = "relative" }).Write()));
        Assert.Null(LaunchCall.Read((call with { Terminals = 64 }).Write()));
        Assert.Null(LaunchCall.Read([0xff, 0xfe]));
        Assert.Null(LaunchCall.Read([]));
    }
}
