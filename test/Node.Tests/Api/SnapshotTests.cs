namespace Node.Tests.Api;

/// <summary>Snapshots and copies at the door: what is refused, and what a copy is made of.</summary>
public sealed class SnapshotTests(SmallNode node) : IClassFixture<SmallNode>
{
    [Theory]
    [InlineData("POST", "snapped/snapshots", """{"name":"../x"}""", "Invalid snapshot name")]
    [InlineData("POST", "snapped/snapshots", """{"name":".x"}""", "begin with a letter or digit")]
    [InlineData("POST", "snapped/snapshots", """{"name":"a b"}""", "Invalid snapshot name")]
    [InlineData("POST", "snapped/snapshots", """{"name":"x","stateful":true}""", "memory is not saved")]
    [InlineData("POST", "snapped/snapshots", """{"name":"x","expires_at":"2030-01-01T00:00:00Z"}""", "that expire")]
    [InlineData("POST", "snapped/snapshots", """{"name":"there"}""", "already exists")]
    [InlineData("POST", "snapped/snapshots", """{"name":7}""", "not the JSON that is wanted at \"$.name\"")]
    [InlineData("POST", "nosuch/snapshots", """{"name":"x"}""", "Instance not found")]
    [InlineData("POST", "snapped/snapshots/there", """{"name":"a/b"}""", "Invalid snapshot name")]
    [InlineData("POST", "snapped/snapshots/there", """{"name":"there"}""", "already in use")]
    [InlineData("POST", "snapped/snapshots/there", """{"name":"x","migration":true}""", "migration is not supported")]
    [InlineData("DELETE", "snapped/snapshots/nosuch", "", "InstanceSnapshot not found")]
    [InlineData("GET", "snapped/snapshots/..%2f..", "", "InstanceSnapshot not found")]
    [InlineData("PUT", "snapped", """{"restore":"nosuch"}""", "InstanceSnapshot not found")]
    [InlineData("PUT", "snapped", """{"restore":"snapped/../x"}""", "InstanceSnapshot not found")]
    [InlineData("POST", "snapped/rebuild", """{}""", "source is missing")]
    [InlineData("POST", "snapped/rebuild", """{"source":{"type":"none"}}""", "Unknown source type")]
    [InlineData("POST", "snapped/rebuild", """{"source":{"type":"image","alias":"nosuch"}}""", "Image not found")]
    [InlineData("POST", "", """{"name":"c","source":{"type":"copy"}}""", "must specify a source instance")]
    [InlineData("POST", "", """{"name":"c","source":{"type":"copy","source":"a/b/c"}}""", "must specify a source instance")]
    [InlineData("POST", "", """{"name":"c","source":{"type":"copy","source":"nosuch"}}""", "Instance not found")]
    [InlineData("POST", "", """{"name":"c","source":{"type":"copy","source":"snapped/nosuch"}}""", "InstanceSnapshot not found")]
    [InlineData("POST", "", """{"name":"c/d","source":{"type":"copy","source":"snapped"}}""", "Invalid instance name")]
    [InlineData("POST", "", """{"name":"snapped","source":{"type":"copy","source":"snapped"}}""", "already exists")]
    [InlineData("POST", "", """{"name":"c","profiles":["nosuch"],"source":{"type":"copy","source":"snapped"}}""", "Profile not found")]
    public async Task What_is_wrong_is_refused_at_once(string method, string path, string body, string reason)
    {
        await Snapped();
        var (_, answer, _) = await node.Send(
            method, $"/1.0/instances/{path}".TrimEnd('/'), body.Length > 0 ? new JsonText(body) : null);
        Assert.Equal("error", answer.GetProperty("type").GetString());
        Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await node.Do("GET", "/1.0/instances/snapped/snapshots")).GetArrayLength());
    }

    [Fact]
    public async Task A_copy_has_what_is_said_over_what_the_original_has()
    {
        await Snapped();
        await node.Do("PATCH", "/1.0/instances/snapped",
            new JsonText("""{"config":{"user.a":"1","user.b":"2"},"devices":{"x":{"type":"none"}},"description":"first"}"""));
        await node.Do("POST", "/1.0/instances", new JsonText(
            """{"name":"copied","config":{"user.b":"3","volatile.x":"y"},"source":{"type":"copy","source":"snapped"}}"""));
        var copy = node.Config.Current.Instances["copied"];
        Assert.Equal(("1", "3", "first", node.Fingerprint),
            (copy.Config["user.a"], copy.Config["user.b"], copy.Description, copy.Config["volatile.base_image"]));
        Assert.True(copy.Devices.ContainsKey("x"));
        Assert.False(copy.Config.ContainsKey("volatile.x"));
        await node.Do("DELETE", "/1.0/instances/copied");
    }

    private async Task Snapped()
    {
        if (node.Config.Current.Instances.ContainsKey("snapped"))
            return;
        await node.Create("snapped");
        await node.Do("POST", "/1.0/instances/snapped/snapshots", new JsonText("""{"name":"there"}"""));
    }
}
