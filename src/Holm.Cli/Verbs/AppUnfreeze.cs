namespace Holm.Cli.Verbs;

/// <summary><c>holm app unfreeze NAME…</c></summary>
internal static class AppUnfreeze
{
    public static Verb Build() => AppState.Plain("unfreeze", "let paused apps go on", "unfreezing", "", "holm app unfreeze web");
}
