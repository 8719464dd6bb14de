using Holm.Cli;
using Holm.Cli.Output;
using Holm.Linux;

namespace Cli.Tests;

/// <summary>Runs the program's own entry with files as standard streams.</summary>
internal static class Run
{
    public sealed record Result(int Code, string Out, string Err);

    public static Result Holm(RawNode? node, params string[] args) => Holm(node, "", args);

    public static Result FlakeCtl(RawNode? node, params string[] args) => Holm(node, "", args, "flake-ctl");

    public static Result Holm(RawNode? node, string input, string[] args, string called = "holm")
    {
        var folder = Directory.CreateTempSubdirectory("holm-cli-run-").FullName;
        try
        {
            string[] files = [.. new[] { "in", "out", "err" }.Select(f => Path.Combine(folder, f))];
            File.WriteAllText(files[0], input);
            using var stdin = Fd.Open(files[0], OpenFlags.O_RDONLY);
            using var stdout = Fd.Open(files[1], OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
            using var stderr = Fd.Open(files[2], OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
            var code = Program.Run(args, new Screen(stdout, stderr), stdin, name => name == "HOLM_RUN" ? node?.Folder ?? "/nonexistent"
                : null, called);
            return new(code, File.ReadAllText(files[1]), File.ReadAllText(files[2]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
