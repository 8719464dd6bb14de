using System.Text;
using Holm.Contract;

namespace Holm.Cli.Output;

/// <summary>
/// Apps as <c>lxc-ls -f</c> prints containers (lxc_ls.c, ls_print_table): each field is padded to the longest of its column and followed
/// by a space, the last too; an empty one is a dash; without apps nothing is printed, not even the headings.
/// </summary>
internal static class LxcLsTable
{
    private static readonly string[] Headings = ["NAME", "STATE", "AUTOSTART", "GROUPS", "IPV4", "IPV6", "UNPRIVILEGED"];

    /// <summary>Renders it; no line end after the last line.</summary>
    public static string Render(IEnumerable<Instance> apps)
    {
        string[][] rows = [.. apps.OrderBy(a => a.Name, StringComparer.Ordinal).Select(Row)];
        if (rows.Length == 0)
            return "";
        string[][] all = [Headings, .. rows];
        var widths = Headings.Select((_, i) => all.Max(r => r[i].EnumerateRunes().Count())).ToArray();
        var text = new StringBuilder();
        foreach (var row in all)
        {
            for (var i = 0; i < row.Length; i++)
                text.Append(row[i]).Append(' ', widths[i] - row[i].EnumerateRunes().Count() + 1);
            text.Append('\n');
        }
        return text.ToString(0, text.Length - 1);
    }

    private static string[] Row(Instance app)
    {
        var config = app.ExpandedConfig.Count > 0 ? app.ExpandedConfig : app.Config;
        string[] cells =
        [
            app.Name, app.Status.ToUpperInvariant(), config.IsTrue("boot.autostart") ? "1" : "0", "",
            string.Join(", ", Say.Addresses(app, "inet")), string.Join(", ", Say.Addresses(app, "inet6")),
            config.IsTrue("security.privileged") ? "false" : "true",
        ];
        return [.. cells.Select(c => c.Length == 0 ? "-" : Visible.Line(c))];
    }
}
