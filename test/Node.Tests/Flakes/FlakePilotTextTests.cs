using Holm.Contract;
using Holm.Node.Flakes;

namespace Node.Tests.Flakes;

/// <summary>Registrations of flake-pilot, as its templates write them.</summary>
public sealed class FlakePilotTextTests
{
    /// <summary>What <c>flake-ctl podman register</c> 3.1.44 writes, and <c>aws.d</c> beside it.</summary>
    private const string Aws = """
        include:
          tar: ~
          path:
            - /etc/pki
        container:
          name: docker.io/amazon/aws-cli
          target_app_path: /
          host_app_path: /usr/bin/aws
          base_container: ~
          check_host_dependencies: false
          layers: ~
          runtime:
            runas: root
            resume: false
            attach: true
            podman:
              - --volume %HOME:%HOME
              - --env AWS_PROFILE
              - --privileged
            pilot_options:
              - "%interactive"
            novelty: 1
        ---
        extra: 1
        """;

    [Fact]
    public void A_registration_is_taken_and_what_is_not_is_told()
    {
        Assert.True(FlakePilotText.Is(Aws, "aws.yaml"));
        var import = FlakePilotText.Read("aws", Aws, "aws.yaml");
        Assert.Equal("""
            name: aws
            image: docker.io/amazon/aws-cli
            include_path:
              - /etc/pki
            commands:
              /usr/bin/aws: "/"
            life: attach
            share_home: true
            pass:
              - AWS_PROFILE
            pilot_options:
              - "%interactive"

            """, FlakeText.Write(import.Flake));
        FlakeRules.Check(import.Flake);
        Assert.Equal(["include.path", "container.name", "container.target_app_path", "container.host_app_path",
            "container.check_host_dependencies", "container.runtime.resume", "container.runtime.attach",
            "container.runtime.podman: --volume %HOME:%HOME", "container.runtime.podman: --env AWS_PROFILE",
            "container.runtime.pilot_options"], import.Taken);
        Assert.Equal(["extra: it is not known",
            "container.runtime.runas: a flake runs unprivileged whoever calls it; `--run-as` says who it is inside",
            "container.runtime.podman: --privileged: podman's option \"--privileged\" is not taken: a flake is never privileged",
            "container.runtime.novelty: it is not known",
            "network: podman's usual network is a bridge of its own, the flake's is the host's; `network: nat` sets it apart"],
            import.NotTaken);
    }

    [Fact]
    public void A_later_section_replaces_the_whole_of_an_earlier_one_as_flake_pilot_has_it()
    {
        var import = FlakePilotText.Read("joe",
            "container: {name: a, host_app_path: /usr/bin/joe, base_container: b, layers: [c]}\n---\n" +
            "container: {name: d, host_app_path: /usr/bin/joe, check_host_dependencies: true}\ninclude: {tar: [/x.tar]}", "joe.yaml");
        Assert.Equal("name: joe\nimage: d\ninclude_tar:\n  - /x.tar\nhost_dependencies: true\ncommands:\n  /usr/bin/joe: /usr/bin/joe\n",
            FlakeText.Write(import.Flake));
    }

    [Theory]
    [InlineData("vm: {name: leap}", "it runs in a virtual machine (firecracker); this node runs containers, so it is not taken")]
    [InlineData("sandbox: {name: /}", "it runs in bubblewrap")]
    [InlineData("include: {tar: [a]}", "it has no section container")]
    [InlineData("container: {name: a}", "container.host_app_path is missing")]
    [InlineData("container: [a]", "a mapping (KEY: VALUE) is wanted here")]
    [InlineData("container: {name: [a]}", "one word or text is wanted here")]
    public void What_cannot_be_taken_at_all_is_refused(string text, string sentence)
    {
        Assert.True(FlakePilotText.Is(text, "f.yaml"));
        Assert.Contains(sentence, Assert.Throws<Refusal>(() => FlakePilotText.Read("f", text, "f.yaml")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flake_of_Holm_is_none_of_flake_pilots() =>
        Assert.False(FlakePilotText.Is(FlakeText.Write(AnyFlake.Full), "f"));
}
