using System.Text;
using Holm.Cli.Help;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm profile show NAME</c></summary>
internal static class ProfileShow
{
    public static Verb Build()
    {
        var name = Parts.One("NAME", "name of the profile", LiveNames.Profiles);
        var format = Parts.ShowFormat();
        return new("show", "show a profile", name, format)
        {
            Examples = ["holm profile show default"],
            Run = (line, caller) => caller.Show(line.GetRequiredValue(format), Names.Profile(line.GetRequiredValue(name)),
                ContractJson.Default.Profile, Words),
        };
    }

    private static string Words(Profile profile)
    {
        var text = new StringBuilder(new Facts()
            .Add("Name", profile.Name)
            .Add("Description", profile.Description)
            .Add("Used by", string.Join(' ', profile.UsedBy.Select(Names.Last)))
            .ToString());
        Settings.Append(text, profile.Config, profile.Devices);
        return text.ToString();
    }
}
