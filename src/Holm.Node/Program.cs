using Holm.Node;

// holmd: the node's daemon. Without arguments it stays in the foreground; HOLM_STATE and HOLM_RUN say where it keeps what.
switch (args)
{
    case []:
        return await Daemon.Run().ConfigureAwait(false);
    case ["--version"]:
        Console.Out.WriteLine($"holmd {Daemon.Version}");
        return 0;
    default:
        Console.Error.WriteLine(
            "holmd takes no arguments but --version; HOLM_STATE (/var/lib/holm) and HOLM_RUN (/run/holm) say where it works");
        return 2;
}
