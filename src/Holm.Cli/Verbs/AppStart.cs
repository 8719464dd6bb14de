namespace Holm.Cli.Verbs;

/// <summary><c>holm app start NAME…</c></summary>
internal static class AppStart
{
    public static Verb Build() => AppState.Plain("start", "start apps", "starting",
        "Returns once the app's init runs. The app stays wanted: whether it is started again by itself tells boot.autorestart.",
        "holm app start web");
}
