using System.Text.RegularExpressions;

namespace Tidy.Tests;

/// <summary>Maps that a test walks do not go stale: folders, promises and files that nobody names.</summary>
public sealed partial class Documents
{
    /// <summary>Files that a tool finds by their name, not by a mention.</summary>
    private static readonly string[] FoundByTools =
    [
        ".editorconfig", ".gitignore", "global.json", "Directory.Build.props", "Directory.Packages.props", "Holm.slnx", "README.md",
        ".ci/run",
    ];

    private static readonly string[] CodeKinds = [".cs", ".csproj", ".tsx", ".ts"];

    [Fact]
    public void Every_folder_has_its_sentence() =>
        Findings.None(FoldersWithoutSentence(Repository.Files, Repository.Find("ARCHITECTURE.md")));

    [Fact]
    public void Every_file_is_named_somewhere() => Findings.None(FilesNobodyNames(Repository.Files));

    [Fact]
    public void Every_promise_names_a_proof_that_exists() =>
        Findings.None(PromisesWithoutProof(Repository.Find("SPECIFICATION.md"), Repository.Files));

    [Fact]
    public void These_rules_see_what_is_wrong()
    {
        var code = new SourceFile("src/Holm.Node/Limits/A.cs", "");
        Assert.Equal(2, FoldersWithoutSentence([code], new SourceFile("ARCHITECTURE.md", "Limits")).Count());
        var map = new SourceFile("ARCHITECTURE.md", "- `src/Holm.Node/` is the daemon of a node.\n- `Limits/` holds what an app may use.");
        Assert.Empty(FoldersWithoutSentence([code], map));

        Assert.Single(FilesNobodyNames([new SourceFile("packaging/lost.sh", ""), new SourceFile("README.md", "x")]));
        var door = new SourceFile("do", "run packaging/found.sh");
        Assert.Empty(FilesNobodyNames([new SourceFile("packaging/found.sh", ""), door, new SourceFile("README.md", "./do")]));

        var cases = new SourceFile("test/A.Tests/Cases/one.txt", "");
        Assert.Empty(FilesNobodyNames([cases, new SourceFile("test/A.Tests/B.cs", "Directory.GetFiles(\"Cases\", \"*.txt\")")]));
        Assert.Single(FilesNobodyNames([cases, new SourceFile("test/C.Tests/B.cs", "Directory.GetFiles(\"Cases\", \"*.txt\")")]));

        var proofs = new[]
        {
            new SourceFile("test/A.Tests/BootTests.cs", "public sealed class BootTests\n{\n    public void Is_quick() { }\n}"),
            new SourceFile("bench/start.sh", ""),
        };
        IEnumerable<string> Judged(string line) =>
            PromisesWithoutProof(new SourceFile("SPECIFICATION.md", $"| promise | number | proof |\n|---|---|---|\n{line}"), proofs);
        Assert.Empty(Judged("| boots | 1 s | `BootTests.Is_quick`, bench start |"));
        Assert.Single(Judged("| boots | 1 s | `BootTests.Is_slow`, bench start |"));
        Assert.Single(Judged("| boots | 1 s | `BootTests.Is_quick`, bench stop |"));
        Assert.Single(Judged("| flies | 1 | soon |"));
        Assert.Single(Judged(""));
    }

    /// <summary>A sentence is a line of the map that names the folder in backquotes, with a slash, and has more to say of it.</summary>
    private static IEnumerable<string> FoldersWithoutSentence(IEnumerable<SourceFile> files, SourceFile map)
    {
        var folders = files.Where(f => f.Under("src") || f.Under("test"))
            .SelectMany(f => Parents(f.Path)).Distinct().Order(StringComparer.Ordinal);
        return from folder in folders
               where folder is not ("src" or "test")
               let name = folder[(folder.LastIndexOf('/') + 1)..]
               where !map.Lines.Any(line => line.Split(' ').Length >= 5
                   && line.Split('`').Where((_, i) => i % 2 == 1).Any(quoted => quoted.TrimEnd('/') == folder || quoted == name + "/"))
               select map.At(1, $"folder {folder} has no sentence: add a line that names `{name}/` and says what lives there");
    }

    private static IEnumerable<string> FilesNobodyNames(IReadOnlyList<SourceFile> files) =>
        from file in files
        where !CodeKinds.Contains(Path.GetExtension(file.Path)) && !FoundByTools.Contains(file.Path) && !file.Under("src/web")
        where !files.Any(other => other != file && (Names(other, file) || ReadsAllLike(other, file)))
        select file.At(1, $"no file names it: refer to {file.Name} where it is used, or delete it");

    // `do` is too short a word to look for alone.
    private static bool Names(SourceFile other, SourceFile file) =>
        Says(other, file.Path == "do" ? "./do" : file.Name);

    // A map may name the folder of decisions; code beside a folder of cases may read *.txt or {name}.txt of it.
    private static bool ReadsAllLike(SourceFile other, SourceFile file)
    {
        if (file.Under("docs/decisions"))
            return other.Name is "README.md" or "ARCHITECTURE.md" && Says(other, "docs/decisions/");
        return other.IsCSharp && file.Path.Split('/') is [var top, var project, _, .., _] && other.Under($"{top}/{project}")
            && new[] { '*', '}' }.Any(mark => Says(other, $"{mark}{Path.GetExtension(file.Name)}\""));
    }

    private static bool Says(SourceFile file, string text) => file.Text.Contains(text, StringComparison.Ordinal);

    private static IEnumerable<string> PromisesWithoutProof(SourceFile page, IReadOnlyList<SourceFile> files)
    {
        var promises = page.Lines.Index()
            .Where(line => line.Item.StartsWith('|') && !line.Item.StartsWith("|-", StringComparison.Ordinal))
            .Select(line => (Line: line.Index + 1, Cells: line.Item.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries)))
            .Where(row => row.Cells is not ["promise", ..])
            .ToList();
        if (promises.Count == 0)
            yield return page.At(1, "holds no promise: write lines | promise | number | proof |");
        foreach (var (line, cells) in promises)
        {
            var proofs = Proof().Matches(cells[^1]);
            if (proofs.Count == 0)
                yield return page.At(line, $"'{cells[^1]}' is no proof: name `Class.Test_name` or bench NAME");
            foreach (Match proof in proofs)
                if (!Exists(proof, files))
                    yield return page.At(line, $"{proof.Value} does not exist: write it, or name what proves the promise");
        }
    }

    // A bench is a file of that name below bench/, or a quoted name in one.
    private static bool Exists(Match proof, IReadOnlyList<SourceFile> files)
    {
        if (proof.Groups["bench"] is { Success: true, Value: var bench })
            return files.Any(f => f.Under("bench")
                && (Path.GetFileNameWithoutExtension(f.Path).Equals(bench, StringComparison.OrdinalIgnoreCase)
                    || f.Text.Contains($"\"{bench}\"", StringComparison.Ordinal)));
        var (type, method) = ($@"\bclass {proof.Groups["class"].Value}\b", $@"\b{proof.Groups["test"].Value}\(");
        return files.Any(f => f.Under("test") && f.IsCSharp && Regex.IsMatch(f.Text, type) && Regex.IsMatch(f.Text, method));
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            yield return path[..end];
    }

    [GeneratedRegex(@"\bbench (?<bench>[\w-]+)|(?<class>[A-Z]\w+)\.(?<test>[A-Z]\w+)")]
    private static partial Regex Proof();
}
