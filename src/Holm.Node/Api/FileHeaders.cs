using System.Globalization;
using Holm.Config;
using Holm.Contract;
using Holm.Node.Files;
using Microsoft.AspNetCore.Http;

namespace Holm.Node.Api;

/// <summary>
/// The headers that go with a file, in both families: LXD's <c>X-LXD-</c> and Incus' <c>X-Incus-</c> with the same words behind. Answers
/// carry both; a request may use either.
/// </summary>
/// <param name="Type"><c>file</c>, <c>directory</c> or <c>symlink</c>.</param>
/// <param name="Append">True: written on at its end.</param>
/// <param name="Entry">What it gets if it has to be made.</param>
internal sealed record FileHeaders(string Type, bool Append, NewEntry Entry)
{
    private static readonly string[] Families = ["X-LXD-", "X-Incus-"];

    /// <summary>Reads those of a request.</summary>
    /// <exception cref="Refusal">400.</exception>
    public static FileHeaders Read(IHeaderDictionary headers)
    {
        string Word(string name) => Families.Select(f => headers[f + name].ToString()).FirstOrDefault(v => v.Length > 0, "");
        var type = Word("type") is { Length: > 0 } said ? said : "file";
        if (type is not ("file" or "directory" or "symlink"))
            throw new Refusal(400, $"Bad file type: {Names.Show(type)}; file, directory and symlink are known");
        var write = Word("write") is { Length: > 0 } how ? how : "overwrite";
        if (write is not ("overwrite" or "append"))
            throw new Refusal(400, $"Bad file write mode: {Names.Show(write)}; overwrite and append are known");
        return new FileHeaders(type, write == "append", new NewEntry(Id("uid", Word("uid")), Id("gid", Word("gid")), Mode(Word("mode"))));
    }

    /// <summary>Tells what a file is.</summary>
    public static void Write(IHeaderDictionary headers, OpenedFile file)
    {
        (string Name, string Value)[] words =
        [
            ("uid", file.Uid.ToString(CultureInfo.InvariantCulture)),
            ("gid", file.Gid.ToString(CultureInfo.InvariantCulture)),
            ("mode", "0" + Convert.ToString(file.Stat.Mode & Permissions, 8).PadLeft(3, '0')),
            ("type", file.Stat switch { { IsFolder: true } => "directory", { IsLink: true } => "symlink", _ => "file" }),
            ("modified", Time(file.Stat.Modified)),
        ];
        foreach (var family in Families)
            foreach (var (name, value) in words)
                headers[family + name] = value;
    }

    private const uint Permissions = 0x1ff;

    /// <summary>As Go prints a time; a file may claim any.</summary>
    private static string Time(long seconds) => DateTimeOffset
        .FromUnixTimeSeconds(Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()))
        .ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);

    /// <summary>LXD's clients say -1 for one that they leave to the node.</summary>
    private static uint? Id(string name, string text) =>
        text is "" or "-1" ? null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != uint.MaxValue ? id
        : throw new Refusal(400, $"Invalid {name}: {Names.Show(text)}; a number is wanted");

    /// <summary>Octal with a 0 in front, else decimal, as Go reads numbers; only the nine bits of permissions count.</summary>
    private static uint? Mode(string text)
    {
        if (text is "" or "-1")
            return null;
        uint? mode = text switch
        {
            _ when text.Length > 11 || !text.All(char.IsAsciiDigit) => null,
            ['0', .. var octal] when octal.All(c => c < '8') => octal.Aggregate(0u, (sum, c) => sum << 3 | (uint)(c - '0')),
            ['0', ..] => null,
            _ => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
        };
        return mode & Permissions ?? throw new Refusal(400, $"Invalid mode: {Names.Show(text)}; an octal number such as 0644 is wanted");
    }
}
