using System.Text.Json;
using Holm.Cli.Wire;
using Holm.Contract;

namespace Holm.Cli;

/// <summary>What went wrong, for a person and for a script.</summary>
/// <param name="Sentence">One line, after <c>holm: </c>.</param>
/// <param name="Code">Of <see cref="ExitCodes"/>.</param>
internal readonly record struct Failure(string Sentence, int Code)
{
    /// <summary>Reads an exception; null: it is a defect of this program, and is not to be caught.</summary>
    public static Failure? Of(Exception e) => e switch
    {
        UsageError or FormatException => new(e.Message, ExitCodes.Usage),
        Unreachable => new(e.Message, ExitCodes.Unreachable),
        Cancelled => new(e.Message, ExitCodes.Signalled + 2),
        Refusal or IOException or UnauthorizedAccessException => new(e.Message, ExitCodes.Failed),
        // Members that every node sends were missing or of another kind.
        JsonException or InvalidOperationException or NullReferenceException or ArgumentException or KeyNotFoundException =>
            new($"the node answered something else than expected: {e.Message}", ExitCodes.Failed),
        _ => null,
    };
}
