using Holm.Config;
using Microsoft.AspNetCore.Http;

namespace Holm.Node.Api;

/// <summary>Says no to what LXD has and this node has not.</summary>
internal static class NotYet
{
    private static readonly string[] Nouns =
    [
        "certificates", "cluster", "network-acls", "network-zones",
    ];

    private static readonly string[] OfNetworks = ["forwards", "load-balancers", "peers"];

    private static readonly string[] OfInstances = ["backups", "logs"];

    /// <summary>The sentence for a path that leads nowhere, or a method it does not take.</summary>
    public static string Sentence(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        var shown = Names.Show(path);
        if (http.Response.StatusCode == 405)
            return $"{shown} does not take {http.Request.Method}";
        return path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["1.0", "instances", _, var part, ..] when OfInstances.Contains(part) =>
                $"{part} of an instance are not supported yet by this node",
            ["1.0", "networks", _, var part, ..] when OfNetworks.Contains(part) =>
                $"{part} of a network are not supported yet by this node",
            ["1.0", "storage-pools", _, var part, ..] => $"{Names.Show(part)} of a storage pool are not supported yet by this node",
            ["1.0", "images", _, var part, ..] => $"{Names.Show(part)} of an image is not supported yet by this node",
            ["1.0", var noun, ..] when Nouns.Contains(noun) => $"{noun} are not supported yet by this node",
            _ => $"there is nothing at {shown}; the API begins at /1.0",
        };
    }
}
