using Holm.Config;
using Holm.Node.Instances;

namespace Node.Tests.Instances;

/// <summary>Each isolated instance has a range of this node's, and none has another's, whatever its configuration says.</summary>
public sealed class IdRangesTests
{
    private const uint First = 64u << 24;

    [Fact]
    public void A_recorded_range_stays_unless_it_is_not_this_nodes_or_anothers_too()
    {
        (string, string)[] written =
            [("good", "1073872896"), ("root", "0"), ("shared", "1073741824"), ("odd", "1073872897"), ("copy", "1073872896")];
        var document = written.Aggregate(Document.Initial, (d, i) => d.With(new InstanceConfig
        {
            Name = i.Item1,
            Image = "x",
            Config = Maps.Of(("security.idmap.isolated", "true"), (SpecReader.IdmapKey, i.Item2)),
        }));
        var ranges = IdRanges.Assign(document, First).Instances.ToDictionary(i => i.Key, i =>
            IdRanges.Parse(i.Value.Config[SpecReader.IdmapKey], First));
        Assert.DoesNotContain(ranges, r => r.Value is null);
        Assert.Equal(5, ranges.Values.Distinct().Count());
        Assert.Equal(1073872896u, ranges["good"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1073741824")]
    [InlineData("1090519040")]
    [InlineData("4294967295")]
    [InlineData("-1")]
    [InlineData("")]
    public void What_is_no_range_of_this_node_is_none(string text) => Assert.Null(IdRanges.Parse(text, First));
}
