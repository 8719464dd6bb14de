using System.Collections.Concurrent;

namespace Holm.Node.Instances;

/// <summary>
/// Which instances should run: a file each in <c>$HOLM_RUN/power</c>, so that it outlives the daemon and not a reboot. After a reboot the
/// folder is empty and <c>boot.autostart</c> decides anew.
/// </summary>
/// <param name="folder"><c>$HOLM_RUN/power</c>.</param>
public sealed class WantedPower(string folder)
{
    private readonly ConcurrentDictionary<string, Wanted> _wanted = new(StringComparer.Ordinal);

    /// <summary>
    /// Reads the folder. Forgets all but the instances there are: one that was deleted while no daemon ran wants nothing. True: no daemon
    /// since boot has come as far as <see cref="Begun"/>.
    /// </summary>
    public bool Open(IReadOnlyCollection<string> names)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(folder))
            if (Path.GetFileName(file) is [not '.', ..] && Enum.TryParse<Wanted>(File.ReadAllText(file), out var wanted))
                _wanted[Path.GetFileName(file)] = wanted;
        foreach (var name in _wanted.Keys.Where(n => !names.Contains(n)))
            Forget(name);
        return !File.Exists(Path.Combine(folder, BegunFile));
    }

    /// <summary>What is wanted at boot has been said; the next daemon takes it as it stands.</summary>
    public void Begun() => File.WriteAllBytes(Path.Combine(folder, BegunFile), []);

    private const string BegunFile = ".begun";

    /// <summary>What is wanted of an instance; off unless somebody said otherwise.</summary>
    public Wanted this[string name] => _wanted.GetValueOrDefault(name, Wanted.Off);

    /// <summary>Says it.</summary>
    public void Set(string name, Wanted wanted)
    {
        if (_wanted.TryGetValue(name, out var now) && now == wanted)
            return;
        // Temp and rename: a daemon killed here leaves the old word or the new one.
        var temporary = Path.Combine(folder, "." + name);
        File.WriteAllText(temporary, wanted.ToString());
        File.Move(temporary, Path.Combine(folder, name), overwrite: true);
        _wanted[name] = wanted;
    }

    /// <summary>The instance is no more.</summary>
    public void Forget(string name)
    {
        File.Delete(Path.Combine(folder, name));
        _wanted.TryRemove(name, out _);
    }
}
