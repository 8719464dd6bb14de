using System.Text;
using System.Text.Json;
using Holm.Contract;
using Holm.Node.Facts;

namespace Node.Tests.Api;

/// <summary>What a server of LXD's is asked about itself, by the real client.</summary>
public sealed class LxcNounTests(SmallNode node) : IClassFixture<SmallNode>
{
    [Fact]
    public async Task The_machine_is_shown()
    {
        var shown = await node.Lxc("info", "--resources");
        Assert.StartsWith("CPU", shown.TrimStart(), StringComparison.Ordinal);
        Assert.Contains("online: true", shown, StringComparison.Ordinal);
        Assert.Contains("\nMemory:\n", shown, StringComparison.Ordinal);
        using var answer = JsonDocument.Parse(await node.Lxc("query", "/1.0/resources"));
        var root = answer.RootElement;
        Assert.True(root.GetProperty("cpu").GetProperty("total").GetInt64() >= System.Environment.ProcessorCount);
        var memory = root.GetProperty("memory");
        Assert.InRange(memory.GetProperty("used").GetInt64(), 1, memory.GetProperty("total").GetInt64());
        Assert.Equal(0, root.GetProperty("usb").GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task There_is_one_project_and_no_cluster()
    {
        Assert.Matches(@"\| default \(current\) +\| YES +\| YES +\|", await node.Lxc("project", "list"));
        var shown = await node.Lxc("project", "show", "default");
        Assert.Contains("description: Default LXD project\nname: default\nused_by:\n", shown, StringComparison.Ordinal);
        Assert.Contains("- /1.0/profiles/default", shown, StringComparison.Ordinal);
        Assert.Contains("Project not found", (await node.TryLxc("", "project", "show", "other")).Text, StringComparison.Ordinal);
        Assert.Contains("Project not found", (await node.TryLxc("", "list", "--project", "other")).Text, StringComparison.Ordinal);
        Assert.Contains("project default only", (await node.TryLxc("", "project", "create", "other")).Text, StringComparison.Ordinal);
        Assert.Equal((1, "Error: LXD server isn't part of a cluster\n"), await node.TryLxc("", "cluster", "list"));
    }

    [Fact]
    public async Task Warnings_are_listed_acknowledged_and_deleted()
    {
        node.Checks.Enqueue(new Check { Feature = "dnsmasq", Found = "missing", Holm = "install dnsmasq-base" });
        Assert.Matches(@"\| Missing dnsmasq +\| NEW +\| MODERATE +\|", await node.Lxc("warning", "list"));
        using var answer = JsonDocument.Parse(await node.Lxc("query", "/1.0/warnings?recursion=1"));
        var uuid = answer.RootElement[0].GetProperty("uuid").GetString()!;
        Assert.Contains("last_message: install dnsmasq-base", await node.Lxc("warning", "show", uuid), StringComparison.Ordinal);
        await node.Lxc("warning", "acknowledge", uuid);
        Assert.DoesNotContain("dnsmasq", await node.Lxc("warning", "list"), StringComparison.Ordinal);
        Assert.Matches(@"\| Missing dnsmasq +\| ACKNOWLEDGED +\|", await node.Lxc("warning", "list", "--all"));
        await node.Lxc("warning", "delete", uuid);
        Assert.DoesNotContain("dnsmasq", await node.Lxc("warning", "list", "--all"), StringComparison.Ordinal);
        Assert.Contains("Warning not found", (await node.TryLxc("", "warning", "show", uuid)).Text, StringComparison.Ordinal);
        node.Checks.Clear();
    }

    [Fact]
    public async Task Operations_and_remotes_are_listed()
    {
        Assert.Contains("DESCRIPTION", await node.Lxc("operation", "list"), StringComparison.Ordinal);
        Assert.Contains("not found", (await node.TryLxc("", "operation", "show", "x")).Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("not found", (await node.TryLxc("", "operation", "delete", "x")).Text, StringComparison.OrdinalIgnoreCase);
        Assert.Matches(@"\| local \(current\) +\| unix:// +\| lxd +\| file access +\|", await node.Lxc("remote", "list"));
    }

    [Fact]
    public async Task What_is_no_image_source_here_is_refused_with_the_way_there_is()
    {
        async Task<string> Refused(string source) =>
            (await node.Send("POST", "/1.0/images", new JsonText($"{{\"source\":{source}}}"))).Body.GetProperty("error").GetString()!;
        Assert.Contains("fetches no image from a URL", await Refused("{\"type\":\"url\",\"url\":\"https://x\"}"), StringComparison.Ordinal);
        Assert.Contains("copies no image", await Refused("{\"type\":\"image\",\"server\":\"https://x\"}"), StringComparison.Ordinal);
        Assert.Contains("Instance not found", await Refused("{\"type\":\"instance\",\"name\":\"x\"}"), StringComparison.Ordinal);
        Assert.Equal((1, "Error: Image source not found\n"), await node.TryLxc("", "image", "refresh", "netbox"));
    }

    [Theory]
    [InlineData("rootfs", "metadata")]
    [InlineData("metadata", "rootfs.img")]
    [InlineData("metadata", "other")]
    public async Task Parts_of_a_split_image_come_in_their_order(string first, string second)
    {
        var body = $"--b\r\nContent-Disposition: form-data; name=\"{first}\"; filename=\"a\"\r\n\r\n{new string('x', 600)}\r\n" +
            $"--b\r\nContent-Disposition: form-data; name=\"{second}\"; filename=\"b\"\r\n\r\n{new string('y', 600)}\r\n--b--\r\n";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images")
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body))
            {
                Headers = { { "Content-Type", "multipart/form-data; boundary=b" } },
            },
        };
        using var answer = await node.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains(second == "rootfs.img" ? "virtual machines" : "Invalid multipart image", text, StringComparison.Ordinal);
        Assert.Empty(node.Leftovers);
    }

    [Theory]
    [InlineData("X-LXD-fingerprint")]
    [InlineData("X-Incus-fingerprint")]
    public async Task A_fingerprint_that_is_expected_is_checked(string header)
    {
        var (code, answer, _) = await node.Send("POST", "/1.0/images", new JsonText(new string('x', 600), "application/octet-stream"),
            (header, new string('0', 64)));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, code);
        Assert.StartsWith("fingerprints don't match, got ", answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(node.Leftovers);
    }

    [Fact]
    public void Metrics_have_the_names_of_LXD()
    {
        var text = MetricsText.Write(
        [
            ("web", new InstanceState
            {
                Processes = 3,
                Cpu = new CpuState { Usage = 1_500_000_000 },
                Memory = new MemoryState { Usage = 100, Total = 300 },
                Network = new Dictionary<string, NetworkState> { ["e\"0"] = new() { Counters = new NetworkCounters { BytesSent = 7 } } },
            }),
        ], 1000);
        foreach (var line in (string[])[
            "# HELP lxd_cpu_seconds_total The total number of CPU time used in seconds.\n# TYPE lxd_cpu_seconds_total counter\n" +
            "lxd_cpu_seconds_total{name=\"web\",project=\"default\",type=\"container\"} 1.5\n",
            "lxd_memory_MemTotal_bytes{name=\"web\",project=\"default\",type=\"container\"} 300\n",
            "lxd_memory_MemAvailable_bytes{name=\"web\",project=\"default\",type=\"container\"} 200\n",
            "lxd_network_transmit_bytes_total{device=\"e\\\"0\",name=\"web\",project=\"default\",type=\"container\"} 7\n",
            "# TYPE lxd_procs_total gauge\nlxd_procs_total{name=\"web\",project=\"default\",type=\"container\"} 3\n",
        ])
            Assert.Contains(line, text, StringComparison.Ordinal);
        Assert.Equal("# EOF\n", MetricsText.Write([], 1000));
    }
}
