using System.CommandLine;
using Holm.Cli.Help;
using Holm.Config;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm flake register [NAME] --image IMAGE [--app PATH]</c></summary>
internal static class FlakeRegister
{
    private static readonly Argument<string?> Name = Parts.Maybe("NAME", "name of the flake (standard: the last part of the first --app)");
    private static readonly Option<string?> Image = ImageOption();
    private static readonly Option<string[]> App = Parts.Values("--app", "PATH[=TARGET]",
        "where on this host the command is to be (standard: /usr/local/bin/NAME), and the program in the image; may be given several times",
        LiveNames.AnyFile);
    private static readonly Option<string?> Target = Parts.Value("--target", "PATH",
        "the program in the image, for each --app without one; / (standard): what the image runs by itself");
    private static readonly Option<string?> Base = Parts.Value("--base", "IMAGE", "the image below, of which IMAGE holds the difference",
        LiveNames.Images);
    private static readonly Option<string[]> Layer = Parts.Values("--layer", "IMAGE",
        "an image between base and image, the lowest first; may be given several times", LiveNames.Images);
    private static readonly Option<string[]> IncludeTar = Parts.Values("--include-tar", "FILE",
        "an archive that is unpacked on top; may be given several times", LiveNames.AnyFile);
    private static readonly Option<string[]> IncludePath = Parts.Values("--include-path", "PATH",
        "a file or folder that is put on top under its own path; may be given several times", LiveNames.AnyFile);
    private static readonly Option<bool> HostDependencies = Parts.Switch("--check-host-dependencies",
        "give it the files of this host that the images list in /systemfiles, read-only");
    private static readonly Option<bool> Resume = Parts.Switch("--resume", "keep the container after a call, and use it for the next");
    private static readonly Option<bool> Attach = Parts.Switch(
        "--attach", "the command goes on without its caller, and the next call joins it");
    private static readonly Option<string[]> Opt = Parts.Values("--opt", "OPTION",
        "an option of podman's, as --opt='--env A=b'; may be given several times");
    private static readonly Option<string[]> PilotOption = Parts.Values("--pilot-option", "%NAME[:VALUE]",
        "a word that leads each call; may be given several times");
    private static readonly Option<string?> RunAs = Parts.Value("--run-as", "USER[:GROUP]", "who the command is inside");
    private static readonly Option<string?> Memory = Parts.Value("--memory", "SIZE", "memory it may use, for example 512MiB or 25%");
    private static readonly Option<string?> Cpus = Parts.Value("--cpus", "CPUS", "processors it may use, for example 2 or 0-1");
    private static readonly Option<string?> Cwd = Share("--cwd", "the caller's working directory is there, and it starts in it");
    private static readonly Option<string?> Home = Share("--home", "the caller's home is there, and is HOME");
    private static readonly Option<string?> Network = Among("--network", "host|nat|none",
        "the host's network (standard), one of its own behind NAT, or none", "host", "nat", "none");
    private static readonly Option<string[]> Argument = Parts.Values("--argument", "WORD",
        "a word between program and the caller's own; may be given several times");
    private static readonly Option<string[]> Without = Parts.Values("--without", "FILE",
        "what of the host is not given to it: resolv.conf, hosts, localtime or ca-certificates; may be given several times");
    private static readonly Option<string[]> Allow = Parts.Values("--allow", "USER|@GROUP|*",
        "who may call it besides root and group holm; may be given several times");
    private static readonly Option<bool> Force = Parts.Switch("--force", "replace a flake of that name, and a command of flake-pilot's");
    private static readonly Option<bool> Info = Parts.Switch("--info", "register nothing; print what the image's vendor wrote for this");

    public static Verb Build() => new("register", "make commands of this host out of an image", Name, Image, App, Target, Base, Layer,
        IncludeTar, IncludePath, HostDependencies, Resume, Attach, Opt, PilotOption, RunAs, Memory, Cpus, Cwd, Home, Network, Argument,
        Without, Allow, Force, Info)
    {
        More = "Each --app becomes a command on this host, which runs in a container of the image: unprivileged, gone at its end, with the "
            + "caller's input, output and exit code. An image that is not here is pulled at the first call. Nothing of an image runs "
            + "outside its container."
            + "\n\nBase, layers, image and includes lie over each other; nothing is copied. Where there is a base, files that the images "
            + "list in /removed come from this host, read-only, if no layer has them and everybody may read them."
            + "\n\nOf podman's options --opt takes those that have an equal: --env, --volume, --workdir, --user, --hostname, --tmpfs, "
            + "--network, --memory, --cpus, --cpuset-cpus, --entrypoint, --init and --no-hosts; --rm, --interactive and --tty change "
            + "nothing. A value is fixed when it is registered: %NAME is refused, but --opt='--volume %HOME:%HOME' is --home share."
            + "\n\nWith --attach the command outlives its caller: Ctrl+p q leaves it, and so does a terminal that closes; the next call "
            + "moves it to its own terminal. It has to be called in one. `holm flake reset NAME` ends it, as it ends what --resume keeps."
            + "\n\nA call may begin with words of Holm's: @NAME names the instance, %WORD is one of flake-pilot's; -- ends them, and @@ "
            + "and %% begin a word of the program's own. %ignore_sync_error and %ignore_missing_volume_path start it without files of the "
            + "host that are missing. %progress, %interactive and %remove change nothing: what is pulled is always told on standard error, "
            + "the program has the caller's own streams, and only what --resume keeps stays, until holm flake reset ends it."
            + "\n\nA flake is one file, HOLM_STATE/flakes/NAME.yaml; files NAME.d/*.yaml beside it lie over it. Both are read at each "
            + "call. A path that is taken by something else is refused.",
        Examples =
        [
            "holm flake register aws --image docker.io/amazon/aws-cli --home share --cwd share",
            "holm flake register tools --image tools --app /usr/bin/jq=/bin/jq --app /usr/bin/yq=/bin/yq --network none --allow @users",
            "holm flake register --image joe --base tumbleweed --app /usr/bin/joe --target /usr/bin/joe",
            "holm flake register --image docker.io/amazon/aws-cli --info",
        ],
        Run = Run,
    };

    private static int Run(ParseResult line, Caller caller)
    {
        var image = line.GetValue(Image) ?? throw new UsageError("--image is missing");
        var apps = line.GetValue(App) ?? [];
        if (line.GetValue(Info))
        {
            if (apps.Length > 0)
                throw new UsageError("--info prints and registers nothing; leave out --app");
            caller.Node.Download($"{Names.Image(image)}/flake", piece => Output.Screen.Write(caller.Screen.Output, piece.Span));
            return ExitCodes.Ok;
        }
        if (apps.Length == 0)
            apps = line.GetValue(Name) is { } name ? ["/usr/local/bin/" + name] : throw new UsageError("NAME or --app is missing");
        if (line.GetValue(Resume) && line.GetValue(Attach))
            throw new UsageError("choose between --resume and --attach");
        if (line.GetValue(Layer) is { Length: > 0 } && line.GetValue(Base) is null)
            throw new UsageError("--layer wants --base");
        var flake = Flake(line, image, apps);
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(flake, ContractJson.Default.Flake);
        caller.Node.Ask("POST", line.GetValue(Force) ? "/1.0/flakes?force=true" : "/1.0/flakes", body, deadline: TimeSpan.FromMinutes(30));
        return ExitCodes.Ok;
    }

    private static Flake Flake(ParseResult line, string image, string[] apps)
    {
        var commands = new Dictionary<string, string>();
        foreach (var app in apps)
        {
            var equals = app.IndexOf('=', StringComparison.Ordinal);
            commands[equals < 0 ? app : app[..equals]] = equals < 0 ? line.GetValue(Target) ?? "/" : app[(equals + 1)..];
        }
        var flake = new Flake
        {
            Name = line.GetValue(Name) ?? Path.GetFileName(commands.Keys.First()),
            Image = image,
            Base = line.GetValue(Base),
            Layers = line.GetValue(Layer) ?? [],
            IncludeTar = Full(line.GetValue(IncludeTar)),
            IncludePath = Full(line.GetValue(IncludePath)),
            HostDependencies = line.GetValue(HostDependencies),
            Commands = commands,
            Life = line.GetValue(Resume) ? "resume" : line.GetValue(Attach) ? "attach" : "one-shot",
            PilotOptions = line.GetValue(PilotOption) ?? [],
            Arguments = line.GetValue(Argument) ?? [],
            Without = line.GetValue(Without) ?? [],
            Allow = line.GetValue(Allow) ?? [],
        };
        try
        {
            flake = (line.GetValue(Opt) ?? []).Aggregate(flake, PodmanOptions.Add);
        }
        catch (FormatException e)
        {
            throw new UsageError(e.Message);
        }
        // What Holm's own options say counts over podman's.
        return flake with
        {
            User = line.GetValue(RunAs) ?? flake.User,
            Memory = line.GetValue(Memory) ?? flake.Memory,
            Cpus = line.GetValue(Cpus) ?? flake.Cpus,
            ShareCwd = line.GetValue(Cwd) is not null || flake.ShareCwd,
            ShareHome = line.GetValue(Home) is not null || flake.ShareHome,
            Network = line.GetValue(Network) ?? flake.Network,
        };
    }

    private static string[] Full(string[]? paths) => [.. (paths ?? []).Select(Path.GetFullPath)];

    private static Option<string?> ImageOption()
    {
        var image = Parts.Value("--image", "IMAGE", "the image, by any of its names", LiveNames.Images);
        image.Aliases.Add("--container");
        return image;
    }

    private static Option<string?> Share(string name, string description) => Among(name, "share", description, "share");

    private static Option<string?> Among(string name, string help, string description, params string[] allowed)
    {
        var option = Parts.Value(name, help, description);
        option.AcceptOnlyFromAmong(allowed);
        return option;
    }
}
