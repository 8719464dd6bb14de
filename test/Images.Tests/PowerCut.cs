using Holm.Linux.Files;

namespace Images.Tests;

/// <summary>
/// A disk that loses power before the n-th step. What was not synced by then is lost in each of several ways: file data never fsynced
/// is gone or halved; names changed since the folder's last fsync are changed back.
/// </summary>
internal sealed class PowerCut(string root, string backups)
{
    // The process has one disk: tests that cut it take turns.
    private static readonly SemaphoreSlim _turn = new(1);

    private readonly HashSet<string> _unsynced = new(StringComparer.Ordinal);
    private readonly List<(string Folder, Action Undo)> _pending = [];
    private int _backup;

    public static readonly (string Name, bool UndoNames, int KeepPercent)[] Losses =
        [("nothing more", false, 100), ("data", false, 0), ("half the data", false, 50), ("names", true, 100), ("names and data", true, 0)];

    /// <summary>Runs until before step <paramref name="cutAt"/>.</summary>
    /// <returns>False when it ended before that.</returns>
    public async Task<bool> Run(Func<Task> act, int cutAt)
    {
        var steps = 0;
        await _turn.WaitAsync();
        Durable.Before = step =>
        {
            if (!step.Path.StartsWith(root, StringComparison.Ordinal))
                return;
            // Once the power is gone it stays gone: no clean-up runs either.
            if (steps++ >= cutAt)
                throw new CutException();
            Record(step);
        };
        try
        {
            await act();
            return steps > cutAt;
        }
        catch (CutException)
        {
            return true;
        }
        finally
        {
            Durable.Before = null;
            _turn.Release();
        }
    }

    public void Lose((string Name, bool UndoNames, int KeepPercent) loss)
    {
        foreach (var path in _unsynced.Where(File.Exists))
        {
            using var file = File.OpenWrite(path);
            file.SetLength(file.Length * loss.KeepPercent / 100);
        }
        if (loss.UndoNames)
            for (var i = _pending.Count - 1; i >= 0; i--)
                _pending[i].Undo();
    }

    private void Record(DiskStep step)
    {
        var folder = Path.GetDirectoryName(step.Path)!;
        switch (step.Kind)
        {
            case DiskStepKind.MakeFile:
                _unsynced.Add(step.Path);
                _pending.Add((folder, () => File.Delete(step.Path)));
                break;
            case DiskStepKind.MakeLink:
                _pending.Add((folder, () => File.Delete(step.Path)));
                break;
            case DiskStepKind.Write:
                _unsynced.Add(step.Path);
                break;
            case DiskStepKind.Sync:
                _unsynced.Remove(step.Path);
                break;
            case DiskStepKind.Rename:
                var old = Keep(step.To!);
                if (_unsynced.Remove(step.Path))
                    _unsynced.Add(step.To!);
                _pending.Add((folder, () =>
                {
                    if (File.Exists(step.To))
                        File.Move(step.To, step.Path, overwrite: true);
                    Restore(old, step.To!);
                }
                ));
                break;
            case DiskStepKind.Unlink:
                var gone = Keep(step.Path);
                _pending.Add((folder, () => Restore(gone, step.Path)));
                break;
            case DiskStepKind.SyncFolder:
                _pending.RemoveAll(p => p.Folder == step.Path);
                break;
        }
    }

    private string? Keep(string path)
    {
        var copy = Path.Combine(backups, $"{_backup++}");
        if (new FileInfo(path).LinkTarget is { } target)
            File.CreateSymbolicLink(copy, target);
        else if (File.Exists(path))
            File.Copy(path, copy);
        else
            return null;
        return copy;
    }

    private static void Restore(string? copy, string path)
    {
        if (copy is null)
            return;
        if (new FileInfo(copy).LinkTarget is { } target)
            File.CreateSymbolicLink(path, target);
        else
            File.Copy(copy, path, overwrite: true);
    }

    private sealed class CutException : Exception;
}
