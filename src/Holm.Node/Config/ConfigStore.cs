using System.Security.Cryptography;
using System.Text;
using Holm.Config;
using Holm.Contract;
using Holm.Linux;
using Holm.Linux.Files;

namespace Holm.Node.Config;

/// <summary>What of a change the next boot brings back.</summary>
public enum Saving
{
    /// <summary>The objects that were changed, as they are now.</summary>
    Objects,
    /// <summary>Nothing: it holds until the next boot.</summary>
    None,
    /// <summary>Everything as it holds now, whoever changed it.</summary>
    Whole,
    /// <summary>Of instances that are saved already, the keys <c>volatile.*</c>: what the node notes for itself saves no more.</summary>
    Volatile,
}

/// <summary>Holds the document and keeps it on disk. Changes are made one at a time, checked whole, written, then swapped in.</summary>
/// <remarks>
/// Two files of the same kind of text: <c>startup-config.cfg</c> in HOLM_STATE outlives a power cut, <c>running-config</c> in HOLM_RUN
/// (tmpfs) outlives the daemon. A change goes through three files, so that both say the same whatever the moment of a crash:
/// <code>
///   running-config.next   the new text, headed by the digest of the new startup text
///   startup-config.cfg    replaced durably                      -- the change has happened from here on
///   running-config        running-config.next is renamed to it
/// </code>
/// A <c>.next</c> found at the start is taken when the startup file has the digest it names, else thrown away. A change that is not saved
/// names the digest that the startup file has already.
/// </remarks>
public sealed class ConfigStore
{
    private readonly Lock _gate = new();
    private readonly string _startupPath, _runningPath, _nextPath;
    private readonly Action<string> _log;
    private readonly List<string> _problems = [];
    private volatile Document _current;
    private volatile Document _startup;
    private string _startupText, _currentText;

    /// <summary>Opens the configuration of a node; both folders exist. Makes the first startup file where there is none.</summary>
    /// <param name="statePath">HOLM_STATE.</param>
    /// <param name="runPath">HOLM_RUN.</param>
    /// <param name="log">Gets a sentence for each thing worth telling.</param>
    /// <exception cref="LinuxException">A file cannot be read or written.</exception>
    public ConfigStore(string statePath, string runPath, Action<string>? log = null)
    {
        _log = log ?? (_ => { });
        (_startupPath, _runningPath) = (Path.Combine(statePath, "startup-config.cfg"), Path.Combine(runPath, "running-config"));
        _nextPath = _runningPath + ".next";
        (_startup, _startupText) = Open(_startupPath) ?? (Document.Initial, "");
        FinishChange();
        (_current, _currentText) = Open(_runningPath) ?? (_startup, "");
        if (_startupText.Length == 0 || _currentText.Length == 0)
            Write(_current, _startup);
    }

    /// <summary>What holds now; swapped whole.</summary>
    public Document Current => _current;

    /// <summary>What the next boot brings.</summary>
    public Document Startup => _startup;

    /// <summary>What is wrong with the files as they were found, a sentence each; empty when all is well.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>
    /// Called after each change with the document before and after it, one change at a time; must not change anything itself.
    /// </summary>
    public event Action<Document, Document>? Changed;

    /// <summary>Changes the document. A change to the same content writes nothing and tells nobody.</summary>
    /// <param name="what">What is being done, for the message when the disk refuses, for example <c>create instance web</c>.</param>
    /// <param name="change">Makes the new document from the old; may throw <see cref="Refusal"/>.</param>
    /// <param name="saving">What of it is saved.</param>
    /// <returns>The document that holds now.</returns>
    /// <exception cref="Refusal">The new document is not allowed, or cannot be written (507); nothing was changed.</exception>
    public Document Change(string what, Func<Document, Document> change, Saving saving = Saving.Objects)
    {
        lock (_gate)
        {
            var (before, after) = (_current, change(_current));
            Rules.Check(after);
            var same = ReferenceEquals(before, after) || ConfigText.Write(after) == ConfigText.Write(before);
            if (same && saving != Saving.Whole)
                return before;
            Write(what, same ? before : after, ToSave(what, before, after, saving));
            if (!same)
                Changed?.Invoke(before, after);
            return _current;
        }
    }

    /// <summary>Saves what holds now: the next boot brings it.</summary>
    /// <exception cref="Refusal">507: it cannot be written; nothing was changed.</exception>
    public void Save() => Change("save the configuration", d => d, Saving.Whole);

    /// <summary>Says what the next boot brings; what holds now stays.</summary>
    /// <exception cref="Refusal">It is not allowed, or cannot be written (507); nothing was changed.</exception>
    public void SaveOther(Document startup)
    {
        Rules.Check(startup);
        lock (_gate)
            Write("save the configuration", _current, startup);
    }

    private Document ToSave(string what, Document before, Document after, Saving saving)
    {
        var startup = saving switch
        {
            Saving.Objects => _startup.Carry(before, after),
            Saving.Whole => after,
            Saving.Volatile => _startup.WithVolatileOf(after),
            _ => _startup,
        };
        // Changed objects may not fit what was saved before they were made to fit what holds now.
        try
        {
            if (saving == Saving.Objects)
                Rules.Check(startup);
            return startup;
        }
        catch (Refusal refusal)
        {
            throw new Refusal(409, $"cannot {what}: it does not fit what is saved without the changes that are not ({refusal.Message}); " +
                "save those first: copy running-config startup-config", refusal);
        }
    }

    private void Write(string what, Document running, Document startup)
    {
        try
        {
            Write(running, startup);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Refusal(507, $"cannot {what}: the configuration could not be saved: {e.Message}", e);
        }
    }

    private void Write(Document running, Document startup)
    {
        var startupText = ConfigText.Write(startup);
        var runningText = $"# saved with startup-config {Digest(startupText)}\n{ConfigText.Write(running)}";
        if (runningText == _currentText && startupText == _startupText)
            return;
        Durable.Write(_nextPath, Encoding.UTF8.GetBytes(runningText), OwnerOnly);
        if (startupText != _startupText)
            Durable.Write(_startupPath, Encoding.UTF8.GetBytes(startupText), OwnerOnly);
        (_startup, _startupText) = (startup, startupText);
        Durable.Rename(_nextPath, _runningPath);
        (_current, _currentText) = (running, runningText);
    }

    private void FinishChange()
    {
        if (!File.Exists(_nextPath))
            return;
        var first = File.ReadLines(_nextPath).FirstOrDefault() ?? "";
        if (first.EndsWith(' ' + Digest(_startupText), StringComparison.Ordinal))
            File.Move(_nextPath, _runningPath, overwrite: true);
        else
            File.Delete(_nextPath);
    }

    /// <summary>
    /// Reads a file; null when there is none. A file that is wrong is kept aside, and the objects in it that are right are taken.
    /// </summary>
    private (Document Document, string Text)? Open(string path)
    {
        if (!File.Exists(path))
            return null;
        var bytes = File.ReadAllBytes(path);
        var text = Encoding.UTF8.GetString(bytes);
        var (document, problems) = ConfigText.Salvage(text);
        if (problems.Count == 0)
            return (document, text);
        var aside = $"{path}.bad-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]}";
        Durable.Write(aside, bytes, OwnerOnly);
        foreach (var problem in problems)
            Tell($"{path}: {problem}");
        Tell($"{path}: the objects named above are left out; the file as it was is kept as {aside}");
        return (document, text);
    }

    private void Tell(string problem)
    {
        _problems.Add(problem);
        _log(problem);
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Mode 0600: environment values may be secrets.</summary>
    private const uint OwnerOnly = 0x180;
}
