namespace Holm.Config.Language;

/// <summary>What a word means where the help of one line does not say it: words that begin several lines, and words within lines.</summary>
public static class WordHelp
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["no"] = "take away, or set back to what holds by itself",
        ["share"] = "give the app an interface, a port or a path of the host",
        ["no share"] = "take an interface, a port or a path from the app",
        ["as"] = "say what it is called inside",
        ["bridge"] = "make the host end a port of a bridge",
        ["untagged"] = "the VLAN of frames without a tag",
        ["tagged"] = "the VLANs of frames with a tag",
        ["ro"] = "the app cannot write there",
        ["optional"] = "the app starts also while it is missing",
        ["recursive"] = "what is mounted below it on the host is seen, too",
        ["no-shift"] = "owners are not mapped: what root owns on the host belongs to nobody inside",
        ["cpu"] = "their part of all processors",
        ["memory"] = "their part of the RAM",
        ["inet"] = "the address of the interface",
        ["inet static"] = "an address of your choice",
        ["inet dhcp"] = "ask for an address on the link",
    };

    /// <summary>The help of a word after the words before it; null: the line's help says it.</summary>
    internal static string? Of(string path, string word) => Words.GetValueOrDefault(path) ?? Words.GetValueOrDefault(word);
}
