using Pms.Microstructure.Keepers;
using Pms.Primitives;

namespace Pms.Microstructure.Tests.Keepers;

public sealed class NetProfitKeepersTests
{
    private static readonly KeeperParameters Parameters = KeeperParameters.Default with { Keepers = 10, OffShare = 0.9, ActionsPerMinute = 2, TroubleFrom = 5, TroubleUntil = 8 };

    [Fact]
    public void Ask_RewardJustBelowSlippageGasAndProfit_IsRefused()
    {
        var keepers = new NetProfitKeepers(Parameters);
        keepers.Begin(0);
        var least = 100 + keepers.GasOf(3) + Parameters.LeastProfit;
        keepers.Ask(new KeeperOffer(least - 0.01, 100, 1e5, 3)).ShouldBe(KeeperAnswer.Unprofitable);
        keepers.Ask(new KeeperOffer(least + 0.01, 100, 1e5, 3)).ShouldBe(KeeperAnswer.Taken);
        keepers.Ask(new KeeperOffer(double.NaN, 100, 1e5, 3)).ShouldBe(KeeperAnswer.Unprofitable);
    }

    [Theory]
    [InlineData(0, 20)]
    [InlineData(5, 2)]
    [InlineData(7, 2)]
    [InlineData(8, 20)]
    public void Begin_Trouble_LeavesOneKeeperOfTen(int minute, int actions)
    {
        var keepers = new NetProfitKeepers(Parameters);
        keepers.Begin(minute);
        var taken = 0;
        while (keepers.Ask(new KeeperOffer(1e6, 0, 1e5, 1)) == KeeperAnswer.Taken)
        {
            taken++;
        }

        taken.ShouldBe(actions);
        keepers.HasRoom.ShouldBeFalse();
    }

    [Fact]
    public void GasOf_InTrouble_IsDearerByTheFactor()
    {
        var keepers = new NetProfitKeepers(Parameters);
        keepers.Begin(0);
        var calm = keepers.GasOf(2);
        keepers.Begin(6);
        keepers.GasOf(2).ShouldBe(Parameters.GasFactor * calm, 1e-9);
        calm.ShouldBe((250_000 + 120_000) * 5e-9 * 2_500, 1e-9);
    }

    [Fact]
    public void Parameters_OutOfRange_AreRefused() =>
        Should.Throw<InvalidInputException>(() => new NetProfitKeepers(Parameters with { OffShare = 1.1 })).Code.ShouldBe("keeper-parameter");
}
