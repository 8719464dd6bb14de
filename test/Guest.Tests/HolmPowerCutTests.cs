using System.Globalization;

namespace Guest.Tests;

/// <summary>The power goes while Holm writes: what it had answered is there, the rest is there or not, nothing is in between.</summary>
public sealed class HolmPowerCutTests
{
    [Fact]
    public async Task Two_cuts_at_random_moments_lose_nothing_that_was_answered()
    {
        using var state = await StateDisk.Create(512);
        var holm = await HolmGuest.Boot(state);
        var acknowledged = 0;
        try
        {
            await SetUp(holm);
            for (var cut = 1; cut <= 2; cut++)
            {
                acknowledged = await WriteUntilTheCut(holm);
                holm = await HolmGuest.Boot(state);
                await CheckAll(holm, acknowledged);
            }
        }
        finally
        {
            await holm.DisposeAsync();
        }
    }

    private static async Task SetUp(HolmGuest holm)
    {
        await holm.Must("holm image import /payload/sample.squashfs --alias sample");
        await holm.Launch("kept", "--pool default");
        await holm.Launch("brief");
        await holm.Must("holm exec kept -- sh -c 'echo keep > /root/note && sync'");
        // No quota on this disk: a size that cannot be enforced is refused, and nothing is left of the try.
        await holm.Must("holm app create sized sample --pool default --size 8MiB --no-enable --config boot.autorestart=false");
        var refused = await holm.Run("timeout 60 holm app start sized");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("mount it with prjquota", refused.Output, StringComparison.Ordinal);
        await holm.Must("[ ! -e /state/holm/pools/default/sized ] && holm app delete sized");
    }

    /// <summary>
    /// Every kind of kept object changes, over and over, until QEMU is killed. Returns the last round that was answered whole.
    /// </summary>
    private static async Task<int> WriteUntilTheCut(HolmGuest holm)
    {
        await holm.Must(
            """
            cat > /run/writer <<'END'
            i=$(holm app show brief --format json | jq -r '.config["user.round"] // "0"')
            while i=$((i + 1)); do
              mkdir -p /run/tree && echo $i > /run/tree/round && tar -C /run/tree -cf /run/tree.tar round || exit
              holm image import /run/tree.tar --no-init --alias round || exit
              holm image alias set moving round || exit
              holm app create temporary sample --no-enable || exit
              holm profile create shared-$i || exit
              holm config set brief user.round=$i || exit
              holm app delete temporary || exit
              holm profile delete shared-$i || exit
              holm image prune || exit
              echo $i > /run/round.new && mv /run/round.new /run/round
            done
            END
            rm -f /run/round
            (setsid bash /run/writer < /dev/null > /run/writer.log 2>&1 &)
            for i in $(seq 300); do [ -e /run/round ] && exit 0; sleep 0.1; done
            cat /run/writer.log; exit 1
            """);
        await Task.Delay(Random.Shared.Next(6000));
        var answered = int.Parse(await holm.Must("cat /run/round"), CultureInfo.InvariantCulture);
        await Task.Delay(Random.Shared.Next(1500));
        await holm.PowerCut();
        return answered;
    }

    private static async Task CheckAll(HolmGuest holm, int acknowledged)
    {
        Assert.Equal("", await holm.Must("find /state/holm -name '.staged-*'; find /state/holm/pools -mindepth 2 -maxdepth 2 -name '.*'"));
        // Each layer is what its name says; a shifted copy cannot say it, but is whole or the app below would not run.
        await holm.Must(
            """
            cd /state/holm/layers
            for file in $(ls | grep -E '^[0-9a-f]{64}[.]squashfs$'); do echo "${file%.squashfs}  $file"; done | sha256sum -c --quiet
            """);
        // Each image has its layer, each alias its image, and both can be sent.
        await holm.Must(
            """
            for image in $(holm image list --format json | jq -r '.[].fingerprint'); do
              [ "$(holm image export $image - | sha256sum)" = "$image  -" ] || { echo "$image is not whole"; exit 1; }
            done
            [ "$(holm image export moving - | sha256sum | cut -c1-64)" = "$(holm image show moving --format json | jq -r .fingerprint)" ]
            """);
        var round = int.Parse(await holm.Must("holm app show brief --format json | jq -r '.config[\"user.round\"] // \"0\"'"),
            CultureInfo.InvariantCulture);
        Assert.InRange(round, acknowledged, acknowledged + 40);
        // The apps are those of before, running again; the short-lived one is there or not, and never half.
        const string lasting = "[.[] | select(.name != \"temporary\") | .name + \" \" + .status] | sort | join(\",\")";
        await holm.Until($"holm list --format json | jq -r '{lasting}'", "brief Running,kept Running");
        Assert.Equal("keep\n", await holm.Must("holm exec kept -- cat /root/note"));
        await holm.Must("holm exec brief -- true");
        await holm.Must(
            """
            if holm app show temporary > /dev/null 2>&1; then
              timeout 60 holm app start temporary && holm app stop --force temporary && holm app delete temporary
            fi
            for profile in $(holm profile list --format json | jq -r '.[].name' | grep shared-); do holm profile delete $profile; done
            """);
    }
}
