using Holm.Contract;

namespace Holm.Cli.Verbs;

/// <summary><c>holm token remove NAME…</c></summary>
internal static class TokenRemove
{
    public static Verb Build()
    {
        var names = Parts.Some("NAME", "whom the tokens are for");
        return new("remove", "take tokens back that were not used", names)
        {
            More = "A client that has used its token stays trusted: holm trust remove.",
            Examples = ["holm token remove alice"],
            Run = (line, caller) =>
            {
                var good = TokenList.Good(caller.Node.Get("/1.0/operations?recursion=1",
                    ContractJson.Default.IReadOnlyDictionaryStringIReadOnlyListOperation)).ToLookup(TokenAdd.NameOf);
                return caller.Each(line.GetRequiredValue(names), "removing", name => good[name].Select(token =>
                    caller.Node.Ask("DELETE", Names.Operation(token.Id))).LastOrDefault()
                        ?? throw new Refusal(404, $"there is no token for {name}; `holm token list` shows those there are"));
            },
        };
    }
}
