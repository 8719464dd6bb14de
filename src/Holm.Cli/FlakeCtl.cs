namespace Holm.Cli;

/// <summary>
/// The command lines of flake-pilot's flake-ctl as Holm's own, for when this program is called by that name. Pure but for one look at
/// the folder of an archive.
/// </summary>
/// <remarks>Source: flake-pilot 3.1.44, <c>flake-ctl/src/cli.rs</c>.</remarks>
internal static class FlakeCtl
{
    private const string NoMachines = "this node runs containers; virtual machines of firecracker are not taken",
        NoBubblewrap = "this node runs containers; bubblewrap is not taken";

    /// <summary>Options of <c>podman register</c> that take one word or more, as flake-ctl has them.</summary>
    private static readonly string[] Lists = ["--layer", "--include-tar", "--include-path", "--opt", "--pilot-option"],
        Words = ["--container", "--app", "--target", "--base", "--format", "--uri", "--oci", "--instance"],
        Switches = ["--check-host-dependencies", "--check_host_dependencies", "--resume", "--attach", "--info", "--force", "--user"];

    /// <summary>What is said to a line for which nothing has to be done; null: there is something to do.</summary>
    public static string? NothingToDo(IReadOnlyList<string> args) =>
        args is ["init", ..] ? "nothing has to be made: the node keeps the flakes of all users by itself" : null;

    /// <summary>Holm's words for flake-ctl's.</summary>
    /// <exception cref="UsageError">There is no such line, or nothing like it here; the sentence says why.</exception>
    public static string[] Translate(IReadOnlyList<string> args)
    {
        if (args.Count == 0 || args[0] is "-h" or "--help" or "help")
            return ["flake", "--help"];
        if (args[0] is "-V" or "--version")
            return ["--version"];
        List<string> words = [.. args.Where((word, i) => word != "--user" || i > 1)];
        switch (words[0])
        {
            case "list":
                return ["flake", "list", .. Options(words.Skip(1)).SelectMany(o => o is ("--format", [var format])
                    ? new[] { "--format", format } : throw Unknown(o.Name))];
            case "firecracker":
                throw new UsageError(NoMachines);
            case "bubblewrap":
                throw new UsageError(NoBubblewrap);
            case "podman" when words.Count > 1 && words[1] == "export":
                throw new UsageError($"export makes a root for bubblewrap; {NoBubblewrap}");
            case "podman" when words.Count > 1 && words[1] is not ("-h" or "--help"):
                return Podman(words[1], Options(words.Skip(2)));
            case "podman":
                return ["flake", "--help"];
            default:
                throw new UsageError($"flake-ctl has no command '{words[0]}'; it has podman, list and init");
        }
    }

    private static string[] Podman(string verb, List<(string Name, List<string> Values)> options)
    {
        if (options.Any(o => o.Name is "--help"))
            return ["flake", verb is "register" or "remove" or "reset" ? verb : "list", "--help"];
        string One(string name) => options.LastOrDefault(o => o.Name == name).Values?[0] ?? throw new UsageError($"{name} is missing");
        bool Has(string name) => options.Any(o => o.Name == name);
        string[] force = Has("--force") ? ["--force"] : [];
        return verb switch
        {
            "pull" => ["pull", One("--uri")],
            "load" => ["load", Newest(One("--oci"))],
            "register" => ["flake", "register", .. options.Where(o => o.Name != "--user").SelectMany(Register),
                // Without a target flake-pilot calls what has the command's own path.
                .. Has("--app") && !Has("--target") ? new[] { $"--target={One("--app")}" } : []],
            "remove" when Has("--app") != Has("--container") => Has("--app")
                ? ["flake", "remove", One("--app"), .. force] : ["flake", "remove", "--image", One("--container"), .. force],
            "remove" => throw new UsageError("remove wants either --container or --app"),
            "reset" when Has("--instance") => throw new UsageError("reset ends all that is kept of a flake; leave out --instance"),
            "reset" => ["flake", "reset", One("--app")],
            "show" => ["list", .. Has("--format") ? new[] { "--format", One("--format") } : []],
            _ => throw new UsageError($"flake-ctl podman has no command '{verb}'; it has pull, load, register, remove, reset and show"),
        };
    }

    private static IEnumerable<string> Register((string Name, List<string> Values) option) => option.Name switch
    {
        "--check_host_dependencies" => ["--check-host-dependencies"],
        // In one word, so that an option of podman's is not taken for Holm's.
        var name => option.Values.Count == 0 ? [name] : option.Values.Select(v => $"{name}={v}"),
    };

    private static List<(string Name, List<string> Values)> Options(IEnumerable<string> words)
    {
        var options = new List<(string Name, List<string> Values)>();
        foreach (var word in words)
        {
            var last = options.Count > 0 ? options[^1] : default;
            var isWanted = last.Name is not null && last.Values.Count == 0 && !Switches.Contains(last.Name) && last.Name is not "--help";
            var isMore = last.Name is not null && Lists.Contains(last.Name);
            if (isWanted || (isMore && !word.StartsWith('-')))
            {
                last.Values!.Add(word);
                continue;
            }
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (name is "-h")
                name = "--help";
            if (!Lists.Contains(name) && !Words.Contains(name) && !Switches.Contains(name) && name is not "--help")
                throw Unknown(word);
            options.Add((name, equals < 0 ? [] : [word[(equals + 1)..]]));
        }
        if (options.Count > 0 && options[^1] is { Values.Count: 0 } open && !Switches.Contains(open.Name) && open.Name is not "--help")
            throw new UsageError($"{open.Name} wants a value");
        return options;
    }

    /// <summary>The archive, or the last in order of those whose path begins so, as flake-ctl has it.</summary>
    private static string Newest(string path)
    {
        if (File.Exists(path) || path == "-")
            return path;
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        return folder is null || !Directory.Exists(folder) ? path
            : Directory.GetFiles(folder).Where(f => Path.GetFileName(f).StartsWith(Path.GetFileName(path), StringComparison.Ordinal))
                .Max(StringComparer.Ordinal) ?? path;
    }

    private static UsageError Unknown(string word) => new($"flake-ctl has no option '{word}' here");
}
