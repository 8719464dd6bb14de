using System.Globalization;
using Holm.Contract;
using Holm.Node.Api;

namespace Holm.Node.Launch;

/// <summary>Pulls what a launch lacks, and tells the person at the other end how far it is: a line for each layer that is there.</summary>
internal sealed class LaunchPulls(Pulls pulls)
{
    /// <summary>Pulls an image, by the name that a flake has for it.</summary>
    public async Task Pull(string name, Action<string> tell, CancellationToken ct)
    {
        tell($"holm: pulling {name}\n");
        var told = 0;
        await pulls.Pull(new RegistryPull(name, null, new Dictionary<string, RegistryLogin>()), Told, ct).ConfigureAwait(false);

        void Told(IReadOnlyList<PullLayer> layers)
        {
            var done = layers.Count(l => l.State == "done");
            for (; told < done; told++)
                tell(string.Create(CultureInfo.InvariantCulture, $"holm: {name}: {told + 1} of {layers.Count} layers\n"));
        }
    }
}
