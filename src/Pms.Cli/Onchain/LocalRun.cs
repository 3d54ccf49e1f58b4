using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Chain.Protocol;
using Pms.Primitives;
using Pms.Simulation.Stress;

namespace Pms.Cli.Onchain;

/// <summary>The loop on a local chain: board, margins, four attesters, batch, a trade that passes, one that is refused, a price move, a margin call, a liquidation for which two keepers compete.</summary>
/// <param name="workspace">files</param>
/// <param name="seed">of market and scenarios</param>
/// <param name="tell">is given each step as it happens</param>
internal sealed class LocalRun(ChainWorkspace workspace, ulong seed, Action<LocalStep> tell)
{
    /// <exception cref="PmsException">codes of its parts</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var house = await LocalHouse.StartAsync(workspace, seed, StressScripts.MeltUp, tell, cancel).ConfigureAwait(false);
        await house.InsureAsync(10_000, cancel).ConfigureAwait(false);
        var (writerSender, writer) = await house.TraderAsync("writer", 200_000, cancel).ConfigureAwait(false);
        var (_, buyer) = await house.TraderAsync("buyer", 200_000, cancel).ConfigureAwait(false);
        var call = await house.ListCallAsync(cancel).ConfigureAwait(false);

        var batch = await house.EpochAsync(house.Market.Now.AddMinutes(1), cancel).ConfigureAwait(false);
        if (!await house.TradeAsync("trade", writer, buyer, call, 5m, batch, cancel).ConfigureAwait(false))
        {
            throw new InvalidInputException("local-run", "the trade that should pass was refused");
        }

        batch = await house.EpochAsync(await house.NowAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        await house.WithdrawToAsync(writerSender, writer, batch, cancel).ConfigureAwait(false);
        await house.TradeAsync("trade-refused", writer, buyer, call, 50m, batch, cancel).ConfigureAwait(false);
        await house.UntilAsync(HouseMarginState.MarginCall, "margin-call", writer, cancel).ConfigureAwait(false);
        var (first, second) = (await house.KeeperAsync("keeper-one", cancel).ConfigureAwait(false), await house.KeeperAsync("keeper-two", cancel).ConfigureAwait(false));
        batch = await house.UntilAsync(HouseMarginState.Liquidatable, "liquidatable", writer, cancel).ConfigureAwait(false);
        await new LocalLiquidation(house).RunAsync(writer, batch, first, second, cancel).ConfigureAwait(false);
        batch = await house.UntilAsync(HouseMarginState.Liquidatable, "liquidatable", writer, cancel).ConfigureAwait(false);
        await PlanAsync(house, writer, first, batch, cancel).ConfigureAwait(false);
    }

    /// <summary>A keeper takes just so many of the writer's calls as bring it to its target, by a plan that the attesters clear.</summary>
    private static async Task PlanAsync(LocalHouse house, AccountNumber account, LocalKeeper keeper, Batch batch, CancellationToken cancel)
    {
        var engine = new EngineReader(house.Node, house.Contracts);
        await house.Relayer.SendAsync(EngineCalls.Start(house.Contracts, account, batch.ProofOf(account)), cancel).ConfigureAwait(false);
        house.Market.Clock = await house.NowAsync(cancel).ConfigureAwait(false);
        var need = await engine.NeedAsync(account, batch.ProofOf(account), cancel).ConfigureAwait(false);
        var book = await house.Reader.ReadAsync(cancel).ConfigureAwait(false);
        var leg = book.Accounts.Single(a => a.Number == account).Legs.Single();
        var terms = house.ClearanceTerms(batch);
        // Hundredths of the leg, the fewest that lower its target requirement by the shortfall.
        for (var hundredths = 1; hundredths <= 100; hundredths++)
        {
            var slice = new LiquidationSlice(account, keeper.Account, [new SliceLeg(leg.Instrument, new QuantityWad(leg.Quantity.Units / 100 * hundredths))]);
            var (clearance, _) = ClearanceBuilder.OfSlice(batch.Rows, book, slice, terms);
            var relieved = need.Maintenance - (BigInteger)clearance.Accounts.Single(a => a.Account == account).Maintenance.Units;
            // Target over maintenance margin as the auction has it, and a hundredth more for the keeper.
            if (relieved * (need.Shortfall + need.Equity) * 100 < need.Shortfall * need.Maintenance * 101)
            {
                continue;
            }

            // At the mark, and a hundredth of the shortfall on top for the keeper.
            var cash = WadRounding.ToWadDown(slice.Legs[0].Quantity, batch.Rows.MarkOf(leg.Instrument)) - new Wad((Int128)(need.Shortfall / 100));
            var answer = await house.Attesters.CollectAsync(house.Domain.DigestOf(clearance), new ClearanceProposal(clearance, slice), cancel).ConfigureAwait(false);
            var proof = QuorumProof.Of(house.Attesters.Set, answer.Signatures);
            var receipt = await keeper.Sender.SendAsync(EngineCalls.TakePlan(house.Contracts, slice, cash, batch.ProofOf(account), clearance, proof), cancel).ConfigureAwait(false);
            if (await engine.IsUnderLiquidationAsync(account, cancel).ConfigureAwait(false))
            {
                throw new InvalidInputException("local-run", $"account {account} is still under liquidation after the plan");
            }

            house.Tell("plan", $"{keeper.Name} takes {hundredths} % of account {account}'s calls by an attested plan, at their mark and 1 % of the shortfall: restored", receipt, ("hundredths", $"{hundredths}"), ("cashWad", $"{cash}"));
            return;
        }

        throw new InvalidInputException("local-run", $"no part of account {account}'s calls removes a shortfall of {need.Shortfall} wad");
    }
}
