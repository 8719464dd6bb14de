using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Holm.Linux;
using Holm.Linux.Netlink;

namespace Linux.Tests;

/// <summary>A network namespace of a test's own, a socket in it, and iproute2 there as the peer to compare with.</summary>
internal sealed class NetlinkSpace : IDisposable
{
    public Fd Namespace { get; } = NetNamespace.Create();

    public RouteSocket Route { get; }

    public NetlinkSpace() => Route = RouteSocket.OpenIn(Namespace);

    /// <summary>Where other processes find the namespace.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{Namespace.Number}");

    /// <summary>A link by its name, which must be there.</summary>
    public Link this[string name] => Route.Find(name) ?? throw new InvalidOperationException($"no link {name}");

    /// <summary>Runs a program inside, which must succeed; what it prints.</summary>
    public string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={Path}", program, .. arguments])
        {
            RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    /// <summary>What <c>ip -j -d</c> or <c>bridge -j</c> says.</summary>
    public JsonElement[] Ask(string program, params string[] arguments)
    {
        var text = Run(program, ["-j", .. program == "ip" ? ["-d"] : Array.Empty<string>(), .. arguments]);
        return text.Trim().Length == 0 ? [] : JsonSerializer.Deserialize<JsonElement[]>(text)!;
    }

    /// <summary>A veth pair with both ends here.</summary>
    public int AddPair(string name, string other) => Route.AddVeth(name, new LinkOptions(), new GuestEnd(other, Namespace));

    public void Dispose()
    {
        Route.Dispose();
        Namespace.Dispose();
    }
}
