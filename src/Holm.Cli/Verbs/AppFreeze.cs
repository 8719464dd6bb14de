namespace Holm.Cli.Verbs;

/// <summary><c>holm app freeze NAME…</c></summary>
internal static class AppFreeze
{
    public static Verb Build() => AppState.Plain("freeze", "pause apps where they are", "freezing",
        "Every process of the app stands still and keeps its memory, until holm app unfreeze.",
        "holm app freeze web");
}
