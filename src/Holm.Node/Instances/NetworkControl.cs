using Holm.Contract;
using Holm.Linux.Netlink;
using Holm.Node.Config;
using Holm.Node.Networks;

namespace Holm.Node.Instances;

/// <summary>Keeps managed networks as they are written, and has the loop look again when an interface of the host comes or goes.</summary>
public sealed class NetworkControl(ConfigStore config, InstanceNetworks networks, Loop loop, Action<string> tell) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private volatile IReadOnlyDictionary<string, string> _refused = new Dictionary<string, string>();

    /// <summary>Why a network is not as it is written, as a sentence; null: it is.</summary>
    public string? Problem(string network) => _refused.GetValueOrDefault(network);

    /// <summary>Makes the networks as they are written now.</summary>
    /// <returns>What could not be done, by network.</returns>
    public async Task<IReadOnlyDictionary<string, string>> Settle()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            var refused = await networks.SetNetworks([.. config.Current.Networks.Values.Where(n => n.IsBridge)]).ConfigureAwait(false);
            foreach (var (network, reason) in refused.Where(r => Problem(r.Key) != r.Value))
                tell($"network {network}: {reason}");
            return _refused = refused;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task Watch(CancellationToken ct)
    {
        config.Changed += (before, after) =>
        {
            if (!ReferenceEquals(before.Networks, after.Networks))
                _ = TrySettle();
        };
        using var events = LinkEvents.Open();
        await TrySettle().ConfigureAwait(false);
        networks.SettleBridges();
        while (!ct.IsCancellationRequested)
            try
            {
                await events.Wait(ct).ConfigureAwait(false);
                // Events come in bursts.
                await Task.Delay(Burst, ct).ConfigureAwait(false);
                events.Drain();
                foreach (var (app, problem) in networks.SettlePorts())
                    loop.Of(app).Update(o => o.Reason == problem ? o with { Reason = "", Failed = false } : o);
                if (loop.SomethingWaits)
                    loop.Wake();
                if (!config.Current.Networks.IsEmpty)
                    await TrySettle().ConfigureAwait(false);
                networks.SettleBridges();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or Refusal)
            {
                tell($"look after the host's interfaces: {e.Message}");
            }
    }

    private async Task TrySettle()
    {
        try
        {
            await Settle().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or Refusal)
        {
            tell($"make the networks: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);
}
