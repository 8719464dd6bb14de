using Tests.Registry;

namespace System.Tests;

/// <summary>Images out of a real registry, by the command line.</summary>
public sealed class PullTests(RegistryServer registry) : IClassFixture<RegistryServer>
{
    [Fact]
    public async Task An_image_is_pulled_by_name_and_known_by_a_shorter_one()
    {
        await using var node = await TestNode.Start();
        Push("tools/probe", "1");
        var unknown = await node.Holm("pull", "probe");
        Assert.Contains("begins with no registry, and none is searched", unknown.Err, StringComparison.Ordinal);
        var secret = await node.Holm("pull", $"{registry.Host}/tools/probe:1");
        Assert.NotEqual(0, secret.Code);
        (await node.Holm("configure", "registry", registry.Host, "insecure", "search")).Well();
        var fingerprint = (await node.Holm("pull", "tools/probe:1")).Well().Out.Trim();
        Assert.Equal(64, fingerprint.Length);
        foreach (var name in (string[])[$"{registry.Host}/tools/probe:1", "tools/probe:1", "probe:1", fingerprint[..12]])
            Assert.Contains(fingerprint, (await node.Holm("image", "show", name)).Well().Out, StringComparison.Ordinal);
        Push("other/probe", "1");
        (await node.Holm("pull", $"{registry.Host}/other/probe:1", "--alias", "mine")).Well();
        var two = await node.Holm("image", "show", "probe:1");
        Assert.Contains("is ambiguous", two.Err, StringComparison.Ordinal);
        (await node.Holm("image", "show", "mine")).Well();
        Assert.Contains("has no such image", (await node.Holm("pull", "tools/nothing")).Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_flake_lacks_is_pulled_at_its_first_call()
    {
        await using var flakes = await FlakeNode.Start();
        Push("lazy/tool", "1", megabytes: 1);
        await using var link = new CuttingLink(registry.Port) { CutAfter = 256 << 10 };
        var command = Path.Combine(flakes.Commands, "lazy");
        var image = link.Host + "/lazy/tool:1";
        (await flakes.Node.Holm("flake", "register", "lazy", "--image", image, "--app", command, "--target", "/bin/sh")).Well();
        var secret = await flakes.Bash("lazy -c true");
        Assert.Equal(125, secret.Code);
        (await flakes.Node.Holm("configure", "registry", link.Host, "insecure")).Well();
        // Two at once pull once; what is told goes to standard error.
        var both = await Task.WhenAll(flakes.Bash("lazy -c 'echo one'"), flakes.Bash("lazy -c 'echo one'"));
        Assert.All(both, ran => Assert.Equal((0, "one\n"), (ran.Code, ran.Out)));
        Assert.Contains(both, ran => ran.Err.Contains("holm: pulling " + image, StringComparison.Ordinal)
            && ran.Err.Contains("1 of 1 layers", StringComparison.Ordinal));
        Assert.Equal("", (await flakes.Bash("lazy -c 'echo two'")).Well().Err);
    }

    [Fact]
    public async Task A_pull_outlives_the_daemon()
    {
        await using var node = await TestNode.Start();
        Push("big/noise", "1", megabytes: 8);
        await using var link = new CuttingLink(registry.Port) { CutAfter = 1 << 20 };
        (await node.Holm("configure", "registry", link.Host, "insecure", "--save")).Well();
        var pulling = node.Holm("pull", link.Host + "/big/noise:1");
        await Shell.Until("a part is here", () => Task.FromResult(link.Bytes > 3 << 20));
        await node.KillDaemon();
        Assert.NotEqual(0, (await pulling).Code);
        var before = link.Bytes;
        await node.StartDaemon();
        (await node.Holm("pull", link.Host + "/big/noise:1")).Well();
        Assert.InRange(link.Bytes - before, 1, 7 << 20);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(node.State, "pulls")));
    }

    [Fact]
    public async Task Who_the_node_is_to_a_registry_is_kept_from_others()
    {
        await using var node = await TestNode.Start();
        await using var guarded = new RegistryServer { Password = "s3cr:et" };
        await guarded.InitializeAsync();
        guarded.Push(Layout(guarded, "guarded", 0), "tools/guarded:1");
        (await node.Holm("configure", "registry", guarded.Host, "insecure")).Well();
        var name = guarded.Host + "/tools/guarded:1";
        Assert.Contains($"holm login {guarded.Host}", (await node.Holm("pull", name)).Err, StringComparison.Ordinal);
        var wrong = await node.HolmWith("wrong\n", "login", guarded.Host, "--user", "anna", "--password-stdin");
        Assert.Contains("refuses anna", wrong.Err, StringComparison.Ordinal);
        (await node.HolmWith("s3cr:et\n", "login", guarded.Host, "--user", "anna", "--password-stdin")).Well();
        Assert.Equal("600", (await Shell.Sh($"stat -c %a {node.State}/registries.json")).Well().Out.Trim());
        (await node.Holm("pull", name)).Well();
        (await node.Holm("logout", guarded.Host)).Well();
        Assert.DoesNotContain("anna", await File.ReadAllTextAsync(node.State + "/registries.json", TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        // Credentials of the caller, as skopeo leaves them, and by option.
        (await node.Holm("image", "delete", name)).Well();
        guarded.Sh($"skopeo login --tls-verify=false --authfile auth.json -u anna -p s3cr:et {guarded.Host} >/dev/null");
        (await node.Holm("pull", name, "--authfile", guarded.Folder + "/auth.json")).Well();
        (await node.Holm("image", "delete", name)).Well();
        (await node.Holm("pull", name, "--creds", "anna:s3cr:et")).Well();
    }

    [Fact]
    public async Task Archives_are_loaded_from_files_and_pipes()
    {
        await using var node = await TestNode.Start();
        var layout = Layout(registry, "saved", 0);
        registry.Sh($"skopeo copy -q --insecure-policy oci:{layout} oci-archive:saved.oci:docker.io/tools/saved:1 && " +
            $"skopeo copy -q --insecure-policy oci:{layout} docker-archive:saved.docker:tools/saved:2");
        var first = (await node.Holm("load", registry.Folder + "/saved.oci")).Well().Out.Trim().Split(' ');
        Assert.Equal("docker.io/tools/saved:1", first[1]);
        Assert.Contains(first[0], (await node.Holm("image", "show", "saved:1")).Well().Out, StringComparison.Ordinal);
        (await Shell.Sh($"export HOLM_RUN={node.RunFolder}; " +
            $"{TestNode.Programs}/holm load - --alias piped < {registry.Folder}/saved.docker")).Well();
        (await node.Holm("image", "show", "piped")).Well();
        Assert.Contains("this is no tar file", (await node.Holm("load", "/etc/services")).Err, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_are_saved_to_files_and_pipes()
    {
        await using var node = await TestNode.Start();
        var layout = Layout(registry, "sent", 0);
        registry.Sh($"skopeo copy -q --insecure-policy oci:{layout} oci-archive:sent.oci:docker.io/tools/sent:1");
        (await node.Holm("load", registry.Folder + "/sent.oci")).Well();
        var file = registry.Folder + "/out.oci";
        (await node.Holm("save", "sent:1", "-o", file)).Well();
        Assert.Contains("exists", (await node.Holm("save", "sent:1", "-o", file)).Err, StringComparison.Ordinal);
        var digest = registry.Sh($"skopeo inspect oci-archive:{file}:docker.io/tools/sent:1 | jq -r .Digest").Trim();
        (await node.Holm("image", "delete", "sent:1")).Well();
        var loaded = (await node.Holm("load", file)).Well().Out;
        Assert.Equal($"{digest[7..]} docker.io/tools/sent:1\n", loaded);
        Assert.Equal(loaded, (await Shell.Sh($"export HOLM_RUN={node.RunFolder}; " +
            $"{TestNode.Programs}/holm save sent:1 | tee {file} | {TestNode.Programs}/holm load -")).Well().Out);
        Assert.Contains("`holm save`", (await node.Holm("image", "export", "sent:1", "-")).Err, StringComparison.Ordinal);
        var nothing = await node.Holm("save", "sent:1", "nothing", "-o", file + "2");
        Assert.Contains("there is no image nothing", nothing.Err, StringComparison.Ordinal);
        Assert.False(File.Exists(file + "2"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(node.State, "pulls")));
    }

    [Fact]
    public async Task An_image_for_another_machine_is_kept_and_shown_and_not_started()
    {
        await using var node = await TestNode.Start();
        var layout = Layout(registry, "foreign", 0);
        registry.Sh($"umoci config --image {layout} --architecture arm64");
        registry.Push(layout, "tools/foreign:1");
        (await node.Holm("configure", "registry", registry.Host, "insecure")).Well();
        var name = $"{registry.Host}/tools/foreign:1";
        Assert.Contains("is for arm64, not for amd64; --arch takes another", (await node.Holm("pull", name)).Err, StringComparison.Ordinal);
        (await node.Holm("pull", "--arch", "arm64", name)).Well();
        Assert.Contains("aarch64", (await node.Holm("image", "show", name)).Well().Out, StringComparison.Ordinal);
        (await node.Holm("app", "create", "foreign", name, "--config", "init.cmd=/bin/sh")).Well();
        Assert.Contains("its image is for aarch64, this node is x86_64", (await node.Holm("app", "start", "foreign")).Err,
            StringComparison.Ordinal);
        // What is saved is loaded again, though it is for another machine.
        (await node.Holm("save", name, "-o", registry.Folder + "/other-machine.oci")).Well();
        Assert.Contains(name, (await node.Holm("load", registry.Folder + "/other-machine.oci")).Well().Out, StringComparison.Ordinal);
    }

    private void Push(string name, string tag, int megabytes = 0) =>
        registry.Push(Layout(registry, name.Replace('/', '-'), megabytes), $"{name}:{tag}");

    /// <summary>An image of one layer, with busybox and some random megabytes.</summary>
    private static string Layout(RegistryServer registry, string name, int megabytes) => registry.Sh($"""
        test -d {name} || umoci init --layout {name} && umoci new --image {name}:1
        mkdir -p {name}.root/bin && cp /bin/busybox {name}.root/bin/sh && head -c {megabytes}M /dev/urandom > {name}.root/noise
        echo {name} > {name}.root/name && tar -C {name}.root -cf {name}.tar . && umoci raw add-layer --image {name}:1 {name}.tar
        echo $PWD/{name}:1
        """).Trim().Split('\n')[^1];
}
