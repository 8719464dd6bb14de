using System.Collections.Immutable;
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
                await node.Instances.SetPower(name, PowerAction.Start, null, false, ct).ConfigureAwait(false);
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
            return document.With(instance);
        });
        node.Events.Lifecycle("instance-created", InstanceRoutes.Url(instance.Name));
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
            .SetItems(Edits.Whole(body.Config))
            .SetItem("volatile.base_image", image.Fingerprint);
        return new InstanceConfig
        {
            Name = name,
            Image = source.Follow ? source.Alias! : image.Fingerprint,
            Description = body.Description ?? "",
            Ephemeral = body.Ephemeral,
            Config = config,
            Devices = Maps.From(body.Devices),
            Profiles = body.Profiles is { } profiles ? Edits.Listed(profiles) : [.. image.Profiles],
            CreatedAt = call.Node.Clock.GetUtcNow(),
        };
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
