using Pms.Microstructure.Cascades;
using Pms.Microstructure.Keepers;

namespace Pms.Microstructure.Procedures;

/// <summary>An account below its margin is closed whole, for a fixed bonus; once it has begun it is carried through.</summary>
/// <param name="bonusShare">of the notional closed; less where the account has less</param>
internal sealed class FullClose(double bonusShare) : ILiquidationProcedure
{
    private readonly SortedSet<int> _begun = [];

    public void Act(VenueRun run)
    {
        var due = run.Due();
        var order = due.Concat(_begun.Except(due)).ToArray();
        foreach (var owner in order)
        {
            _begun.Add(owner);
            if (run.ValueOf(owner) <= 0)
            {
                // No bonus can be paid any more: nobody but the fund can take it.
                run.Waterfall.TakeOver(owner);
            }
            else if (run.Keepers.HasRoom)
            {
                Close(run, owner);
            }
            else
            {
                run.Tally.MinutesWithoutRoom++;
                break;
            }
        }

        _begun.RemoveWhere(o => !run.Ledger.HasPositions(o));
    }

    private void Close(VenueRun run, int owner)
    {
        while (run.Ledger.HasPositions(owner))
        {
            var notional = run.Ledger.NotionalOf(owner, run.Market.Marks);
            var share = Math.Min(1, run.Keepers.MostNotional / notional);
            var fills = run.Closing(owner, share);
            if (fills.Length == 0)
            {
                fills = run.Closing(owner, 1);
            }

            var value = run.ValueOf(owner);
            var reward = Math.Min(bonusShare * run.NotionalOf(fills), value);
            if (!(reward > 0) || run.Offer(owner, fills, reward) != KeeperAnswer.Taken)
            {
                return;
            }

            run.Tally.MostRewardOfEquity = Math.Max(run.Tally.MostRewardOfEquity, reward / value);
        }
    }
}
