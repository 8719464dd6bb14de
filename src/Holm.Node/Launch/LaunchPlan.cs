using System.Text;
using Holm.Contract;
using Holm.Images;
using Holm.Node.Instances;

namespace Holm.Node.Launch;

/// <summary>What a launch runs, from what flake, image and caller say. Pure.</summary>
public static class LaunchPlan
{
    /// <summary>The program and its arguments, each with a NUL behind it.</summary>
    /// <param name="flake">The flake.</param>
    /// <param name="target">The command's program; <c>/</c>: what the image says.</param>
    /// <param name="image">The image.</param>
    /// <param name="arguments">The caller's own, each with a NUL behind it.</param>
    /// <exception cref="Refusal">127: nobody says what to run.</exception>
    public static byte[] Arguments(Flake flake, string target, StoredImage image, ReadOnlySpan<byte> arguments)
    {
        var said = image.Oci?.ConfigDocument.Config;
        IEnumerable<string> words = target != "/" ? [target, .. flake.Arguments]
            : [.. said?.Entrypoint ?? [], .. flake.Arguments, .. arguments.IsEmpty && flake.Arguments.Count == 0 ? said?.Cmd ?? [] : []];
        var program = InitProgram.Strings(words);
        return program.Length + arguments.Length > 0 ? [.. program, .. arguments]
            : throw new Refusal(127, $"launch {flake.Name}: its image does not say what to run; register it with --target PROGRAM");
    }

    /// <summary>The environment, each entry with a NUL behind it: the image's, what passes of the caller's, the flake's.</summary>
    /// <param name="flake">The flake.</param>
    /// <param name="image">The image.</param>
    /// <param name="caller">The caller's, each entry with a NUL behind it; what is not UTF-8 passes as it is.</param>
    /// <param name="home">HOME where nobody says another.</param>
    public static byte[] Environment(Flake flake, StoredImage image, ReadOnlySpan<byte> caller, string home)
    {
        var set = new SortedDictionary<string, string>(
            OciProcess.EnvironmentOf(image.Oci?.ConfigDocument.Config?.Env ?? []).ToDictionary(), StringComparer.Ordinal);
        set.TryAdd("HOME", home);
        foreach (var (name, value) in flake.Environment)
            set[name] = value;
        var passed = new List<byte>();
        for (var rest = caller; rest.IndexOf((byte)0) is >= 0 and var end; rest = rest[(end + 1)..])
            if (NameOf(rest[..end]) is { } name && Passes(flake, name) && !flake.Environment.ContainsKey(name))
            {
                set.Remove(name);
                passed.AddRange(rest[..(end + 1)]);
            }
        return [.. InitProgram.Strings(set.Select(e => $"{e.Key}={e.Value}")), .. passed];
    }

    private static string? NameOf(ReadOnlySpan<byte> entry) =>
        entry.IndexOf((byte)'=') is > 0 and var end ? Encoding.UTF8.GetString(entry[..end]) : null;

    private static bool Passes(Flake flake, string name) => name == "TERM" || flake.Pass.Any(p =>
        p.EndsWith('*') ? name.StartsWith(p[..^1], StringComparison.Ordinal) : name == p);

    /// <summary>
    /// Name of the instance of a launch; what ends in <c>-</c> wants digits behind it that nobody has. What an instance's name cannot hold
    /// becomes a dash. One that is kept belongs to one user.
    /// </summary>
    public static string InstanceName(Flake flake, string asked, uint uid)
    {
        var said = asked.Length > 0 ? $"{flake.Name}-{asked}" : flake.Name;
        var name = new string([.. said.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
        name = char.IsAsciiLetter(name[0]) ? name : "f-" + name;
        // Whose it is stays whole, however long the rest: else two users had one.
        var owner = flake.Life != "one-shot" && uid != 0 ? $"-u{uid}" : "";
        name = (name.Length + owner.Length > LongestName ? name[..(LongestName - owner.Length)] : name) + owner;
        return flake.Life == "one-shot" && asked.Length == 0 ? name + "-" : name.TrimEnd('-');
    }

    /// <summary>With six digits behind it an instance's name still has its 63 characters.</summary>
    private const int LongestName = 56;
}
