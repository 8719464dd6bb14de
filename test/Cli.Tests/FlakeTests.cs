namespace Cli.Tests;

/// <summary>What the verbs of flakes ask of the node, and what they print.</summary>
public sealed class FlakeTests
{
    private const string Aws = """
        {"name":"aws","image":"docker.io/amazon/aws-cli","base":"low","layers":["mid"],"include_tar":["/a.tar"],"include_path":[],
         "host_dependencies":true,"commands":{"/usr/bin/aws":"/","/usr/bin/aws2":"/bin/aws"},"life":"resume","network":"nat",
         "share_cwd":true,"share_home":false,"user":"1000","memory":"64MiB","init":true,"arguments":["a b"],"environment":{"A":"\u001b[1m"},
         "pass":["X*"],"mounts":[{"source":"/s","path":"/p","readonly":true}],"tmpfs":["/tmp"],"without":[],"pilot_options":[],
         "allow":["*"],"file":"/var/lib/holm/flakes/aws.yaml","problem":null}
        """;

    private const string Bad = """{"name":"bad","file":"/var/lib/holm/flakes/bad.yaml","problem":"line 1: key \"imag\" is not known"}""";

    private const string Import =
        """{"flake":{"name":"joe","commands":{"/usr/bin/joe":"/"}},"taken":["container.name"],"not_taken":["vm: no"]}""";

    private static RawNode Taking() => new(talk => talk.Answer(RawNode.Sync(Import)));

    [Fact]
    public void All_that_can_be_said_is_registered()
    {
        using var node = Taking();
        var result = Run.Holm(node, "flake", "register", "--container", "i", "--app", "/usr/bin/a", "--app", "/usr/bin/b=/bin/b",
            "--target", "/bin/a", "--base", "low", "--layer", "m1", "--layer", "m2", "--include-tar", "/t.tar",
            "--include-path", "/etc/pki/../ssl",
            "--check-host-dependencies", "--resume", "--opt=--env A=b=c", "--opt", "-v /s:/p:ro", "--opt=--memory 1g", "--pilot-option",
            "%interactive", "--run-as", "1000:100", "--memory", "64MiB", "--cpus", "0-1", "--cwd", "share", "--home", "share", "--network",
            "none", "--argument=-v", "--without", "hosts", "--allow", "@users", "--force");
        Assert.Equal((0, "", ""), (result.Code, result.Out, result.Err));
        Golden.Same("flake-register.txt", node.Requests.Single().Replace(",\"", ",\n\"", StringComparison.Ordinal) + "\n");
    }

    [Fact]
    public void Little_is_enough()
    {
        using var node = Taking();
        Assert.Equal(0, Run.Holm(node, "flake", "register", "other", "--image", "amazon/aws-cli", "--app", "/usr/bin/aws").Code);
        Assert.StartsWith("POST /1.0/flakes {\"name\":\"other\",\"image\":\"amazon/aws-cli\",", node.Requests[0]);
        Assert.Contains("\"commands\":{\"/usr/bin/aws\":\"/\"},\"life\":\"one-shot\",\"network\":\"host\"", node.Requests[0],
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--image is missing", "register", "--app", "/a")]
    [InlineData("NAME or --app is missing", "register", "--image", "i")]
    [InlineData("choose between --resume and --attach", "register", "--image", "i", "--app", "/a", "--resume", "--attach")]
    [InlineData("--layer wants --base", "register", "--image", "i", "--app", "/a", "--layer", "l")]
    [InlineData("--info prints and registers nothing; leave out --app", "register", "--image", "i", "--app", "/a", "--info")]
    [InlineData("podman's option \"--privileged\" is not taken: a flake is never privileged", "register", "--image", "i", "--app", "/a",
        "--opt=--privileged")]
    [InlineData("argument 'all' not recognized. Must be one of: 'share'", "register", "--image", "i", "--app", "/a", "--cwd", "all")]
    [InlineData("name the flakes, or say --image", "remove")]
    [InlineData("name the flakes, or say --image", "remove", "a", "--image", "i")]
    public void Wrong_lines_are_2(string sentence, params string[] words)
    {
        var result = Run.Holm(null, ["flake", .. words]);
        Assert.Equal((2, $"holm: {sentence}; see holm flake {words[0]} --help\n"), (result.Code, result.Err));
    }

    [Theory]
    [InlineData("table")]
    [InlineData("csv")]
    public void List(string format)
    {
        using var node = RawNode.With(("GET /1.0/flakes?recursion=1", RawNode.Sync($"[{Bad},{Aws}]")));
        var result = Run.Holm(node, "flake", "list", "--format", format);
        Assert.Equal((0, ""), (result.Code, result.Err));
        Golden.Same($"flake-list.{format}.txt", result.Out);
    }

    [Fact]
    public void Show()
    {
        using var node = RawNode.With(("GET /1.0/flakes/aws", RawNode.Sync(Aws)));
        var result = Run.Holm(node, "flake", "show", "aws");
        Assert.Equal((0, ""), (result.Code, result.Err));
        Golden.Same("flake-show.txt", result.Out);
    }

    [Fact]
    public void Removed_by_name_by_command_and_by_image()
    {
        var one = Aws.Replace(",\"/usr/bin/aws2\":\"/bin/aws\"", "", StringComparison.Ordinal).Replace("\"aws\"", "\"one\"",
            StringComparison.Ordinal);
        using var node = RawNode.With(("GET /1.0/flakes?recursion=1", RawNode.Sync($"[{one}]")),
            ("DELETE /1.0/flakes/one", RawNode.Sync("{}")),
            ("GET /1.0/images/aliases/docker.io%2Famazon%2Faws-cli", RawNode.Sync("""{"name":"a","target":"ff"}""")),
            ("DELETE /1.0/images/ff", RawNode.Sync("{}")));
        Assert.Equal(0, Run.Holm(node, "flake", "remove", "one").Code);
        Assert.Equal(0, Run.Holm(node, "flake", "remove", "/usr/bin/aws").Code);
        Assert.Equal(0, Run.Holm(node, "flake", "remove", "--image", "docker.io/amazon/aws-cli").Code);
        Assert.Equal(["DELETE /1.0/flakes/one", "GET /1.0/flakes?recursion=1", "DELETE /1.0/flakes/one", "GET /1.0/flakes?recursion=1",
            "DELETE /1.0/flakes/one", "GET /1.0/images/aliases/docker.io%2Famazon%2Faws-cli", "DELETE /1.0/images/ff"], node.Requests);
        Assert.Equal((1, "holm: /usr/bin/x is no flake's command; `holm flake list` shows those there are\n"),
            Run.Holm(node, "flake", "remove", "/usr/bin/x") is var gone ? (gone.Code, gone.Err) : default);
        Assert.Equal(0, Run.Holm(node, "flake", "remove", "/usr/bin/x", "--force").Code);
        Assert.Equal(0, Run.Holm(node, "flake", "remove", "none", "--force").Code);
        Assert.Equal(1, Run.Holm(node, "flake", "remove", "none").Code);
    }

    [Fact]
    public void One_command_of_several_is_not_removed_alone()
    {
        using var node = RawNode.With(("GET /1.0/flakes?recursion=1", RawNode.Sync($"[{Aws}]")));
        Assert.Equal("holm: /usr/bin/aws is one of 2 commands of flake aws; name the flake, or register it with fewer\n",
            Run.Holm(node, "flake", "remove", "/usr/bin/aws").Err);
    }

    [Fact]
    public void Exported_and_told_what_the_vendor_wrote()
    {
        using var node = new RawNode(talk => talk.Plain("image: i\n"));
        Assert.Equal("image: i\n", Run.Holm(node, "flake", "export", "aws").Out);
        Assert.Equal("image: i\n", Run.Holm(node, "flake", "register", "--image", "a/b", "--info").Out);
        Assert.Equal(["GET /1.0/flakes/aws?format=yaml", "GET /1.0/images/a%2Fb/flake"], node.Requests);
    }

    [Fact]
    public void Imported_from_files_with_drop_ins_folders_and_standard_input()
    {
        using var node = Taking();
        var folder = Directory.CreateDirectory(Path.Combine(node.Folder, "flakes")).FullName;
        File.WriteAllText(Path.Combine(folder, "joe.yaml"), "container: {}");
        Directory.CreateDirectory(Path.Combine(folder, "joe.d"));
        File.WriteAllText(Path.Combine(folder, "joe.d", "2"), "two: 2");
        File.WriteAllText(Path.Combine(folder, "joe.d", "1"), "one: 1");
        var report = "joe: registered /usr/bin/joe\n  taken      container.name\n  not taken  vm: no\n";
        foreach (var words in (string[][])[[folder], [Path.Combine(folder, "joe.yaml"), "--force"]])
            Assert.Equal((0, report), Run.Holm(node, ["flake", "import", .. words]) is var taken ? (taken.Code, taken.Out) : default);
        Assert.Equal(report, Run.Holm(node, "image: i", ["flake", "import", "-"]).Out);
        const string joined = "container: {}\n---\none: 1\n---\ntwo: 2";
        Assert.Equal([$"POST /1.0/flakes?name=joe&force=false {joined}", $"POST /1.0/flakes?name=joe&force=true {joined}",
            "POST /1.0/flakes?name=&force=false image: i"], node.Requests);
        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        Assert.Equal($"holm: import flakes: no file of {folder} ends in .yaml\n", Run.Holm(node, "flake", "import", folder).Err);
    }

    [Fact]
    public void One_that_is_refused_holds_up_no_other()
    {
        using var node = new RawNode(talk => talk.Answer(talk.Request.Contains("name=a", StringComparison.Ordinal)
            ? RawNode.Error(400, "import a.yaml: no") : RawNode.Sync(Import)));
        var folder = Directory.CreateDirectory(Path.Combine(node.Folder, "flakes")).FullName;
        foreach (var name in (string[])["a", "b"])
            File.WriteAllText(Path.Combine(folder, name + ".yaml"), name);
        var result = Run.Holm(node, "flake", "import", folder);
        Assert.Equal((1, "holm: a: import a.yaml: no\n"), (result.Code, result.Err));
        Assert.StartsWith("joe: registered", result.Out);
    }
}
