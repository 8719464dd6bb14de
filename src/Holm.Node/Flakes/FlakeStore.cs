using Holm.Config;
using Holm.Contract;
using Holm.Linux.Files;

namespace Holm.Node.Flakes;

/// <summary>The flakes of this node: their records, read anew at each question, and their commands on the host.</summary>
/// <remarks>
/// A command is a symbolic link to <c>holm-launch</c>, and ours when a record names it. The record's file is the moment of truth:
/// <code>
///   register:  note the links ── record ── links made, those no longer named removed ── note gone
///   remove:    note the links ── record gone ── links removed ── note gone
/// </code>
/// A cut anywhere leaves the note, by which <see cref="Open"/> finishes: what a record names is made, what none names is removed.
/// What stands at a path and is not ours is never touched; a link to flake-pilot's <c>podman-pilot</c> is taken over by <c>--force</c>.
/// </remarks>
/// <param name="folder">HOLM_STATE/flakes.</param>
/// <param name="launcher">Absolute path of holm-launch.</param>
/// <param name="isRunning">By a flake's name: whether a container of it runs.</param>
public sealed class FlakeStore(string folder, string launcher, Func<string, bool> isRunning)
{
    private readonly Lock _lock = new();
    private readonly FlakeFiles _files = new(folder);

    /// <summary>
    /// Finishes what a crash left half done, and looks whether the commands are there. Call it once, before anything else.
    /// </summary>
    /// <returns>What was done, and what is wrong, a sentence each.</returns>
    public IReadOnlyList<string> Open()
    {
        _files.Open();
        var said = new List<string>();
        foreach (var name in _files.Begun)
            try
            {
                Finish(name, said);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or Refusal)
            {
                said.Add($"flake {name}: what was begun cannot be finished: {e.Message}; it is tried again at the next start");
            }
        said.AddRange(Problems.Select(p => p.Value));
        return said;
    }

    /// <summary>All flakes that can be read, by name. One that cannot hides no other; see <see cref="Problems"/>.</summary>
    public IReadOnlyList<Flake> All => [.. _files.Names.Select(TryFind).OfType<Flake>()];

    /// <summary>By name: what is wrong with a flake, in a sentence that names its file.</summary>
    public IReadOnlyDictionary<string, string> Problems
    {
        get
        {
            var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var name in _files.Names)
                if (Problem(name) is { } problem)
                    found[name] = problem;
            return found;
        }
    }

    /// <summary>The flake of this name, its drop-ins over it; null: there is none.</summary>
    /// <exception cref="Refusal">400: its text is wrong; file, line and key are named.</exception>
    public Flake? Find(string name)
    {
        FlakeRules.CheckName(name);
        return Checked(name)?.Flake;
    }

    /// <summary>The flake one of whose commands is this path on the host, and the program in the image; null: none.</summary>
    /// <exception cref="Refusal">400: the flake whose name is the path's last part cannot be read, and no other has it.</exception>
    public (Flake Flake, string Target)? ByCommand(string hostPath)
    {
        // The usual name first, so that one text is read and not all.
        var usual = Path.GetFileName(hostPath);
        foreach (var name in _files.Names.OrderBy(n => n != usual))
            if (TryFind(name) is { } flake && flake.Commands.TryGetValue(hostPath, out var target))
                return (flake, target);
        if (_files.Names.Contains(usual))
            Find(usual);
        return null;
    }

    /// <summary>Refuses what <see cref="Register"/> would refuse.</summary>
    /// <exception cref="Refusal">400 a value, 409 the name or a path is taken, or a container of it runs.</exception>
    public void Check(Flake flake, bool force)
    {
        FlakeRules.Check(flake);
        var isThere = _files.Names.Contains(flake.Name);
        if (isThere && !force)
            throw new Refusal(409, $"flake {flake.Name} exists already; --force replaces it");
        if (isThere)
            RefuseRunning("replace", flake.Name);
        foreach (var path in flake.Commands.Keys)
        {
            if (Others(flake.Name).FirstOrDefault(o => o.Commands.ContainsKey(path)) is { } owner)
                throw new Refusal(409, $"register flake {flake.Name}: {path} is a command of flake {owner.Name}; remove that first");
            if (Stands(path) && !(force ? MayReplace(path, flake.Name) : IsOurs(path, flake.Name)))
                throw new Refusal(409, $"register flake {flake.Name}: {path} is there already and is not Holm's; " +
                    (MayReplace(path, flake.Name) ? "--force takes it over" : "choose another path, or move it away yourself"));
        }
    }

    /// <summary>Writes the record and makes the commands; missing folders above them are made too.</summary>
    /// <param name="flake">All of it.</param>
    /// <param name="force">True: one of that name is replaced; its drop-ins stay, and lie over the new one.</param>
    /// <exception cref="Refusal">As <see cref="Check"/>; 500: a link cannot be made, and all is as it was.</exception>
    public void Register(Flake flake, bool force)
    {
        lock (_lock)
        {
            Check(flake, force);
            var (old, before) = (_files.Record(flake.Name), Links(flake.Name));
            var made = new List<(string Path, string? Was)>();
            _files.Begin(flake.Name, flake.Commands.Keys.Concat(before));
            _files.Write(flake.Name, FlakeText.Write(flake));
            try
            {
                foreach (var path in flake.Commands.Keys.Where(p => !IsLauncher(p)))
                {
                    made.Add((path, LinkTarget(path)));
                    Make(path, flake.Name);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                TakeBack(flake.Name, old, made);
                throw new Refusal(500, $"register flake {flake.Name}: {e.Message}; all is as it was", e);
            }
            foreach (var path in before.Except(flake.Commands.Keys).Where(IsLauncher))
                Durable.Remove(path);
            _files.End(flake.Name);
        }
    }

    /// <summary>Removes the commands, the record and its drop-ins.</summary>
    /// <exception cref="Refusal">404 there is none; 409 a container of it runs.</exception>
    public void Remove(string name)
    {
        FlakeRules.CheckName(name);
        lock (_lock)
        {
            if (!_files.Names.Contains(name))
                throw new Refusal(404, $"Flake not found: {name}");
            RefuseRunning("remove", name);
            var links = Links(name);
            _files.Begin(name, links);
            _files.Remove(name);
            foreach (var path in links.Where(IsLauncher))
                Durable.Remove(path);
            _files.End(name);
        }
    }

    /// <summary>Where the record of a flake is, for people.</summary>
    public string RecordPath(string name) => _files.RecordPath(name);

    private void Finish(string name, List<string> said)
    {
        var isThere = _files.Names.Contains(name);
        var wanted = TryFind(name)?.Commands.Keys.ToHashSet(StringComparer.Ordinal);
        var others = Others(name).SelectMany(o => o.Commands.Keys).ToHashSet(StringComparer.Ordinal);
        if (isThere && wanted is null)
            throw new Refusal(400, Problem(name) ?? "its record cannot be used");
        foreach (var path in _files.BegunLinks(name))
            if (wanted?.Contains(path) == true && !IsLauncher(path) && (!Stands(path) || MayReplace(path, name)))
            {
                Make(path, name);
                said.Add($"flake {name}: made {path}, which a cut had left out");
            }
            else if (wanted?.Contains(path) != true && !others.Contains(path) && IsLauncher(path))
            {
                Durable.Remove(path);
                said.Add($"flake {name}: removed {path}, which a cut had left behind");
            }
        if (!isThere)
            _files.RemoveDropIns(name);
        _files.End(name);
    }

    private void TakeBack(string name, string? old, IEnumerable<(string Path, string? Was)> made)
    {
        if (old is null)
            Durable.Remove(_files.RecordPath(name));
        else
            _files.Write(name, old);
        foreach (var (path, was) in made)
        {
            if (IsLauncher(path))
                Durable.Remove(path);
            if (was is not null && !Stands(path))
                Durable.Link(path, was);
        }
        _files.End(name);
    }

    private void Make(string path, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (MayReplace(path, name))
            Durable.Remove(path);
        Durable.Link(path, launcher);
    }

    /// <summary>The commands that are on record; of a record that cannot be read, what in it looks like one and is one.</summary>
    private List<string> Links(string name) => TryFind(name) is { } flake
        ? [.. flake.Commands.Keys]
        : [.. (_files.Record(name) ?? "").Split([' ', '\t', '\n', '"', '\'']).Select(w => w.TrimEnd(':'))
            .Where(w => w.StartsWith('/') && IsLauncher(w)).Except(Others(name).SelectMany(o => o.Commands.Keys))];

    private IEnumerable<Flake> Others(string name) => _files.Names.Where(n => n != name).Select(TryFind).OfType<Flake>();

    private static bool Stands(string path) => Path.Exists(path) || LinkTarget(path) is not null;

    private bool IsLauncher(string path) => LinkTarget(path) == launcher;

    /// <summary>
    /// A link that this flake's record names, to a launcher: ours, or one that was somewhere else when it was made.
    /// </summary>
    private bool IsOurs(string path, string name) => LinkTarget(path) is { } target &&
        Path.GetFileName(target) == Path.GetFileName(launcher) && Links(name).Contains(path);

    /// <summary>What <c>--force</c> replaces: also a link to our launcher that is on no record, and one to flake-pilot's.</summary>
    private bool MayReplace(string path, string name) => IsLauncher(path) || IsOurs(path, name)
        || (LinkTarget(path) is { } target && Path.GetFileName(target) == "podman-pilot");

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void RefuseRunning(string doing, string name)
    {
        if (isRunning(name))
            throw new Refusal(409, $"{doing} flake {name}: it is running; end it first, a kept one by `holm flake reset {name}`");
    }

    private FlakeReading? Checked(string name)
    {
        var reading = _files.Read(name);
        if (reading is null)
            return null;
        var flake = reading.Flake;
        if (flake.Name.Length > 0 && flake.Name != name)
            throw new Refusal(400,
                $"read {name}.yaml: the flake in it is called {Names.Show(flake.Name)}; the file is to be named after it");
        flake = flake with { Name = name };
        FlakeRules.Check(flake);
        return reading with { Flake = flake };
    }

    private Flake? TryFind(string name)
    {
        try
        {
            return Find(name);
        }
        catch (Exception e) when (e is Refusal or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string? Problem(string name)
    {
        try
        {
            FlakeRules.CheckName(name);
            if (Checked(name) is not { } reading)
                return null;
            List<string> wrong =
            [
                .. reading.Flake.Commands.Keys.Where(p => !IsLauncher(p)).Select(p => Stands(p)
                    ? $"{p} is not the command that was registered; `holm flake register --force` mends it where it is Holm's"
                    : $"{p} is missing; `holm flake register --force` mends it"),
                .. reading.Conflicts,
            ];
            return wrong.Count == 0 ? null : $"flake {name}: {string.Join("; ", wrong)}";
        }
        catch (Exception e) when (e is Refusal or IOException or UnauthorizedAccessException)
        {
            return $"{_files.RecordPath(name)} cannot be used: {e.Message}";
        }
    }
}
