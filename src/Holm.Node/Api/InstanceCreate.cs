using System.Collections.Immutable;
using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Instances;

namespace Holm.Node.Api;

/// <summary><c>POST /1.0/instances</c>: makes an instance of an image.</summary>
internal static class InstanceCreate
{
    public static async Task Create(Call call)
    {
        var body = await call.Body(ContractJson.Default.InstancesPost).ConfigureAwait(false);
        if (call.Query("target").Length > 0)
            throw new Refusal(400, "Target only allowed when clustered: a node of Holm's stands alone");
        if (body.Type is not (null or "" or "container"))
            throw new Refusal(400, $"instances of type {Names.Show(body.Type)} are not supported yet by this node; container is");
        var machine = call.Node.Environment().KernelArchitecture;
        if (body.Architecture is { Length: > 0 } wanted && machine.Length > 0 && wanted != machine)
            throw new Refusal(400, $"this node is {machine}, it cannot run architecture {Names.Show(wanted)}");
        var source = body.Source ?? throw new Refusal(400, "source is missing; give type image and a fingerprint or alias");
        if (source.Type == "copy")
        {
            await InstanceCopy.Create(call, body, source).ConfigureAwait(false);
            return;
        }
        if (source.Type != "image")
            throw new Refusal(400, $"Unknown source type {Names.Show(source.Type)}; image and copy are supported by this node");

        var name = body.Name is { Length: > 0 } given ? given : Invent(call.Document);
        Names.CheckInstance(name, console: source.Follow);
        if (call.Document.Instances.ContainsKey(name))
            throw new Refusal(409, $"Instance \"{name}\" already exists");
        var image = Resolve(call, source);
        var instance = Make(call, body, name, source, image);
        // Said now, to whoever asks, rather than when the operation is looked at.
        Rules.Check(call.Document.With(instance), instance);
        VolumeRoutes.RefuseMissing(call, call.Document, Maps.Empty<ImmutableSortedDictionary<string, string>>(), instance.Devices);

        var node = call.Node;
        var plan = new OperationPlan("Creating instance", "instances", InstanceRoutes.Url(name));
        await call.Began(call.Operations.Start(plan, async (_, ct) =>
        {
            Store(node, instance);
            if (body.Start)
                await node.Instances.SetPower(name, PowerAction.Start, default, ct).ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    private static void Store(NodeFace node, InstanceConfig instance)
    {
        node.Config.Change($"create instance {instance.Name}", document =>
        {
            if (document.Instances.ContainsKey(instance.Name))
                throw new Refusal(409, $"Instance \"{instance.Name}\" already exists");
            if (node.Images.Find(instance.Image) is null)
                throw new Refusal(404, $"Image not found: {Names.Show(instance.Image)}");
            var next = document.With(instance);
            // One without a root is refused here: it could be neither started nor snapshotted.
            _ = Expansion.Expand(next, instance).Root();
            return next;
        });
        TellCreated(node, instance.Name);
    }

    /// <summary>Tells who listens of a new instance.</summary>
    internal static void TellCreated(NodeFace node, string name)
    {
        var document = node.Config.Current;
        if (document.Instances.GetValueOrDefault(name) is { } instance)
            node.Events.Lifecycle("instance-created", InstanceRoutes.Url(name),
                ("storage-pool", Expansion.Expand(document, instance).Root().Value.GetValueOrDefault("pool", "")), ("type", "container"));
    }

    internal static Image Resolve(Call call, InstanceSource source)
    {
        var wanted = source.Fingerprint is { Length: > 0 } fingerprint ? fingerprint : source.Alias;
        if (wanted is not { Length: > 0 })
            throw new Refusal(400, "source names no image; give a fingerprint or an alias");
        if (source.Follow && source.Alias is not { Length: > 0 })
            throw new Refusal(400, "an app that follows its image needs an alias to follow");
        return call.Node.Images.Find(wanted) ?? throw new Refusal(404, $"Image not found: {Names.Show(wanted)}; import it first");
    }

    private static InstanceConfig Make(Call call, InstancesPost body, string name, InstanceSource source, Image image)
    {
        var config = Maps.From(image.Properties.Select(p => KeyValuePair.Create("image." + p.Key, p.Value)))
            .SetItems(LimitsOf(body.InstanceType ?? ""))
            .SetItems(Edits.Whole(body.Config))
            .SetItem("volatile.base_image", image.Fingerprint);
        return new InstanceConfig
        {
            Name = name,
            Image = source.Follow ? source.Alias! : image.Fingerprint,
            Description = body.Description ?? "",
            Ephemeral = body.Ephemeral,
            Config = config,
            Devices = Edits.Devices(body.Devices),
            Profiles = body.Profiles is { } profiles ? Edits.Listed(profiles) : [.. image.Profiles],
            CreatedAt = call.Node.Clock.GetUtcNow(),
        };
    }

    /// <summary>The limits of LXD's <c>cCPUS-mGIB</c>; the names of clouds' machines are a list that this node does not have.</summary>
    private static ImmutableSortedDictionary<string, string> LimitsOf(string type)
    {
        if (type.Length == 0)
            return Maps.Empty<string>();
        var parts = type.Split('-');
        double? Number(char letter) => parts.FirstOrDefault(p => p.StartsWith(letter)) is { } part &&
            double.TryParse(part[1..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number : null;
        var (cpu, memory) = (Number('c'), Number('m'));
        if (parts.Length != (cpu is null ? 0 : 1) + (memory is null ? 0 : 1))
            throw new Refusal(400, $"Provided instance type doesn't exist: {Names.Show(type)}; write c1, m0.5 or c2-m1: CPUs, GiB");
        return Edits.Whole(new Dictionary<string, string>
        {
            ["limits.cpu"] = cpu is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (int)cpu)}"),
            ["limits.memory"] = memory is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{(int)(memory * 1024)}MB"),
        });
    }

    /// <summary>A name nobody has: a letter first, as names want.</summary>
    internal static string Invent(Document document)
    {
        string name;
        do
            name = "app-" + System.Security.Cryptography.RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz", 6);
        while (document.Instances.ContainsKey(name));
        return name;
    }
}
