using System.Collections;
using System.Text;
using System.Text.Json;
using Holm.Contract;
using Holm.Linux.Processes;
using Holm.Linux.Terminals;

namespace Holm.Cli.Verbs;

/// <summary><c>holm config edit NAME</c>, <c>holm profile edit NAME</c>, <c>holm network edit NAME</c></summary>
internal static class Edit
{
    public static Verb Build(Target target)
    {
        var name = Parts.One("NAME", $"name of the {target.Noun}", target.Live);
        return new("edit", "change everything that can be written, in an editor", name)
        {
            More = "Opens the object as JSON in $VISUAL, $EDITOR or vi. When standard input is no terminal, the new JSON is read from "
                + "there. The node checks it whole before anything changes; when somebody else changed it meanwhile it is refused.",
            Examples = [$"{target.Words} edit {target.Sample}", $"{target.Words} edit {target.Sample} < {target.Sample}.json"],
            Run = (line, caller) =>
            {
                var chosen = line.GetRequiredValue(name);
                return Terminal.Is(caller.Input) ? InEditor(target, caller, chosen)
                    : Replace(target, caller, chosen, caller.ReadInput(), "");
            },
        };
    }

    private static int InEditor(Target target, Caller caller, string name)
    {
        var now = caller.Node.Ask("GET", target.Url(name));
        var folder = Directory.CreateTempSubdirectory("holm-edit-");
        var file = Path.Combine(folder.FullName, "object.json");
        var before = Indented(target.Writable(now.Metadata));
        File.WriteAllText(file, before);
        RunEditor(caller, file);
        var after = File.ReadAllText(file);
        var code = ExitCodes.Ok;
        try
        {
            if (after != before)
                code = Replace(target, caller, name, after, now.Tag);
        }
        catch (Refusal refusal)
        {
            throw new Refusal(refusal.Code, $"{refusal.Message}; your text is kept in {file}", refusal);
        }
        folder.Delete(recursive: true);
        return code;
    }

    private static int Replace(Target target, Caller caller, string name, string json, string tag)
    {
        try
        {
            return target.Replace(caller, name, json, tag);
        }
        catch (JsonException e)
        {
            throw new Refusal(400, $"change {target.Noun} {name}: the text is not the JSON it should be: {e.Message}", e);
        }
    }

    private static void RunEditor(Caller caller, string file)
    {
        var editor = caller.Environment("VISUAL") ?? caller.Environment("EDITOR") ?? "vi";
        // EDITOR may hold options; a shell splits them, and the file's name comes as an argument, not as text.
        using var child = Child.Spawn(new()
        {
            Path = "/bin/sh",
            Arguments = ["-c", $"exec {editor} \"$1\"", "sh", file],
            Environment = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}")],
            Stdin = caller.Input,
            Stdout = caller.Screen.Output,
            Stderr = caller.Screen.Error,
        });
        var status = child.Wait().GetAwaiter().GetResult();
        if (status.ShellCode != 0)
            throw new Refusal(400, $"edit: {editor} ended with {status}; nothing was changed, the text is kept in {file}");
    }

    private static string Indented(string json)
    {
        using var document = JsonDocument.Parse(json);
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, new() { Indented = true }))
            document.RootElement.WriteTo(writer);
        return Encoding.UTF8.GetString(memory.ToArray()) + "\n";
    }
}
