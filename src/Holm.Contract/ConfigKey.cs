namespace Holm.Contract;

/// <summary>
/// A config key of apps and profiles in words: what the node says of it where it refuses a value, and what help, man page and completion
/// tell.
/// </summary>
/// <remarks>
/// Names and values are LXD's (<c>doc/reference/instance_options.md</c>); <c>init.*</c>, <c>oci.*</c>,
/// <c>limits.partition</c> and <c>log.level</c> are
/// Holm's own.
/// </remarks>
/// <param name="Name">The key; a name that ends in <c>.*</c> stands for all keys that begin so.</param>
/// <param name="Type">What a value looks like.</param>
/// <param name="Default">What holds where the key is unset; empty where nothing does.</param>
/// <param name="Help">A phrase: lower case, no full stop.</param>
public sealed partial record ConfigKey(string Name, string Type, string Default, string Help)
{
    private const string Bool = "true or false", Seconds = "seconds", Number = "whole number", Text = "text", Path = "absolute path",
        Priority = "0 to 10",
        Signal = "signal such as SIGTERM or SIGRTMIN+3";

    /// <summary>Every key there is.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        new("boot.autorestart", Bool, "false", "start it again when it fails"),
        new("boot.autostart", Bool, "", "start it with the node; unset brings back what ran before"),
        new("boot.autostart.delay", Seconds, "0", "how long to wait after starting it before the next one is started"),
        new("boot.autostart.priority", Number, "0", "higher ones are started first"),
        new("boot.host_shutdown_timeout", Seconds, "30", "how long a clean stop may take before it is killed"),
        new("boot.stop.priority", Number, "0", "higher ones are stopped first"),
        new("environment.*", Text, "", "environment variable of init and of commands run by exec"),
        new("image.*", Text, "", "property of the image it was made from; written by Holm"),
        new("init.cmd", Path + " and arguments", "/sbin/init", "program to run as process 1; of an OCI image what it says itself"),
        new("init.cwd", Path, "/, or the image's", "folder in which process 1 starts"),
        new("init.signal.halt", Signal, "the image's", "signal that asks process 1 for a clean stop"),
        new("init.signal.reboot", Signal, "the image's", "signal that asks process 1 to reboot"),
        new("limits.cpu", "count or set such as 2 or 0-3", "all", "processors it may use"),
        new("limits.cpu.allowance", "percentage such as 50%, or time such as 25ms/100ms", "100%",
            "processor time: a percentage weighs it against others when there is too little, a time is never exceeded"),
        new("limits.cpu.priority", Priority, "10", "lower ones get a little less processor time when there is too little"),
        new("limits.disk.priority", Priority, "the kernel's", "weight of what it reads and writes when the disk is busy"),
        new("limits.memory", "size such as 64MiB, or 25%", "all", "memory it may use"),
        new("limits.memory.enforce", "hard or soft", "hard", "soft: it may use more while the device has memory to spare"),
        new("limits.partition", "apps or none", "none", "share the node's part for apps (see holm resources), or stand outside it"),
        new("limits.processes", Number + ", 1 or more", "4096", "processes and threads it may have"),
        new("log.level", "0 to 7", "5", "how much LXC tells of it in its log: syslog's levels, 7 is everything"),
        new("oci.init", "holm or none", "holm", "process 1 of an OCI image: Holm's own, which reaps, or the program itself"),
        new("oci.user", "user or number, with or without :group", "the image's", "who the program of an OCI image is"),
        new("raw.lxc", "lines of lxc.container.conf(5)", "",
            "capabilities to drop, rules for devices, limits and settings, in LXC's own words; each line is checked"),
        new("security.idmap.isolated", Bool, "false", "give it a range of user ids that no other instance has"),
        new("security.nesting", Bool, "false", "let it make containers of its own"),
        new("security.privileged", Bool, "false", "root inside is root outside"),
        new("user.*", Text, "", "free text for people and programs"),
        new("volatile.*", Text, "", "written by Holm, accepted back unchanged"),
    ];
}
