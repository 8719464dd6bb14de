using Holm.Config;
using Holm.Contract;
using Holm.Node.Flakes;

namespace Node.Tests.Flakes;

/// <summary>podman's options as flake-pilot's users write them, into a flake and refused.</summary>
public sealed class PodmanOptionsTests
{
    private static readonly Flake Start = new() { Commands = new Dictionary<string, string> { ["/a"] = "/", ["/b"] = "/b" } };

    [Theory]
    [InlineData("--env A=b=c", "environment:\n  A: b=c\n")]
    [InlineData("-e HOME", "pass:\n  - HOME\n")]
    [InlineData("--env=AWS_*", "pass:\n  - \"AWS_*\"\n")]
    [InlineData("\\--volume /a:/b:ro,Z", "mounts:\n  - source: /a\n    path: /b\n    readonly: true\n")]
    [InlineData("-v /a:/b", "mounts:\n  - source: /a\n    path: /b\n")]
    [InlineData("--volume=%HOME:%HOME", "share_home: true\n")]
    [InlineData("--volume %PWD:%PWD", "share_cwd: true\n")]
    [InlineData("--workdir %PWD", "share_cwd: true\n")]
    [InlineData("--workdir /srv", "working_directory: /srv\n")]
    [InlineData("-u 1000:users", "user: \"1000:users\"\n")]
    [InlineData("--hostname h", "host_name: h\n")]
    [InlineData("--tmpfs /tmp:rw,nosuid", "tmpfs:\n  - /tmp\n")]
    [InlineData("--net host", "")]
    [InlineData("--network=none", "network: none\n")]
    [InlineData("--network slirp4netns:allow_host_loopback=true", "network: nat\n")]
    [InlineData("-m 512m", "memory: \"512MiB\"\n")]
    [InlineData("--memory 1048576", "memory: \"1048576\"\n")]
    [InlineData("--cpus 2", "cpus: \"2\"\n")]
    [InlineData("--cpuset-cpus 1", "cpus: \"1-1\"\n")]
    [InlineData("--init", "")]
    [InlineData("--no-hosts", "without:\n  - hosts\n")]
    [InlineData("--rm", "")]
    [InlineData("-ti", "")]
    [InlineData("  --interactive  ", "")]
    [InlineData("--privileged=false", "")]
    public void What_has_an_equal_is_taken(string option, string added) =>
        Assert.Equal(added,
            FlakeText.Write(PodmanOptions.Add(Start, option)).Replace(FlakeText.Write(Start), "", StringComparison.Ordinal));

    [Fact]
    public void An_entry_point_is_for_commands_that_have_none() =>
        Assert.Equal(["/bin/x", "/b"], PodmanOptions.Add(Start, "--entrypoint /bin/x").Commands.Values);

    [Theory]
    [InlineData("--privileged", "\"--privileged\" is not taken: a flake is never privileged")]
    [InlineData("--device /dev/kvm", "\"--device\" is not taken: it has no equal in a flake")]
    [InlineData("nonsense", "\"nonsense\" is not taken: it has no equal")]
    [InlineData("--env", "\"--env\" is not taken: its value is missing")]
    [InlineData("--volume data:/data", "it has no named volumes")]
    [InlineData("--volume /a:/b:U", "ro, rw, z and Z are taken, not U")]
    [InlineData("--volume %HOME/.aws:/root/.aws", "values are fixed when they are registered")]
    [InlineData("--user %USER", "values are fixed when they are registered")]
    [InlineData("--tmpfs /tmp:size=64m", "not size=64m")]
    [InlineData("--network container:x", "host, none and bridge are taken")]
    [InlineData("--memory lots", "podman's amounts")]
    [InlineData("--cpus 1.5", "a whole number of processors")]
    [InlineData("--entrypoint [\"sh\"]", "the absolute path of a program")]
    [InlineData("--init=false", "\"--init=false\" is not taken: a flake's streams come from Holm's init")]
    [InlineData("--init=maybe", "it takes true or false")]
    [InlineData("--rm=false", "--resume keeps one")]
    public void All_others_are_refused_by_name(string option, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<FormatException>(() => PodmanOptions.Add(Start, option)).Message, StringComparison.Ordinal);
}
