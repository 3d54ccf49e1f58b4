using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Ledgers;
using Pms.Numerics;

namespace Pms.Microstructure.Tests.Ledgers;

public sealed class VenueLedgerTests
{
    private static readonly ImmutableArray<Instrument> Instruments = [DeribitNames.Parse("BTC-PERPETUAL"), DeribitNames.Parse("SOL_USDC-PERPETUAL")];
    private static readonly ImmutableArray<Asset> Assets = [Stages.Bitcoin, Asset.Usd, new Asset("USDC")];

    private static VenueLedger Ledger() => new(
        Instruments,
        Assets,
        [
            new Account("a", [new Position(Instruments[0], 1_000)], [new CollateralHolding(Asset.Usd, 500.25m)]),
            new Account("b", [new Position(Instruments[0], -400), new Position(Instruments[1], 12.5m)], [new CollateralHolding(Stages.Bitcoin, 0.1234m)]),
        ]);

    [Fact]
    public void Totals_ManyRandomTransfersAndSettlements_StayTheSameToTheLastDigit()
    {
        var ledger = Ledger();
        var before = ledger.Totals();
        before[Assets.Length..].ShouldAllBe(units => units == 0);
        var draw = new RandomStream(11);
        for (var i = 0UL; i < 2_000; i++)
        {
            var from = (int)(draw.Uniform(5 * i) * ledger.Owners);
            var to = (int)(draw.Uniform((5 * i) + 1) * ledger.Owners);
            var amount = decimal.Round((decimal)((draw.Uniform((5 * i) + 2) - 0.5) * 1e6), 6);
            switch ((int)(draw.Uniform((5 * i) + 3) * 3))
            {
                case 0:
                    ledger.Pay(from, to, (int)(draw.Uniform((5 * i) + 4) * Assets.Length), amount);
                    break;
                case 1:
                    ledger.Transfer(from, to, (int)(draw.Uniform((5 * i) + 4) * Instruments.Length), decimal.Truncate(amount));
                    break;
                default:
                    ledger.Settle(0, 0, decimal.Round((decimal)((draw.Uniform((5 * i) + 4) - 0.5) * 1e-8), 14));
                    break;
            }
        }

        ledger.Totals().ShouldBe(before);
    }

    [Fact]
    public void Settle_InverseFuture_PaysLongsWhatShortsLose()
    {
        var ledger = Ledger();
        ledger.Settle(0, 0, 0.00000123m);
        ledger.CashOf(VenueLedger.FirstAccount, 0).ShouldBe(0.00123m);
        ledger.CashOf(VenueLedger.FirstAccount + 1, 0).ShouldBe(0.1234m - 0.000492m);
        ledger.CashOf(VenueLedger.Makers, 0).ShouldBe(-600 * 0.00000123m);
    }

    [Fact]
    public void AccountOf_AfterTransfer_IsAnotherAccount()
    {
        var ledger = Ledger();
        var owner = VenueLedger.FirstAccount;
        var before = ledger.AccountOf(owner);
        ledger.AccountOf(owner).ShouldBeSameAs(before);
        ledger.Transfer(owner, VenueLedger.Makers, 0, 1_000);
        ledger.AccountOf(owner).Positions.ShouldBeEmpty();
        ledger.HasPositions(owner).ShouldBeFalse();
    }
}
