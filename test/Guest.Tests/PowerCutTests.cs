namespace Guest.Tests;

/// <summary>A cut of the power, for real: QEMU is killed, the same disk is booted again.</summary>
public sealed class PowerCutTests
{
    [Fact]
    public async Task Synced_files_survive_and_unsynced_ones_are_lost()
    {
        using var state = await StateDisk.Create(64);
        await using (var guest = await Guest.Boot(new GuestOptions { State = state }))
        {
            await guest.Must("echo kept > /state/kept; sync /state/kept /state; echo lost > /state/lost; cat /state/lost");
            await guest.PowerCut();
        }
        await using var again = await Guest.Boot(new GuestOptions { State = state });
        Assert.Equal("kept\n", await again.Must("cat /state/kept"));
        Assert.NotEqual("lost\n", (await again.Run("cat /state/lost")).Output);
    }
}
