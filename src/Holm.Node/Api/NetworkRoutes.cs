using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>Managed networks, and a look at the host's other interfaces.</summary>
/// <remarks>
/// A change is written first and then made. What the node cannot make of a new network, or of one under a new name, is taken back and
/// refused. Other changes stay: the network is Errored with the reason until the host lets it be made, or until it is changed again. Where
/// not this network but the whole work failed (no nft, say), the answer to those is the failure, and they stay too.
/// </remarks>
internal static class NetworkRoutes
{
    /// <summary>Longest wait until a change has been made.</summary>
    private static readonly TimeSpan SettleDeadline = TimeSpan.FromSeconds(15);

    public static Task List(Call call)
    {
        var document = call.Document;
        var others = call.Node.Networks.Unmanaged().Where(n => !document.Networks.ContainsKey(n.Name)).ToList();
        return call.Recursion == 0
            ? call.Answer([.. document.Networks.Keys.Concat(others.Select(n => n.Name)).Select(Url)],
                ContractJson.Default.IReadOnlyListString)
            : call.Answer([.. document.Networks.Values.Select(n => View(call, document, n)), .. others.Select(n => View(document, n))],
                ContractJson.Default.IReadOnlyListNetwork);
    }

    public static Task Get(Call call)
    {
        var (name, document) = (call.Route("name"), call.Document);
        if (!document.Networks.ContainsKey(name) && Other(call, name) is { } other)
            return call.Answer(View(document, other), ContractJson.Default.Network);
        var network = Find(call, document);
        return call.Answer(View(call, document, network), ContractJson.Default.Network, ETag(network));
    }

    public static async Task Create(Call call)
    {
        var body = await call.Body(ContractJson.Default.NetworkPut).ConfigureAwait(false);
        var network = new NetworkConfig
        {
            Name = body.Name ?? "",
            Type = body.Type is { Length: > 0 } type ? type : NetworkConfig.Bridge,
            Description = body.Description ?? "",
            Config = Edits.Filled(body.Config),
        };
        call.Node.Config.Change($"create network {network.Name}", document => document.Networks.ContainsKey(network.Name)
            ? throw new Refusal(409, $"Network \"{network.Name}\" already exists")
            : document.With(network = WithAddress(call, document, network, isNew: true)));
        await SettleOrUndo(call, network, document => document.WithoutNetwork(network.Name)).ConfigureAwait(false);
        call.Node.Events.Lifecycle("network-created", Url(network.Name));
        await call.Created(Url(network.Name)).ConfigureAwait(false);
    }

    public static Task Put(Call call) => Change(call, (now, body) => now with
    {
        Config = Edits.Filled(body.Config),
        Description = body.Description ?? "",
    });

    public static Task Patch(Call call) => Change(call, (now, body) => now with
    {
        Config = Edits.Merge(now.Config, body.Config),
        Description = body.Description ?? now.Description,
    });

    public static async Task Rename(Call call)
    {
        var (from, body) = (call.Route("name"), await call.Body(ContractJson.Default.NetworkPut).ConfigureAwait(false));
        NetworkConfig? old = null, renamed = null;
        call.Node.Config.Change($"rename network {from}", document =>
        {
            old = Find(call, document);
            renamed = old with { Name = body.Name ?? "" };
            RefuseUsed(document, from);
            return document.Networks.ContainsKey(renamed.Name)
                ? throw new Refusal(409, $"Network \"{renamed.Name}\" already exists")
                : document.WithoutNetwork(from).With(renamed);
        });
        var to = renamed!.Name;
        await SettleOrUndo(call, renamed, document => document.Networks.ContainsKey(from)
            ? throw new Refusal(409, $"there is another network {from} by now")
            : document.WithoutNetwork(to).With(old!)).ConfigureAwait(false);
        call.Node.Events.Lifecycle("network-renamed", Url(to), ("old_name", from));
        await call.Created(Url(to)).ConfigureAwait(false);
    }

    public static async Task Delete(Call call)
    {
        var name = call.Route("name");
        call.Node.Config.Change($"delete network {name}", document =>
        {
            Find(call, document);
            RefuseUsed(document, name);
            return document.WithoutNetwork(name);
        });
        await SettleAndTell(call, name, "network-deleted").ConfigureAwait(false);
    }

    public static Task State(Call call)
    {
        var name = call.Route("name");
        var state = call.Node.Networks.State(name);
        if (!call.Document.Networks.ContainsKey(name) && (state is null || Other(call, name) is null))
            throw NotFound(name);
        return call.Answer(state ?? new HostInterfaceState(), ContractJson.Default.HostInterfaceState);
    }

    public static Task Leases(Call call) =>
        call.Answer(call.Node.Networks.Leases(Find(call, call.Document).Name), ContractJson.Default.IReadOnlyListNetworkLease);

    private static async Task Change(Call call, Func<NetworkConfig, NetworkPut, NetworkConfig> change)
    {
        var name = Find(call, call.Document).Name;
        var body = await call.Body(ContractJson.Default.NetworkPut).ConfigureAwait(false);
        call.Node.Config.Change($"change network {name}", document =>
        {
            var now = Find(call, document);
            call.CheckMatch(ETag(now));
            return document.With(WithAddress(call, document, change(now, body), isNew: false));
        });
        await SettleAndTell(call, name, "network-updated").ConfigureAwait(false);
    }

    /// <summary>
    /// As LXD: a new bridge of which nothing else is said, and any that is to have the address <c>auto</c>, gets a subnet of its own, out
    /// of which NAT leads unless that is said otherwise.
    /// </summary>
    private static NetworkConfig WithAddress(Call call, Document document, NetworkConfig network, bool isNew)
    {
        if (network.Type != NetworkConfig.Bridge || network.Config.GetValueOrDefault(NetworkConfig.AddressKey) is var said
            && said != "auto" && !(isNew && said is null))
            return network;
        var taken = Nics.Subnets(document).Concat(call.Node.Networks.HostSubnets());
        var own = Private.Free(24, taken, Random.Shared.Next(1 << 16)) ?? throw new Refusal(409,
            $"network {network.Name}: no subnet of {Private.Subnet} is free; give {NetworkConfig.AddressKey}, or none");
        var config = network.Config.SetItem(NetworkConfig.AddressKey, own.ToString());
        return network with { Config = config.ContainsKey("ipv4.nat") ? config : config.SetItem("ipv4.nat", "true") };
    }

    /// <summary>10.0.0.0/8; RFC 1918.</summary>
    private static readonly Ipv4Interface Private = new(10u << 24, 8);

    private static async Task SettleAndTell(Call call, string name, string action)
    {
        try
        {
            await Settle(call, name).ConfigureAwait(false);
        }
        finally
        {
            call.Node.Events.Lifecycle(action, Url(name));
        }
        await call.Done().ConfigureAwait(false);
    }

    /// <summary>Waits until the node has come round to what is written.</summary>
    /// <returns>Why it could not make this network, as a sentence; null: it could.</returns>
    private static async Task<string?> Settle(Call call, string name)
    {
        // Not ended when the client goes away: what was begun is brought to its end, and told to those who listen.
        using var deadline = new CancellationTokenSource(SettleDeadline);
        try
        {
            return (await call.Node.Networks.Settle(deadline.Token).ConfigureAwait(false)).GetValueOrDefault(name);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested)
        {
            throw new Refusal(500, $"network {name}: the node has not come round to it within {SettleDeadline.TotalSeconds} seconds", e);
        }
    }

    /// <summary>As <see cref="Settle"/>, and takes back what could not be made, unless somebody has changed or used it since.</summary>
    /// <exception cref="Refusal">409: the node could not make it.</exception>
    private static async Task SettleOrUndo(Call call, NetworkConfig written, Func<Document, Document> undo)
    {
        string? problem;
        try
        {
            problem = await Settle(call, written.Name).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Refusal or IOException)
        {
            problem = e.Message;
        }
        if (problem is null)
            return;
        try
        {
            call.Node.Config.Change($"take back network {written.Name}", document =>
                ReferenceEquals(document.Networks.GetValueOrDefault(written.Name), written) ? undo(document)
                    : throw new Refusal(409, "somebody has changed it meanwhile"));
        }
        catch (Refusal kept)
        {
            throw new Refusal(409, $"{problem}; network {written.Name} is not taken back: {kept.Message}", kept);
        }
        try
        {
            await Settle(call, written.Name).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Refusal or IOException)
        {
            // What is in the way now was in the way before; the first sentence is the one to tell.
            call.Node.Log($"take back network {written.Name}: {e.Message}");
        }
        throw new Refusal(409, problem);
    }

    private static void RefuseUsed(Document document, string name)
    {
        var users = string.Join(", ", document.UsersOfNetwork(name).Select(i => $"instance {i}")
            .Concat(document.ProfilesOfNetwork(name).Select(p => $"profile {p}")));
        if (users.Length > 0)
            throw new Refusal(400, $"The network is currently in use by {users}: take it from them first");
    }

    private static NetworkConfig Find(Call call, Document document)
    {
        var name = call.Route("name");
        return document.Networks.GetValueOrDefault(name) ?? throw (Other(call, name) is null ? NotFound(name)
            : new Refusal(404, $"Network not found: {name} is an interface of the host that Holm does not manage"));
    }

    private static Refusal NotFound(string name) => new(404, $"Network not found: {Names.Show(name)}");

    private static Network? Other(Call call, string name) => call.Node.Networks.Unmanaged().FirstOrDefault(n => n.Name == name);

    private static Network View(Call call, Document document, NetworkConfig network)
    {
        var problem = call.Node.Networks.Problem(network.Name);
        return View(document, new Network
        {
            Name = network.Name,
            Description = network.Description,
            Config = network.Config,
            Type = network.Type,
            Managed = true,
            Status = problem is null ? "Created" : "Errored",
            Reason = problem ?? "",
            Locations = ["none"],
        });
    }

    private static Network View(Document document, Network network) => network with
    {
        UsedBy = [.. document.UsersOfNetwork(network.Name).Select(InstanceRoutes.Url),
            .. document.ProfilesOfNetwork(network.Name).Select(ProfileRoutes.Url)],
    };

    private static string ETag(NetworkConfig network) => Call.ETag(
        new NetworkPut { Config = new(network.Config), Description = network.Description }, ContractJson.Default.NetworkPut);

    private static string Url(string name) => $"/1.0/networks/{Uri.EscapeDataString(name)}";
}
