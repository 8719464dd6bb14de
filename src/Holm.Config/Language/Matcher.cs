namespace Holm.Config.Language;

/// <summary>A line that was read: which form it has, with which arguments; or why it has none.</summary>
/// <param name="Form">The form; null: there is an error.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Error">A sentence; empty: all is well.</param>
public sealed record Match<T>(T? Form, Arguments Arguments, string Error)
    where T : Form;

/// <summary>What may come next in a line.</summary>
/// <param name="Text">The word, or the placeholder as it is shown.</param>
/// <param name="Help">A phrase.</param>
/// <param name="Placeholder">The placeholder; null: a word.</param>
public sealed record Follower(string Text, string Help, Placeholder? Placeholder);

/// <summary>How a line may go on.</summary>
/// <param name="Next">What may come next; empty: nothing.</param>
/// <param name="Complete">The form when the line may end here; null: it may not.</param>
/// <param name="Error">Why the words so far are no line, as a sentence; empty: all is well.</param>
public sealed record Continuation<T>(IReadOnlyList<Follower> Next, T? Complete, string Error)
    where T : Form;

/// <summary>Holds words against forms. Pure: reading, completion and help come from the same forms.</summary>
/// <remarks>
/// Every form that the words so far agree with is followed at once. Each word narrows them down: a word written in full wins, then a
/// placeholder whose value it can only be, then, where abbreviation is allowed, the one word that begins so, then any placeholder.
/// </remarks>
public static class Matcher
{
    /// <summary>Reads a whole line.</summary>
    /// <param name="forms">The forms there are.</param>
    /// <param name="words">The line.</param>
    /// <param name="abbreviate">True: the beginning of a word stands for it where only one begins so.</param>
    /// <param name="where">Where the line stands, for messages: <c>in app foo</c>.</param>
    public static Match<T> Read<T>(IEnumerable<T> forms, IReadOnlyList<string> words, bool abbreviate, string where)
        where T : Form
    {
        var (threads, error) = Follow(forms, words, abbreviate, where);
        if (error.Length > 0)
            return new Match<T>(null, Arguments.None, error);
        return threads.Find(t => Chain.MayEnd(t.Rest)) is { } whole
            ? new Match<T>(whole.Form, whole.Arguments, "")
            : new Match<T>(null, Arguments.None, Missing(threads));
    }

    /// <summary>How a line may go on after these words, none of which is a beginning only of what is being written.</summary>
    /// <inheritdoc cref="Read"/>
    public static Continuation<T> After<T>(IEnumerable<T> forms, IReadOnlyList<string> words, bool abbreviate, string where)
        where T : Form
    {
        var (threads, error) = Follow(forms, words, abbreviate, where);
        if (error.Length > 0)
            return new Continuation<T>([], null, error);
        return new Continuation<T>(Followers(threads), threads.Find(t => Chain.MayEnd(t.Rest))?.Form, "");
    }

    private sealed record Thread<T>(T Form, Chain? Rest, Arguments Arguments);

    private sealed record Branch<T>(Thread<T> Thread, Part Part, Chain? Rest)
    {
        public string? Word => (Part as Literal)?.Text;

        public Placeholder? Placeholder => (Part as Value)?.Placeholder;

        public Thread<T> Take(string word) => Thread with
        {
            Rest = Rest,
            Arguments = Word is { } text ? Thread.Arguments.With(text) : Thread.Arguments.With(Placeholder!.Key, word),
        };
    }

    private static (List<Thread<T>> Threads, string Error) Follow<T>(
        IEnumerable<T> forms, IReadOnlyList<string> words, bool abbreviate, string where)
        where T : Form
    {
        var threads = forms.Select(f => new Thread<T>(f, f.Start, Arguments.None)).ToList();
        for (var i = 0; i < words.Count; i++)
        {
            var branches = Branches(threads);
            var chosen = Choose(branches, words[i], abbreviate);
            if (chosen.Select(b => b.Word).Where(w => w is not null).Distinct().Count() > 1)
                return ([], $"{Names.Show(words[i])} is ambiguous: {List(chosen.Select(b => b.Word!).Order(StringComparer.Ordinal))}");
            if (chosen.Count == 0)
                return ([], Unknown(threads, branches, words[i], where));
            threads = [.. chosen.Select(b => b.Take(words[i]))];
        }
        return (threads, "");
    }

    private static List<Branch<T>> Branches<T>(List<Thread<T>> threads) =>
        [.. threads.SelectMany(t => Chain.Next(t.Rest).Select(n => new Branch<T>(t, n.Part, n.Then)))];

    private static List<Branch<T>> Choose<T>(List<Branch<T>> branches, string word, bool abbreviate)
    {
        if (branches.FindAll(b => b.Word == word) is { Count: > 0 } exact)
            return exact;
        if (branches.FindAll(b => b.Placeholder?.Fits?.Invoke(word) == true) is { Count: > 0 } fitting)
            return fitting;
        if (abbreviate && word.Length > 0 &&
            branches.FindAll(b => b.Word?.StartsWith(word, StringComparison.Ordinal) == true) is { Count: > 0 } begun)
            return begun;
        return branches.FindAll(b => b.Placeholder is not null);
    }

    private static List<Follower> Followers<T>(List<Thread<T>> threads)
        where T : Form
    {
        var next = new List<Follower>();
        foreach (var group in Branches(threads).GroupBy(b => b.Word ?? b.Placeholder!.Shown))
        {
            var (first, forms) = (group.First(), group.Select(b => b.Thread.Form).Distinct().ToList());
            var path = string.Join(' ', first.Thread.Arguments.Words.Append(first.Word));
            var help = first.Placeholder?.Help ?? WordHelp.Of(path, first.Word!) ?? forms[0].Help;
            next.Add(new Follower(group.Key, help, first.Placeholder));
        }
        return [.. next.OrderBy(f => f.Placeholder is null ? 0 : 1).ThenBy(f => f.Text, StringComparer.Ordinal)];
    }

    private static string Missing<T>(List<Thread<T>> threads)
        where T : Form
    {
        var lead = string.Join(' ', threads[0].Arguments.Words);
        var next = Branches(threads).Select(b => b.Word ?? b.Placeholder!.Shown).Distinct().ToList();
        return threads.Select(t => t.Form).Distinct().Take(2).Count() == 1
            ? $"{lead}: {List(next, "or")} is missing; write {threads[0].Form.Syntax}"
            : $"{lead}: a word is missing; {List(next, "or")} may follow";
    }

    private static string Unknown<T>(List<Thread<T>> threads, List<Branch<T>> branches, string word, string where)
        where T : Form
    {
        var first = threads[0].Arguments.Words;
        var known = branches.Select(b => b.Word!).Distinct().Order(StringComparer.Ordinal).ToList();
        var place = first.Count == 0 ? where : $"after {string.Join(' ', first)}";
        if (known.Count == 0)
            return $"{Names.Show(word)} is too much; write {threads[0].Form.Syntax}";
        var near = word.Length > 64 ? [] : known.Where(k => Spelling.Distance(word, k) <= Math.Max(1, word.Length / 3)).ToList();
        return near.Count > 0 ? $"{Names.Show(word)} is not known {place}; did you mean {List(near, "or")}"
            : $"{Names.Show(word)} is not known {place}; {List(known)} {(known.Count == 1 ? "is" : "are")}";
    }

    private static string List(IEnumerable<string> words, string join = "and")
    {
        var all = words.Distinct().ToList();
        return all.Count == 1 ? all[0] : $"{string.Join(", ", all.SkipLast(1))} {join} {all[^1]}";
    }
}
