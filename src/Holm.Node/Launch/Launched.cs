using Holm.Linux;
using Holm.Node.Instances;

namespace Holm.Node.Launch;

/// <summary>A program that an instance has been handed.</summary>
/// <param name="Flake">Its flake.</param>
/// <param name="Run">The instance.</param>
/// <param name="Control">To its shepherd.</param>
/// <param name="IsEntered">True: the instance was there before.</param>
public sealed record Launched(string Flake, InstanceRun Run, Fd Control, bool IsEntered);
