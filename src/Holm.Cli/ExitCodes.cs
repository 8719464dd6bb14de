namespace Holm.Cli;

/// <summary>What the program's exit status means; help and man page print this table.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Refused or failed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong command line.</summary>
    public const int Usage = 2;

    /// <summary>No daemon.</summary>
    public const int Unreachable = 3;

    /// <summary>exec: Holm itself failed.</summary>
    public const int ExecFailed = 125;

    /// <summary>Added to a signal's number when one ended the work.</summary>
    public const int Signalled = 128;

    /// <summary>Each code and its meaning.</summary>
    public static readonly IReadOnlyList<(string Code, string Meaning)> Table =
    [
        ("0", "done"),
        ("1", "the node refused the request, or the work failed; the error says why"),
        ("2", "the command line is wrong"),
        ("3", "the node cannot be reached, or stopped answering"),
        ("125", "exec only: the command was not run, whatever the reason (codes 1 to 3 of the other verbs)"),
        ("126", "exec only: the command cannot be executed"),
        ("127", "exec only: the command was not found"),
        ("128+N", "ended by signal N, for example 130 after Ctrl-C; exec: the command was"),
        ("other", "exec only: the command's own exit code"),
    ];
}
