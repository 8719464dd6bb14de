using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Holm.Cli.Output;
using Holm.Contract;

namespace Holm.Cli.Wire;

/// <summary>
/// Waits for an operation by long polls, shows its progress after a second, and turns Ctrl-C into a cancel.
/// </summary>
/// <remarks>
/// First Ctrl-C: DELETE on a second connection, the wait goes on to see how it ended; second: the program ends, the work may go on.
/// Everything blocks; the signal comes on a thread of its own.
/// </remarks>
internal sealed class OperationWait(Node node, Screen screen, string doing)
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);
    private readonly Node _patient = node.Interruptible(null);
    private int _interrupts;
    private string _url = "";

    /// <summary>Gives the final operation.</summary>
    /// <param name="url">Its URL, as the node gave it.</param>
    /// <exception cref="Refusal">It failed or was cancelled; the message is the node's.</exception>
    public Operation Wait(string url)
    {
        _url = url;
        var started = Environment.TickCount64;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        try
        {
            while (true)
            {
                var round = screen.Watched ? TimeSpan.FromSeconds(1) : Round;
                var seconds = ((int)round.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                var operation = _patient.Ask("GET", $"{url}/wait?timeout={seconds}", deadline: round + node.Deadline)
                    .As(ContractJson.Default.Operation);
                if (operation.StatusCode >= (int)StatusCode.Success)
                    return End(operation);
                if (_interrupts > 1)
                    throw new Cancelled($"{doing}: not waited for any more; holm operation show {Id} tells how it went");
                if (Environment.TickCount64 - started >= 1000)
                    screen.Progress(Progress(operation));
            }
        }
        finally
        {
            screen.EndProgress();
        }
    }

    private string Id => _url[(_url.LastIndexOf('/') + 1)..];

    // Who may give questions up is a console, and stays.
    private string OnceMore => node.Interrupted is null ? "once more ends this program only" : "once more ends the wait only";

    private Operation End(Operation operation) => (StatusCode)operation.StatusCode switch
    {
        StatusCode.Success => operation,
        StatusCode.Cancelled => throw new Cancelled($"{doing}: cancelled"),
        _ => throw new Refusal(400, operation.Err.Length > 0 ? operation.Err : $"{doing}: failed, and the node did not say why"),
    };

    private string Progress(Operation operation)
    {
        var sentences = operation.Metadata?
            .Where(m => m.Key.EndsWith("_progress", StringComparison.Ordinal) && m.Value.ValueKind == JsonValueKind.String)
            .Select(m => m.Value.GetString()!).ToList() ?? [];
        return sentences.Count > 0 ? $"{doing}: {string.Join(", ", sentences)}" : $"{doing} …";
    }

    private void Cancel(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _interrupts) > 1)
            return;
        context.Cancel = true;
        try
        {
            _patient.Ask("DELETE", _url);
            screen.Complain($"{doing}: asked the node to cancel; {OnceMore}");
        }
        catch (Refusal refusal)
        {
            screen.Complain($"{doing}: cannot be cancelled ({refusal.Message}); {OnceMore}, "
                + $"then holm operation show {Id} tells how it went");
        }
        catch (Unreachable unreachable)
        {
            screen.Complain(unreachable.Message);
        }
    }
}

/// <summary>The person who waited cancelled the work: exit code 130.</summary>
internal sealed class Cancelled(string message) : Exception(message);
