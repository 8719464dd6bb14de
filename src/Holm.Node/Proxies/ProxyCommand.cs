using System.Globalization;
using Holm.Config;

namespace Holm.Node.Proxies;

/// <summary>The argument vector of a proxy: all that there is to know of it, so that the next daemon need not have been told.</summary>
/// <remarks>What each word means stands at the head of <c>src/native/proxy.c</c>.</remarks>
internal static class ProxyCommand
{
    /// <summary>Words after the program's name; pure.</summary>
    /// <param name="folder">The app's run folder.</param>
    /// <param name="init">Which init of the app it serves.</param>
    /// <param name="rootId">The app's root, as the host counts.</param>
    /// <param name="proxy">The device.</param>
    public static IReadOnlyList<string> Of(string folder, string init, uint rootId, ProxySpec proxy)
    {
        var own = Text(proxy.Uid, proxy.Gid, Convert.ToString(proxy.Mode, 8));
        // It is who it is on the side where it connects.
        var first = proxy.ListensInside ? 0 : rootId;
        var targets = proxy.Connect.Each;
        return
        [
            folder, proxy.Device, init, $"{proxy.Listen} {own}", proxy.ListensInside ? "instance" : "host",
            Text(first + (proxy.AsUid ?? 0)), Text(first + (proxy.AsGid ?? 0)),
            .. proxy.Listen.Each.Select((_, i) => targets[targets.Count == 1 ? 0 : i].ToString()),
        ];
    }

    private static string Text(params object[] words) =>
        string.Join(' ', words.Select(w => Convert.ToString(w, CultureInfo.InvariantCulture)));
}
