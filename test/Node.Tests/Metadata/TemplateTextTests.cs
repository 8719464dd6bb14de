using Holm.Contract;
using Holm.Node.Metadata;

namespace Node.Tests.Metadata;

/// <summary>Templates of LXD images: what is rendered, and what is refused.</summary>
public sealed class TemplateTextTests
{
    private static readonly TemplateContext Context = new(
        "create", "/etc/x", new Dictionary<string, string> { ["name"] = "web", ["privileged"] = "false" },
        new Dictionary<string, string> { ["user.a"] = "A\n", ["user.b, c"] = "B" }, new Dictionary<string, string> { ["p"] = "<P>" });

    [Theory]
    [InlineData("", "")]
    [InlineData("plain { } {x} }}\n", "plain { } {x} }}\n")]
    [InlineData("{{ instance.name }}{{container.name}}", "webweb")]
    [InlineData("{{ instance.privileged }} {{ instance.ephemeral }}.", "false .")]
    [InlineData("{{ trigger }} {{ path }} {{ properties.p }} {{ properties.q }}.", "create /etc/x <P> .")]
    [InlineData("{{ config_get(\"user.a\", \"none\") }}|{{ config_get('user.x','it\\'s') }}", "A|it's")]
    [InlineData("{{ config_get(\"user.b, c\", \"\") }}{{ config_get(\"user.x\", properties.p) }}", "B<P>")]
    [InlineData("a{# a {{ comment }} #}b", "ab")]
    public void What_is_known_is_rendered(string text, string wanted) => Assert.Equal(wanted, TemplateText.Read("t", text).Render(Context));

    [Theory]
    [InlineData("{% if x %}", 1, "{% if x %}")]
    [InlineData("a\nb\n{{ devices.root.path }}", 3, "devices.root.path")]
    [InlineData("{{ instance.name|upper }}", 1, "instance.name|upper")]
    [InlineData("{{ config.user }}", 1, "config.user")]
    [InlineData("{{ config_get(\"a\") }}", 1, "config_get")]
    [InlineData("{{ config_get(\"a\", \"b\", \"c\") }}", 1, "config_get")]
    [InlineData("{{ config_get(\"a\", \"b) }}", 1, "config_get")]
    [InlineData("\n{{ instance.name", 2, "is not closed")]
    [InlineData("{{ }}", 1, "is not rendered")]
    [InlineData("{{ properties.p.q }}", 1, "is not rendered")]
    public void The_rest_is_refused_by_name_and_line(string text, int line, string why)
    {
        var refusal = Assert.Throws<Refusal>(() => TemplateText.Read("now.tpl", text));
        Assert.StartsWith($"template \"now.tpl\", line {line}: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }
}
