namespace Holm.Cli.Verbs;

/// <summary><c>holm completion bash</c></summary>
internal static class CompletionBash
{
    // A word that ends in "=" or "." wants more typed, so no space goes after it.
    private const string Script = """
        # Completion of holm for bash; load it with: source <(holm completion bash)
        _holm() {
            local word=${COMP_WORDS[COMP_CWORD]} offers
            mapfile -t offers < <(holm complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
            if [[ ${offers[0]} == :files ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$word"; ((${#offers[@]} == 1)) || printf '%s\n' "${offers[@]:1}")
                return
            fi
            COMPREPLY=("${offers[@]}")
            [[ ${#offers[@]} -eq 1 && ${offers[0]} == *[.=] ]] && compopt -o nospace
        }
        complete -F _holm holm
        """;

    public static Verb Build() => new("bash", "print the completion script for bash")
    {
        More = "It completes verbs and options, and asks the node for the names of apps, images, profiles and networks; a node that does "
            + "not answer within a second is not waited for.",
        Examples = ["source <(holm completion bash)"],
        Run = (_, caller) =>
        {
            caller.Screen.Line(Script);
            return ExitCodes.Ok;
        },
    };
}
