using System.Net;

namespace Node.Tests.Api;

public sealed class PartitionTests(SmallNode node) : IClassFixture<SmallNode>
{
    [Fact]
    public async Task Resources_are_read_and_changed_and_bad_ones_refused()
    {
        var (_, _, first) = await node.Send("GET", "/1.0/partition");
        var tag = first.Headers.ETag!.ToString();
        await node.Do("PATCH", "/1.0/partition", new JsonText("{\"cpu_percent\":30}"));
        Assert.Equal(new(30, 50), node.Config.Current.Resources);
        var late = await node.Send("PATCH", "/1.0/partition", new JsonText("{\"memory_percent\":40}"), ("If-Match", tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.Code);
        await node.Do("PUT", "/1.0/partition", new JsonText("{\"memory_percent\":40}"));
        Assert.Equal(new(25, 40), node.Config.Current.Resources);
        foreach (var wrong in (string[])["{\"cpu_percent\":0}", "{\"memory_percent\":101}", "{\"cpu_percent\":\"x\"}"])
            Assert.Equal(HttpStatusCode.BadRequest, (await node.Send("PATCH", "/1.0/partition", new JsonText(wrong))).Code);
        await node.Do("PUT", "/1.0/partition", new JsonText("{}"));
        Assert.Equal(new(25, 50), node.Config.Current.Resources);
    }
}
