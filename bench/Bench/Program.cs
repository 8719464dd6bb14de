using Bench;

// ./do bench [NAME] [--cycles N]: every bench, or those of that name; `cycles` is `memory` with 1,000 cycles.
const string usage =
    "usage: ./do bench [start | launch | exec | list | console | memory | size | convert | partition | network | lxd | peers | cycles] " +
    "[--cycles N]";
var words = args.ToList();
var cycles = 200;
if (words.IndexOf("--cycles") is >= 0 and var option)
{
    if (option + 1 >= words.Count || !int.TryParse(words[option + 1], out cycles) || cycles < 1)
        return Wrong();
    words.RemoveRange(option, 2);
}
if (words is ["cycles"])
    (words, cycles) = (["memory"], Math.Max(cycles, 1000));

(string Name, Func<Report, Task> Run)[] benches =
[
    ("size", SizeBench.Run),
    ("start", StartBench.Run),
    ("launch", LaunchBench.Run),
    ("exec", ExecBench.Run),
    ("list", ListBench.Run),
    ("console", ConsoleBench.Run),
    ("memory", report => MemoryBench.Run(report, cycles)),
    ("convert", ConvertBench.Run),
    ("partition", PartitionBench.Run),
    ("network", NetworkBench.Run),
    ("lxd", LxdBench.Run),
    ("peers", PeerBench.Run),
];
var chosen = words.Count == 0 ? benches : [.. benches.Where(b => words.Contains(b.Name))];
if (words.Count > 1 || chosen.Length == 0)
    return Wrong();

Repository.CompilePeers();
var all = new Report();
foreach (var bench in chosen)
    await bench.Run(all);
Console.WriteLine($"written: {all.Write()}");
return 0;

static int Wrong()
{
    Console.Error.WriteLine(usage);
    return 2;
}
