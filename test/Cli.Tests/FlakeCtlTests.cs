using Holm.Cli;

namespace Cli.Tests;

/// <summary>flake-pilot's own command lines. Those of its README stand here as they are typed there.</summary>
public sealed class FlakeCtlTests
{
    private const string Registry = "registry.opensuse.org/home/marcus.schaefer/delta_containers/containers_tw/";

    [Theory]
    [InlineData("podman pull --uri docker.io/amazon/aws-cli", "pull docker.io/amazon/aws-cli")]
    [InlineData("podman register --container amazon/aws-cli --app /usr/bin/aws --target /",
        "flake register --container=amazon/aws-cli --app=/usr/bin/aws --target=/")]
    [InlineData($"podman register --app /usr/bin/joe --container {Registry}joe --base {Registry}basesystem --target /usr/bin/joe",
        $"flake register --app=/usr/bin/joe --container={Registry}joe --base={Registry}basesystem --target=/usr/bin/joe")]
    [InlineData("list", "flake list")]
    [InlineData("list --user --format json", "flake list --format json")]
    [InlineData("podman --user register --container c --app /a", "flake register --container=c --app=/a --target=/a")]
    [InlineData("podman register --container c --app /a --base b --layer l1 l2 --layer l3 --include-tar a b --include-path=/p --resume",
        "flake register --container=c --app=/a --base=b --layer=l1 --layer=l2 --layer=l3 --include-tar=a --include-tar=b "
            + "--include-path=/p --resume --target=/a")]
    [InlineData("podman register --container c --app /a --opt --rm --opt \\--net|host --check_host_dependencies --attach --force",
        "flake register --container=c --app=/a --opt=--rm --opt=\\--net|host --check-host-dependencies --attach --force --target=/a")]
    [InlineData("podman register --container c --info", "flake register --container=c --info")]
    [InlineData("podman remove --app /usr/bin/joe", "flake remove /usr/bin/joe")]
    [InlineData("podman remove --container c --force", "flake remove --image c --force")]
    [InlineData("podman reset --app /usr/bin/joe", "flake reset /usr/bin/joe")]
    [InlineData("podman show --format csv", "list --format csv")]
    [InlineData("podman load --oci /nonexistent/x", "load /nonexistent/x")]
    [InlineData("podman register --help", "flake register --help")]
    [InlineData("podman", "flake --help")]
    [InlineData("--version", "--version")]
    [InlineData("", "flake --help")]
    public void What_it_takes_is_translated(string typed, string words)
    {
        string[] Split(string line) => [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Replace('|', ' '))];
        var translated = FlakeCtl.Translate(Split(typed));
        Assert.Equal(Split(words), translated);
        // Each is a line that holm knows: help is printed for it, not a complaint.
        Assert.Equal(0, Run.Holm(null, [.. translated, "--help"]).Code);
    }

    [Theory]
    [InlineData("firecracker pull --name leap --kis-image https://x", "virtual machines of firecracker are not taken")]
    [InlineData("firecracker register --vm leap --app /usr/bin/mybash --target /bin/bash --overlay-size 20GiB", "are not taken")]
    [InlineData("bubblewrap show", "bubblewrap is not taken")]
    [InlineData("podman export --container c --directory d", "makes a root for bubblewrap")]
    [InlineData("podman build", "flake-ctl podman has no command 'build'")]
    [InlineData("frobnicate", "flake-ctl has no command 'frobnicate'")]
    [InlineData("podman pull", "--uri is missing")]
    [InlineData("podman pull --uri", "--uri wants a value")]
    [InlineData("podman register --container c --frob", "flake-ctl has no option '--frob' here")]
    [InlineData("podman remove", "remove wants either --container or --app")]
    [InlineData("podman remove --container c --app /a", "remove wants either --container or --app")]
    [InlineData("podman reset --app /a --instance @x", "leave out --instance")]
    public void What_it_cannot_take_is_refused(string typed, string sentence)
    {
        var result = Run.FlakeCtl(null, typed.Split(' '));
        Assert.Equal((2, ""), (result.Code, result.Out));
        Assert.Contains(sentence, result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void The_README_registers_two_flakes()
    {
        using var node = new RawNode(talk => talk.Answer(RawNode.Sync("{\"flake\":{\"name\":\"n\",\"commands\":{}}}")));
        Assert.Equal(0, Run.FlakeCtl(node, "podman", "register", "--container", "amazon/aws-cli", "--app", "/usr/bin/aws", "--target", "/")
            .Code);
        Assert.Equal(0, Run.FlakeCtl(node, "podman", "register", "--app", "/usr/bin/joe", "--container", Registry + "joe", "--base",
            Registry + "basesystem", "--target", "/usr/bin/joe", "--opt", "\\-e A", "--opt", "--memory 1g").Code);
        Assert.Contains("\"name\":\"aws\",\"image\":\"amazon/aws-cli\",\"base\":null", node.Requests[0], StringComparison.Ordinal);
        Assert.Contains("\"commands\":{\"/usr/bin/joe\":\"/usr/bin/joe\"}", node.Requests[1], StringComparison.Ordinal);
        Assert.Contains("\"pass\":[\"A\"]", node.Requests[1], StringComparison.Ordinal);
        Assert.Contains("\"memory\":\"1GiB\"", node.Requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_has_to_be_made_at_init() =>
        Assert.Equal((0, ""), Run.FlakeCtl(null, "init", "--user") is var init ? (init.Code, init.Err) : default);

    [Fact]
    public void An_archive_is_found_by_the_beginning_of_its_name()
    {
        var folder = Directory.CreateTempSubdirectory("holm-cli-tests-").FullName;
        try
        {
            foreach (var name in (string[])["app-1.tar", "app-2.tar", "other.tar"])
                File.WriteAllText(Path.Combine(folder, name), "");
            Assert.Equal(["load", Path.Combine(folder, "app-2.tar")],
                FlakeCtl.Translate(["podman", "load", "--oci", Path.Combine(folder, "app")]));
            Assert.Equal(["load", Path.Combine(folder, "app-1.tar")],
                FlakeCtl.Translate(["podman", "load", "--oci", Path.Combine(folder, "app-1.tar")]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
