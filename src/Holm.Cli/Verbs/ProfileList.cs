using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm profile list</c></summary>
internal static class ProfileList
{
    public static Verb Build()
    {
        var format = Parts.ListFormat();
        return new("list", "list the profiles", format)
        {
            Examples = ["holm profile list"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), "/1.0/profiles?recursion=1",
                ContractJson.Default.IReadOnlyListProfile, Rows),
        };
    }

    private static Table Rows(IReadOnlyList<Profile> profiles)
    {
        var table = new Table("NAME", "DESCRIPTION", "DEVICES", "USED BY");
        foreach (var profile in profiles.OrderBy(p => p.Name, StringComparer.Ordinal))
            table.Add(profile.Name, profile.Description, string.Join(' ', profile.Devices.Keys.Order(StringComparer.Ordinal)),
                string.Join(' ', profile.UsedBy.Select(Names.Last)));
        return table;
    }
}
