namespace Holm.Node.Files;

/// <summary>What is said of a file or folder that may have to be made. It holds only for one that was not there.</summary>
/// <param name="Uid">Owner, as the instance numbers them; null: its root.</param>
/// <param name="Gid">Group; null: its root's, or that of a folder with the set-group-id bit.</param>
/// <param name="Mode">Permissions; null: 0644 for a file, 0750 for a folder.</param>
public sealed record NewEntry(uint? Uid, uint? Gid, uint? Mode);
