using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Linux.Tests.Headers;

/// <summary>Asks gcc whether claims hold, by compiling one file of static asserts.</summary>
internal static partial class Compiler
{
    /// <summary>What gcc said.</summary>
    /// <param name="False">Claims that do not hold, and whatever else gcc refused.</param>
    /// <param name="Unknown">C names that these headers do not define.</param>
    public sealed record Verdict(IReadOnlyList<string> False, IReadOnlySet<string> Unknown);

    /// <summary>Compiles claims against headers.</summary>
    public static Verdict Compile(IEnumerable<string> headers, IEnumerable<Claim> claims)
    {
        var source = Includes(headers);
        foreach (var claim in claims)
            source.Append("_Static_assert(").Append(claim.Condition).Append(", \"").Append(claim.Name).Append("\");\n");
        var errors = Gcc(source.ToString(), "-c -o /dev/null");
        var unknown = Undeclared().Matches(errors).Select(m => m.Groups[1].Value).ToHashSet();
        var lines = errors.Split('\n').Where(line => line.Contains(" error: ", StringComparison.Ordinal)).ToList();
        // gcc also calls an assert about an unknown name not constant: one claim is one line, so the place tells.
        var excused = lines.Where(line => Undeclared().IsMatch(line)).Select(Place).ToHashSet();
        var wrong = lines.Where(line => !excused.Contains(Place(line))).DistinctBy(Place).ToList();
        return new Verdict(wrong, unknown);
    }

    /// <summary>Compiles and runs a program that checks claims; returns the names of those that do not hold.</summary>
    public static IReadOnlyList<string> Run(IEnumerable<string> headers, IEnumerable<Claim> claims)
    {
        var source = Includes(headers).Append("#include <stdio.h>\nint main(void) {\n");
        foreach (var claim in claims)
            source.Append("if (!(").Append(claim.Condition).Append(")) puts(\"").Append(claim.Name).Append("\");\n");
        source.Append("return 0; }\n");
        var program = Path.GetTempFileName();
        try
        {
            var errors = Gcc(source.ToString(), $"-o {program}");
            Assert.True(errors.Length == 0, errors);
            using var process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
            return process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            File.Delete(program);
        }
    }

    private static StringBuilder Includes(IEnumerable<string> headers)
    {
        var source = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n");
        foreach (var header in headers)
            source.Append("#include <").Append(header).Append(">\n");
        return source;
    }

    private static string Gcc(string source, string output)
    {
        var start = new ProcessStartInfo("gcc", $"-std=gnu11 -fmax-errors=0 -fno-diagnostics-show-caret -x c {output} -")
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
        };
        using var gcc = Process.Start(start)!;
        var errors = gcc.StandardError.ReadToEndAsync();
        gcc.StandardInput.Write(source);
        gcc.StandardInput.Close();
        gcc.WaitForExit();
        return errors.GetAwaiter().GetResult();
    }

    private static string Place(string line) => string.Join(':', line.Split(':')[..2]);

    [GeneratedRegex("'(\\w+)' undeclared")]
    private static partial Regex Undeclared();
}
