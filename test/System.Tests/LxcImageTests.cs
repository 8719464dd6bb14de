namespace System.Tests;

/// <summary>Images as LXD has them, by Debian's unmodified lxc client (package lxd-client), on a real node.</summary>
public sealed class LxcImageTests : IAsyncLifetime
{
    private TestNode _node = null!;
    private string _folder = "";

    public async ValueTask InitializeAsync()
    {
        _node = await TestNode.Start(withSample: false);
        _folder = Path.Combine(_node.State, "lxc");
        Directory.CreateDirectory(Path.Combine(_folder, "templates"));
        await Write("metadata.yaml", $$$"""
            architecture: {{{(await Shell.Sh("uname -m")).Well().Out.Trim()}}}
            creation_date: 1424284563
            expiry_date: 1924284563
            properties: {description: Net box, os: netbox, release: "7"}
            templates:
              /etc/made: {when: [create], template: made.tpl, properties: {greeting: moin}}
              /etc/new/started: {when: [start], template: started.tpl}
              /etc/hostname: {when: [create], create_only: true, template: made.tpl}
            """);
        await Write("templates/made.tpl", "{{ instance.name }} {{ config_get(\"user.who\", \"nobody\") }} {{ properties.greeting }}\n");
        await Write("templates/started.tpl", "{{ trigger }} {{ container.name }} {{ path }}\n");
        await Sh($"tar cJf meta.tar.xz metadata.yaml templates && cp {TestNode.SampleImage} root.squashfs && mkdir out");
    }

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_split_image_comes_and_goes_as_it_was()
    {
        var fingerprint = (await Sh("cat meta.tar.xz root.squashfs | sha256sum"))[..64];
        Assert.Equal($"Image imported with fingerprint: {fingerprint}\n", await Lxc(
            "image", "import", "meta.tar.xz", "root.squashfs", "--alias", "box"));
        Assert.Equal("""
            auto_update: false
            properties:
              description: Net box
              os: netbox
              release: "7"
            public: false
            expires_at: 2030-12-23T19:29:23Z
            profiles:
            - default

            """, await Lxc("image", "show", "box"));
        Assert.Contains("Created: 2015/02/18 18:36 UTC", await Lxc("image", "info", "box"), StringComparison.Ordinal);
        await Lxc("image", "export", "box", "out/");
        await Sh($"cmp out/meta-{fingerprint}.tar.xz meta.tar.xz && cmp out/{fingerprint}.squashfs root.squashfs");
        Assert.Contains("Image with same fingerprint already exists", await Refused("image", "import", "meta.tar.xz", "root.squashfs"),
            StringComparison.Ordinal);
        Assert.Equal("box\n", await Lxc("image", "list", "os=netbox", "-f", "csv", "-c", "l"));
        Assert.Equal("", await Lxc("image", "list", "os=other", "-f", "csv", "-c", "l"));

        await LxcWith("properties: {os: mine}\npublic: false\nexpires_at: 2031-01-02T03:04:05Z\nprofiles: [default]\n",
            "image", "edit", "box");
        Assert.Contains("os: mine\npublic: false\nexpires_at: 2031-01-02T03:04:05Z", await Lxc("image", "show", "box"),
            StringComparison.Ordinal);
        Assert.Contains("this node answers none", (await TryLxc("public: true\n", "image", "edit", "box")).Err, StringComparison.Ordinal);
        await Lxc("image", "alias", "create", "other", fingerprint);
        await Lxc("image", "alias", "rename", "other", "third");
        Assert.Contains("| third | " + fingerprint[..12], await Lxc("image", "alias", "list"), StringComparison.Ordinal);
        await Lxc("image", "alias", "delete", "third");
        await Lxc("image", "delete", "box");
        Assert.Empty(Directory.GetFiles(Path.Combine(_node.State, "images")));
        Assert.Empty(Directory.GetFiles(Path.Combine(_node.State, "layers")));
    }

    [Fact]
    public async Task A_unified_image_a_folder_and_a_root_as_a_tar_are_taken()
    {
        await Sh("mkdir -p u/rootfs && cp -a metadata.yaml templates u/ && sqfs2tar root.squashfs > root.tar && " +
            "tar -xf root.tar -C u/rootfs && tar -C u -czf unified.tar.gz .");
        await Lxc("image", "import", "unified.tar.gz", "--alias", "unified", "user.more=1");
        Assert.Contains("user.more: \"1\"", await Lxc("image", "show", "unified"), StringComparison.Ordinal);
        await Lxc("image", "export", "unified", "out/");
        Assert.Contains("Image with same fingerprint already exists", await Refused("image", "import", "u"), StringComparison.Ordinal);
        await Lxc("image", "import", "meta.tar.xz", "root.tar", "--alias", "tarred");
        await Lxc("image", "export", "tarred", "out/");
        await Lxc("launch", "unified", "one");
        Assert.Equal("one nobody moin\n", await Lxc("exec", "one", "--", "cat", "/etc/made"));
        foreach (var (change, why) in ((string, string)[])[
            ("s/^architecture.*/architecture: foo/", "Architecture isn't supported: foo"),
            ("s/^architecture.*/architecture: s390x/", "the image is for s390x"),
            ("s/^creation_date.*//", "Missing creation date"),
            ("s/made.tpl/none.tpl/", "is not in templates/")])
        {
            await Sh($"mkdir -p bad && cp -a metadata.yaml templates bad/ && sed -i '{change}' bad/metadata.yaml && " +
                "tar -C bad -cf bad.tar .");
            Assert.Contains(why, await Refused("image", "import", "bad.tar", "root.squashfs"), StringComparison.Ordinal);
        }
        await Sh("tar -cf bad.tar templates");
        Assert.Contains("Metadata tarball is missing metadata.yaml", await Refused("image", "import", "bad.tar", "root.squashfs"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Templates_are_written_before_init_runs()
    {
        await Lxc("image", "import", "meta.tar.xz", "root.squashfs", "--alias", "box");
        await Lxc("init", "box", "web", "-c", "user.who=me");
        Assert.Contains("greeting: moin", await Lxc("config", "metadata", "show", "web"), StringComparison.Ordinal);
        Assert.Contains("| made.tpl    |", await Lxc("config", "template", "list", "web"), StringComparison.Ordinal);
        Assert.Equal("{{ trigger }} {{ container.name }} {{ path }}\n", await Lxc("config", "template", "show", "web", "started.tpl"));
        Assert.Contains("are changed there", await Refused("config", "template", "delete", "web", "made.tpl"), StringComparison.Ordinal);
        await Lxc("start", "web");
        Assert.Equal("web me moin\nstart web /etc/new/started\n", await Lxc("exec", "web", "--", "cat", "/etc/made", "/etc/new/started"));
        Assert.Equal("0:0 644\n", await Lxc("exec", "web", "--", "stat", "-c", "%u:%g %a", "/etc/made"));
        // What was written once stays as the app has it; what is written at each start follows, through whatever the app has put there.
        await Lxc("exec", "web", "--", "sh", "-c", "echo mine > /etc/made; rm /etc/new/started; mkfifo /etc/new/started");
        await Lxc("restart", "web", "--force");
        Assert.Equal("mine\nstart web /etc/new/started\n", await Lxc("exec", "web", "--", "cat", "/etc/made", "/etc/new/started"));
        // An app of pool ram has a new root at each start.
        await Lxc("profile", "create", "ram");
        await Lxc("profile", "device", "add", "ram", "root", "disk", "path=/", "pool=ram");
        await Lxc("launch", "box", "brief", "-p", "ram");
        await Lxc("exec", "brief", "--", "rm", "/etc/made");
        await Lxc("restart", "brief", "--force");
        Assert.Equal("brief nobody moin\n", await Lxc("exec", "brief", "--", "cat", "/etc/made"));
        Assert.Contains("pool ram", await Refused("publish", "brief", "--force"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_is_published()
    {
        await Lxc("image", "import", "meta.tar.xz", "root.squashfs", "--alias", "box");
        await Lxc("launch", "box", "web");
        await Lxc("exec", "web", "--", "sh", "-c",
            "cd /root && echo kept > f && ln f hard && ln -s f soft && chmod 4711 f && rm /etc/made");
        Assert.Contains("currently running", await Refused("publish", "web"), StringComparison.Ordinal);
        await Lxc("publish", "web", "--force", "--alias", "mine", "os=mine", "--compression", "none");
        Assert.Equal("RUNNING\n", await Lxc("list", "web", "-f", "csv", "-c", "s"));
        await Lxc("stop", "web", "--force");
        await Lxc("publish", "web", "--alias", "again", "--compression", "xz");
        Assert.Contains("os: netbox", await Lxc("image", "show", "again"), StringComparison.Ordinal);
        Assert.Contains("properties:\n  os: mine\n", await Lxc("image", "show", "mine"), StringComparison.Ordinal);
        await Lxc("image", "export", "mine", "out/");
        await Lxc("launch", "mine", "copy");
        Assert.Equal("kept\ncopy nobody moin\n", await Lxc("exec", "copy", "--", "cat", "/root/soft", "/etc/made"));
        Assert.Equal("2 0 4711\n", await Lxc("exec", "copy", "--", "stat", "-c", "%h %u %a", "/root/hard"));
    }

    [Fact]
    public async Task A_snapshot_is_published_beside_what_runs()
    {
        await Lxc("image", "import", "meta.tar.xz", "root.squashfs", "--alias", "box");
        await Lxc("launch", "box", "web");
        await Lxc("exec", "web", "--", "sh", "-c", "cd /root && echo then > f && rm /etc/made && mkdir d");
        await Lxc("snapshot", "web", "first");
        await Lxc("exec", "web", "--", "sh", "-c", "cd /root && echo now > f && touch g && rmdir d");
        await Lxc("publish", "web/first", "--alias", "then");
        Assert.Equal("RUNNING\n", await Lxc("list", "web", "-f", "csv", "-c", "s"));
        await Lxc("launch", "then", "copy");
        Assert.Equal("then\ncopy nobody moin\n", await Lxc("exec", "copy", "--", "cat", "/root/f", "/etc/made"));
        Assert.Equal("d\nf\n", await Lxc("exec", "copy", "--", "ls", "/root"));
        // The snapshot is as it was, and so is what runs.
        await Lxc("publish", "web/first", "--alias", "again", "os=other");
        Assert.Equal("now\n", await Lxc("exec", "web", "--", "cat", "/root/f"));
        await Lxc("restore", "web", "first");
        Assert.Equal("d\nf\n", await Lxc("exec", "web", "--", "ls", "/root"));
        Assert.Contains("snapshot not found", await Refused("publish", "web/none"), StringComparison.OrdinalIgnoreCase);
        // One that had never run has its image only.
        await Lxc("init", "box", "fresh");
        await Lxc("snapshot", "fresh", "empty");
        await Lxc("publish", "fresh/empty", "os=fresh", "--alias", "plain");
        Assert.Contains("os: fresh", await Lxc("image", "show", "plain"), StringComparison.Ordinal);
    }

    private Task Write(string name, string text) => File.WriteAllTextAsync(Path.Combine(_folder, name), text);

    private async Task<string> Sh(string line) => (await Shell.Sh($"cd {_folder} && {line}")).Well().Out;

    private Task<string> Lxc(params string[] arguments) => LxcWith("", arguments);

    private async Task<string> LxcWith(string input, params string[] arguments) => (await TryLxc(input, arguments)).Well().Out
        .Split('\r')[^1].TrimStart(' ');

    private async Task<string> Refused(params string[] arguments)
    {
        var ran = await TryLxc("", arguments);
        Assert.Equal(1, ran.Code);
        return ran.Err;
    }

    private Task<Ran> TryLxc(string input, params string[] arguments) => Shell.Run(
        "/bin/sh", ["-c", "cd \"$0\" && exec lxc \"$@\"", _folder, .. arguments], new Dictionary<string, string>
        {
            ["LXD_SOCKET"] = _node.Socket,
            ["LXD_CONF"] = Path.Combine(_folder, "conf"),
        }, input);
}
