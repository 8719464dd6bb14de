using System.CommandLine;
using Holm.Cli.Help;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake remove NAME…</c></summary>
internal static class FlakeRemove
{
    private static readonly Argument<string[]> Flakes =
        Parts.Some("NAME", "names of flakes, or the path of a flake's only command", LiveNames.Flakes, least: 0);
    private static readonly Option<string?> Image = Parts.Value("--image", "IMAGE", "all flakes of this image, and then the image",
        LiveNames.Images);
    private static readonly Option<bool> Force = Parts.Switch("--force", "what is not there is no error");

    public static Verb Build() => new("remove", "take flakes and their commands away", Flakes, Image, Force)
    {
        More = "Removes the commands, the flake's file and its drop-ins. One that is running is refused. Images stay, unless --image names "
            + "one; it stays too where something else uses it.",
        Examples = ["holm flake remove aws", "holm flake remove /usr/bin/aws", "holm flake remove --image docker.io/amazon/aws-cli"],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var (chosen, image) = (line.GetValue(Flakes) ?? [], line.GetValue(Image));
        if (chosen.Length > 0 == image is not null)
            throw new UsageError("name the flakes, or say --image");
        if (image is not null)
            return OfImage(caller, image, line.GetValue(Force));
        var names = chosen.Select(word => word.StartsWith('/') ? Of(caller, word, line.GetValue(Force)) : word).OfType<string>().ToList();
        return caller.Each(names, "removing", name => Remove(caller, name, line.GetValue(Force)));
    }

    private static Wire.Answer Remove(Caller caller, string name, bool force)
    {
        try
        {
            return caller.Node.Ask("DELETE", Names.Flake(name));
        }
        catch (Refusal refusal) when (force && refusal.Code == 404)
        {
            return new(default, "", "");
        }
    }

    private static int OfImage(Caller caller, string image, bool force)
    {
        var all = caller.Node.Get("/1.0/flakes?recursion=1", ContractJson.Default.IReadOnlyListFlake);
        var code = caller.Each([.. all.Where(f => f.Image == image).Select(f => f.Name)], "removing", name => Remove(caller, name, force));
        if (code != ExitCodes.Ok)
            return code;
        string fingerprint;
        try
        {
            fingerprint = Names.Fingerprint(caller, image);
        }
        catch (Refusal refusal) when (refusal.Code == 404 && (force || all.Any(f => f.Image == image)))
        {
            return ExitCodes.Ok;
        }
        caller.Finish(caller.Node.Ask("DELETE", Names.Image(fingerprint)), $"deleting image {image}");
        return ExitCodes.Ok;
    }

    /// <summary>Name of the flake that has this command; null: none has, and that is no error.</summary>
    internal static string? Of(Caller caller, string command, bool force)
    {
        var owner = caller.Node.Get("/1.0/flakes?recursion=1", ContractJson.Default.IReadOnlyListFlake)
            .FirstOrDefault(f => f.Commands.ContainsKey(command));
        if (owner is null)
            return force ? null : throw new Refusal(404, $"{command} is no flake's command; `holm flake list` shows those there are");
        return owner.Commands.Count == 1 ? owner.Name : throw new Refusal(400,
            $"{command} is one of {owner.Commands.Count} commands of flake {owner.Name}; name the flake, or register it with fewer");
    }
}
