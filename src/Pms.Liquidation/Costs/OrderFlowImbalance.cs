using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Liquidation.Costs;

/// <summary>Best quotes at one instant. Sizes in one unit, at least 0.</summary>
public readonly record struct BestQuotes(double Bid, double BidSize, double Ask, double AskSize);

/// <summary>Order-flow imbalance at the best quotes: Cont, Kukanov and Stoikov (2014), equations 2 to 4.</summary>
public static class OrderFlowImbalance
{
    /// <summary>Contribution of each change of the book: what bids gained less what asks gained.</summary>
    /// <param name="book">in order of time, at least one</param>
    /// <exception cref="InvalidInputException"><c>cost-input</c></exception>
    public static ImmutableArray<double> Contributions(ReadOnlySpan<BestQuotes> book)
    {
        if (book.IsEmpty)
        {
            throw new InvalidInputException("cost-input", "the book has no quotes: at least one is required");
        }

        foreach (var q in book)
        {
            if (!(double.IsFinite(q.Bid) && double.IsFinite(q.Ask) && q.BidSize >= 0 && q.AskSize >= 0 && double.IsFinite(q.BidSize + q.AskSize) && q.Bid <= q.Ask))
            {
                throw new InvalidInputException("cost-input", $"bid {q.Bid} for {q.BidSize}, ask {q.Ask} for {q.AskSize}: finite prices that do not cross and sizes of at least 0 are required");
            }
        }

        var e = ImmutableArray.CreateBuilder<double>(book.Length - 1);
        for (var n = 1; n < book.Length; n++)
        {
            var (was, now) = (book[n - 1], book[n]);
            var bids = (now.Bid >= was.Bid ? now.BidSize : 0) - (now.Bid <= was.Bid ? was.BidSize : 0);
            var asks = (now.Ask <= was.Ask ? now.AskSize : 0) - (now.Ask >= was.Ask ? was.AskSize : 0);
            e.Add(bids - asks);
        }

        return e.MoveToImmutable();
    }

    /// <summary>Price change that an imbalance explains: OFI / (2 depth), in ticks where the depth is per tick.</summary>
    public static double PriceChange(double imbalance, double depth) =>
        depth > 0 ? imbalance / (2 * depth) : throw new InvalidInputException("cost-input", $"depth is {depth}: above 0 is required");
}
