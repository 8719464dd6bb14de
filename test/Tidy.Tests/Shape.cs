namespace Tidy.Tests;

/// <summary>Sizes and names.</summary>
public sealed class Shape
{
    private const int LineLengthMax = 140, FileLinesMax = 400, MethodLinesMax = 70;

    private static readonly string[] TextKinds = [".cs", ".c", ".h", ".sh", ".csproj", ".props", ".slnx", ".json", ".yml"];
    private static readonly string[] VagueNames = ["Helper", "Manager", "Util"];

    [Fact]
    public void Lines_are_short() => Findings.None(LongLines(Repository.Files));

    [Fact]
    public void Files_are_small() => Findings.None(BigFiles(Repository.Files));

    [Fact]
    public void Methods_are_small() => Findings.None(BigMethods(Repository.Files));

    [Fact]
    public void Names_say_what_things_are() => Findings.None(VaguelyNamed(Repository.Files));

    [Fact]
    public void Scripts_can_be_run() =>
        Findings.None(ScriptsThatCannotRun(Repository.Files, path => File.GetUnixFileMode(Path.Combine(Repository.Root, path))));

    [Fact]
    public void These_rules_see_what_is_wrong()
    {
        var wide = new SourceFile("src/a.cs", new string('x', 141));
        Assert.Single(LongLines([wide, new SourceFile("src/b.cs", new string('x', 140))]));
        Assert.Single(BigFiles([new SourceFile("a.cs", new string('\n', 401)), new SourceFile("b.cs", new string('\n', 399))]));
        static string Method(int lines) =>
            $"class A\n{{\n    public static int Do(int a,\n        Func<int, string> b)\n    {{\n{new string('\n', lines)}    }}\n}}\n";
        Assert.Single(BigMethods([new SourceFile("a.cs", Method(70)), new SourceFile("b.cs", Method(60))]));
        var good = new SourceFile("b.cs", "class Helped; // a Helper");
        Assert.Single(VaguelyNamed([new SourceFile("a.cs", "public sealed class FileHelper;"), good]));
        Assert.Single(VaguelyNamed([new SourceFile("src/PathUtils.cs", "")]));
        var script = new SourceFile("x.sh", "#!/bin/sh\n");
        Assert.Single(ScriptsThatCannotRun([script], _ => UnixFileMode.UserRead));
        Assert.Empty(ScriptsThatCannotRun([script, new SourceFile("y.cs", "")], _ => UnixFileMode.UserExecute));
    }

    private static IEnumerable<string> LongLines(IEnumerable<SourceFile> files) =>
        from file in files
        where TextKinds.Contains(Path.GetExtension(file.Path)) || file.Path == "do"
        from line in file.Lines.Index()
        where line.Item.Length > LineLengthMax
        select file.At(line.Index + 1, $"{line.Item.Length} characters: break it at {LineLengthMax}");

    private static IEnumerable<string> BigFiles(IEnumerable<SourceFile> files) =>
        from file in files
        where TextKinds.Contains(Path.GetExtension(file.Path)) && file.Lines.Length - 1 > FileLinesMax
        select file.At(FileLinesMax + 1, $"{file.Lines.Length - 1} lines: split it by topic, at most {FileLinesMax}");

    private static IEnumerable<string> BigMethods(IEnumerable<SourceFile> files) =>
        from file in files
        where file.IsCSharp
        from method in Code.Methods(file.Text)
        where method.Length > MethodLinesMax
        select file.At(method.Line, $"a method of {method.Length} lines: take a step out and name it, at most {MethodLinesMax}");

    private static IEnumerable<string> VaguelyNamed(IEnumerable<SourceFile> files) =>
        from file in files
        where file.IsCSharp
        from line in $"class {Path.GetFileNameWithoutExtension(file.Name)}\n{Code.Bare(file.Text)}".Split('\n').Index()
        let words = line.Item.Split([' ', '(', '<', ';', ':', ','], StringSplitOptions.RemoveEmptyEntries)
        from pair in words.Zip(words.Skip(1))
        where pair.First is "class" or "record" or "struct" or "interface" or "enum" or "namespace"
        where VagueNames.Any(vague => pair.Second.Contains(vague, StringComparison.Ordinal))
        select file.At(Math.Max(1, line.Index), $"{pair.Second}: name it after what it does");

    private static IEnumerable<string> ScriptsThatCannotRun(IEnumerable<SourceFile> files, Func<string, UnixFileMode> mode) =>
        from file in files
        where file.Text.StartsWith("#!", StringComparison.Ordinal) && !mode(file.Path).HasFlag(UnixFileMode.UserExecute)
        select file.At(1, $"a script without its run bit: chmod +x {file.Path}");
}
