using System.Text.RegularExpressions;

namespace Tidy.Tests;

/// <summary>Calls and words that are not written here, each with what to write in their place.</summary>
public sealed class Banned
{
    /// <summary>A pattern in code (comments and strings left out), where it holds, and the mend.</summary>
    private sealed record Rule(string Pattern, Func<SourceFile, bool> Where, string Mend)
    {
        /// <summary>Code that breaks the rule, and code that does not, as proof that the pattern works.</summary>
        public required (string Bad, string Good) Proof { get; init; }
    }

    // A source-generated call is given a property of a context, or a JsonTypeInfo, which by custom is called type, shape or typeInfo.
    private const string ReflectionJson =
        @"\bJsonSerializer\.(?:Serialize|Deserialize)\w*(?:<[^()]*>)?\((?:(?!Json\.|[Tt]ypeInfo|, (?:type|shape)\b|Context\b)[^;])*;";

    private static readonly Rule[] Rules =
    [
        new(ReflectionJson, Product, "reflection JSON does not survive Native AOT: pass a JsonTypeInfo of the source-generated context")
        {
            Proof = ("var a = JsonSerializer.Serialize(value);", "var a = JsonSerializer.Serialize(value, ContractJson.Default.Instance);"),
        },
        new(@"\bThread\.Sleep\b", Product, "a sleeping thread hears nothing: await what is waited for, with a deadline")
        {
            Proof = ("Thread.Sleep(10);", "await Task.Delay(10, ct);"),
        },
        new(@"\bDllImport\b", _ => true, "write [LibraryImport] in Holm.Linux")
        {
            Proof = ("[DllImport(\"libc\")]", "[LibraryImport(\"libc\")]"),
        },
        new(@"\bLibraryImport\b", OutsideLinux, "system calls live in Holm.Linux: add the call there")
        {
            Proof = ("[LibraryImport(\"libc\")]", "Libc.Open();"),
        },
        new(@"\bunsafe\b", OutsideLinux, "unsafe code lives in Holm.Linux")
        {
            Proof = ("static unsafe void A()", "static void Unsafely()"),
        },
        new(@"\bSystem\.Diagnostics\.Process\b|\bProcess\.Start\b|\bProcessStartInfo\b", Product, "use Holm.Linux.Processes.Child.Spawn")
        {
            Proof = ("using var p = Process.Start(info);", "using Holm.Linux.Processes;"),
        },
        new(@"\bConsole\.(?:Write|Error|Out)\b|\bConsole\.Write", Library, "a library does not print: return it, or throw a Refusal")
        {
            Proof = ("Console.WriteLine(1);", "terminal.WriteLine(1);"),
        },
        new(@"\bDateTime\.(?:Now|Today)\b|\bDateTimeOffset\.Now\b", _ => true, "local time lies: take a TimeProvider, or UtcNow")
        {
            Proof = ("var a = DateTime.Now;", "var a = DateTimeOffset.UtcNow;"),
        },
        new(@"\bNotImplementedException\b", _ => true, "write it, or leave it out")
        {
            Proof = ("throw new NotImplementedException();", "throw new InvalidOperationException();"),
        },
        new(@"^\s*#(?:end)?region\b", _ => true, "a file that needs regions is two files") { Proof = ("#region a", "x;") },
    ];

    // Joined here so that this file does not break its own rule.
    private static readonly string[] Leftovers = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "XX" + "X"];

    [Fact]
    public void Banned_calls_are_not_made() => Findings.None(Rules.SelectMany(rule => Breaches(rule, Repository.Files)));

    [Fact]
    public void Nothing_is_left_for_later() => Findings.None(LeftForLater(Repository.Files));

    [Fact]
    public void These_rules_see_what_is_wrong()
    {
        foreach (var rule in Rules)
        {
            Assert.Single(Breaches(rule, [new SourceFile("src/Holm.Images/A.cs", rule.Proof.Bad)]));
            Assert.Empty(Breaches(rule, [new SourceFile("src/Holm.Images/A.cs", rule.Proof.Good + " // " + rule.Proof.Bad)]));
        }
        Assert.Single(LeftForLater([new SourceFile("a.md", $"one\n{Leftovers[0]}: two"), new SourceFile("b.cs", "HACKNEY")]));
    }

    private static bool Product(SourceFile file) => file.Under("src");

    private static bool OutsideLinux(SourceFile file) => file.Under("src") && !file.Under("src/Holm.Linux");

    private static bool Library(SourceFile file) =>
        file.Under("src/Holm.Contract") || file.Under("src/Holm.Linux") || file.Under("src/Holm.Images") || file.Under("src/Holm.GraphQL");

    private static IEnumerable<string> Breaches(Rule rule, IEnumerable<SourceFile> files) =>
        from file in files
        where file.IsCSharp && rule.Where(file)
        let bare = Code.Bare(file.Text)
        from match in Regex.Matches(bare, rule.Pattern, RegexOptions.Multiline)
        select file.At(Code.LineOf(bare, match.Index), $"{match.Value.Trim().Split('\n')[0]}: {rule.Mend}");

    private static IEnumerable<string> LeftForLater(IEnumerable<SourceFile> files) =>
        from file in files
        from line in file.Lines.Index()
        from word in Leftovers
        where Regex.IsMatch(line.Item, $@"\b{word}\b")
        select file.At(line.Index + 1, $"{word}: do it now, or open an issue and take the word out");
}
