using System.Text.RegularExpressions;

namespace Tidy.Tests;

/// <summary>Who may know whom: projects by reference, rooms inside Holm.Node by namespace.</summary>
public sealed partial class Arrows
{
    /// <summary>Exactly these references, no more and no fewer; a project that does not exist yet has none.</summary>
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["Holm.Contract"] = [],
        ["Holm.Linux"] = [],
        ["Holm.GraphQL"] = [],
        ["Holm.Config"] = ["Holm.Contract", "Holm.Linux"],
        ["Holm.Images"] = ["Holm.Contract", "Holm.Linux"],
        ["Holm.Node"] = ["Holm.Config", "Holm.Contract", "Holm.Images", "Holm.Linux"],
        ["Holm.Cli"] = ["Holm.Config", "Holm.Contract", "Holm.Linux"],
        ["Holm.Launch"] = ["Holm.Contract", "Holm.Linux"],
        ["Holm.Fleet"] = ["Holm.Contract", "Holm.GraphQL", "Holm.Images"],
    };

    /// <summary>Rooms that do not know each other; Images stands for the project and for a folder of that name.</summary>
    private static readonly string[] Rooms = ["Images", "Networks", "Limits", "Engines", "Shares", "Proxies", "Files"];

    [Fact]
    public void Projects_refer_only_as_drawn() => Findings.None(WrongReferences(Repository.Files));

    [Fact]
    public void Rooms_do_not_know_each_other() => Findings.None(RoomsThatKnowEachOther(Repository.Files));

    [Fact]
    public void These_rules_see_what_is_wrong()
    {
        static SourceFile Project(string name, params string[] references) => new(
            $"src/{name}/{name}.csproj", string.Join('\n', references.Select(r => $"<ProjectReference Include=\"../{r}/{r}.csproj\" />")));
        Assert.Empty(WrongReferences([Project("Holm.Images", "Holm.Linux", "Holm.Contract"), Project("Holm.Linux")]));
        Assert.Single(WrongReferences([Project("Holm.Contract", "Holm.Linux")]));
        Assert.Single(WrongReferences([Project("Holm.Cli", "Holm.Contract")]));
        Assert.Single(WrongReferences([Project("Holm.Other")]));

        static SourceFile Room(string folder, string text) => new($"src/Holm.Node/{folder}/A.cs", text);
        Assert.Single(RoomsThatKnowEachOther([Room("Limits", "using Holm.Node.Networks;")]));
        Assert.Single(RoomsThatKnowEachOther([Room("Engines", "var a = Holm.Images.Store.Open();")]));
        Assert.Single(RoomsThatKnowEachOther([Room("Engines/Lxc", "var a = new Networks.Bridge();")]));
        Assert.Empty(RoomsThatKnowEachOther([
            Room("Limits", "using Holm.Node.Limits; // Networks.Bridge"), Room("Instances", "using Holm.Node.Networks;"),
            Room("Images", "using Holm.Images;")]));
    }

    private static IEnumerable<string> WrongReferences(IEnumerable<SourceFile> files) =>
        from file in files
        where file.Under("src") && file.Path.EndsWith(".csproj", StringComparison.Ordinal)
        let name = Path.GetFileNameWithoutExtension(file.Name)
        let found = Reference().Matches(file.Text).Select(m => m.Groups[1].Value).Order().ToArray()
        let wanted = Projects.GetValueOrDefault(name)
        where wanted is null || !found.SequenceEqual(wanted)
        select file.At(1, wanted is null
            ? $"{name} is not drawn: add its arrows to Arrows.Projects and to ARCHITECTURE.md"
            : $"refers to [{string.Join(", ", found)}], drawn is [{string.Join(", ", wanted)}]: move the code, or decide on a new arrow");

    private static IEnumerable<string> RoomsThatKnowEachOther(IEnumerable<SourceFile> files) =>
        from file in files
        where file.IsCSharp
        let own = Rooms.FirstOrDefault(room => file.Under($"src/Holm.Node/{room}"))
        where own is not null
        from line in Code.Bare(file.Text).Split('\n').Index()
        from other in Rooms
        where other != own && Regex.IsMatch(line.Item, $@"(?<![\w.])(?:(?:Holm\.(?:Node\.)?){other}\b|{other}\.[A-Z])")
        select file.At(line.Index + 1, $"room {own} knows room {other}: let the executor pass what is needed");

    [GeneratedRegex("""<ProjectReference Include="[^"]*?([^/"]+)\.csproj"\s*/?>""")]
    private static partial Regex Reference();
}
