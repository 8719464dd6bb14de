using Holm.Contract;
using Holm.Images;
using Holm.Node.Metadata;

namespace Node.Tests.Metadata;

/// <summary>metadata.yaml: read, refused in LXD's words, written.</summary>
public sealed class MetadataYamlTests
{
    private static readonly Dictionary<string, string> Templates = new() { ["t.tpl"] = "{{ instance.name }}", ["if.tpl"] = "\n{% if a %}" };

    [Fact]
    public void What_is_written_is_read_again()
    {
        var read = MetadataYaml.Read($$"""
            architecture: {{(InitProbe.Architecture == "x86_64" ? "amd64" : "arm64")}}
            creation_date: 1424284563
            expiry_date: 1924284563
            properties:
              description: "Ubuntu \"14.04\": LTS"
              os: ubuntu
            templates:
              /etc/hostname:
                when: [create, rename]
                create_only: true
                template: t.tpl
                properties: {foo: "a: b"}
            """, Templates);
        Assert.Equal(InitProbe.Architecture, read.Architecture);
        Assert.Equal(["create", "rename"], read.Templates["/etc/hostname"].When);
        Assert.True(read.Templates["/etc/hostname"].CreateOnly);
        var again = MetadataYaml.Read(MetadataYaml.Write(read), Templates);
        Assert.Equal(MetadataYaml.Write(read), MetadataYaml.Write(again));
        Assert.Equal("Ubuntu \"14.04\": LTS", again.Properties["description"]);
        Assert.Equal("a: b", again.Templates["/etc/hostname"].Properties["foo"]);
        Assert.Equal((1424284563, 1924284563), (again.CreationDate, again.ExpiryDate));
    }

    [Theory]
    [InlineData("", "Architecture isn't supported: ")]
    [InlineData("architecture: foo\ncreation_date: 1", "Architecture isn't supported: foo")]
    [InlineData("architecture: s390x\ncreation_date: 1", "the image is for s390x")]
    [InlineData("architecture: ARCH", "Missing creation date")]
    [InlineData("architecture: ARCH\ncreation_date: 0", "Missing creation date")]
    [InlineData("architecture: ARCH\ncreation_date: soon", "line 2: creation_date is a number of seconds")]
    [InlineData("architecture: ARCH\ncreation_date: 99999999999999999", "creation_date is a number of seconds")]
    [InlineData("architecture: ARCH\ncreation_date: 1\nproperties: {a: \"x\\ny\"}", "holds a control character")]
    [InlineData("architecture: ARCH\ncreation_date: 1\nproperties: [a]", "a mapping")]
    [InlineData("architecture: ARCH\ncreation_date: 1\ntemplates: {etc/x: {template: t.tpl}}", "is no absolute path")]
    [InlineData("architecture: ARCH\ncreation_date: 1\ntemplates: {/etc/../x: {template: t.tpl}}", "is no absolute path")]
    [InlineData("architecture: ARCH\ncreation_date: 1\ntemplates: {/x: {template: u.tpl}}", "is not in templates/")]
    [InlineData("architecture: ARCH\ncreation_date: 1\ntemplates: {/x: {template: if.tpl}}", "template \"if.tpl\", line 2")]
    [InlineData("architecture: ARCH\ncreation_date: 1\ntemplates: {/x: {template: t.tpl, uid: 1}}", "uid is Incus's")]
    [InlineData("architecture: &a ARCH\ncreation_date: 1", "anchors and aliases are not taken")]
    public void What_is_wrong_is_refused(string yaml, string why)
    {
        var text = yaml.Replace("ARCH", InitProbe.Architecture, StringComparison.Ordinal);
        Assert.Contains(why, Assert.Throws<Refusal>(() => MetadataYaml.Read(text, Templates)).Message, StringComparison.Ordinal);
    }
}
