using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Attestation.Attesters;

/// <summary>How far a proposed market may be from what the attester sees itself. Beyond it the attester refuses; inside it the proposal's numbers are taken, exactly.</summary>
public sealed record MarketBands
{
    public static MarketBands Default { get; } = new();

    /// <summary>Largest relative difference of an index, a perpetual's or future's mark, and a coin's price. Above 0; default 0.5 %.</summary>
    public double PriceShare { get; init; } = 0.005;

    /// <summary>Largest relative difference of an expiry's forward. Above 0; default 0.5 %.</summary>
    public double ForwardShare { get; init; } = 0.005;

    /// <summary>Largest difference of fitted vol at the points looked at, as a fraction a year. Above 0; default 3 vol points, and <see cref="VolShare"/> of the vol where that is more.</summary>
    public double VolPoints { get; init; } = 0.03;

    /// <summary>Relative part of the vol band, for short expiries and wings. At least 0; default 5 %.</summary>
    public double VolShare { get; init; } = 0.05;

    /// <summary>Largest difference of the two moments, either way. Seconds, above 0; default 30.</summary>
    public double AgeSeconds { get; init; } = 30;

    // Standard deviations from the forward at which smiles are compared.
    private static readonly double[] Deviations = [-2, -1, 0, 1, 2];

    /// <summary>The first difference beyond the bands; null: the proposal is near enough.</summary>
    /// <param name="proposed">market and its moment</param>
    /// <param name="own">what the attester sees</param>
    /// <param name="families">whose boards matter</param>
    /// <param name="coins">whose prices matter</param>
    public Refusal? Compare(MarginMarket proposed, MarginMarket own, IEnumerable<UnderlyingId> families, IEnumerable<Asset> coins)
    {
        ArgumentNullException.ThrowIfNull(proposed);
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(families);
        ArgumentNullException.ThrowIfNull(coins);
        var apart = Math.Abs((proposed.At - own.At).TotalSeconds);
        if (!(apart <= AgeSeconds))
        {
            return new Refusal("market-age", $"the proposed market is of {proposed.At.ToIso()}, {apart} s from the attester's: at most {AgeSeconds} s are allowed");
        }

        foreach (var id in families)
        {
            if (!Has(proposed, id) || !Has(own, id))
            {
                return new Refusal("market-missing", $"{id} is missing in the {(Has(own, id) ? "proposed" : "attester's own")} market");
            }

            if (Compare(proposed.Underlying(id), own.Underlying(id)) is { } refusal)
            {
                return refusal;
            }
        }

        foreach (var coin in coins)
        {
            if (!proposed.TryUsdPrice(coin, out var theirs) || !own.TryUsdPrice(coin, out var ours))
            {
                return new Refusal("market-missing", $"the price of {coin} is missing in the {(proposed.TryUsdPrice(coin, out _) ? "attester's own" : "proposed")} market");
            }

            if (Apart($"the price of {coin}", theirs, ours, PriceShare) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private Refusal? Compare(UnderlyingMarket theirs, UnderlyingMarket ours)
    {
        if ((Apart($"the index of {theirs.Id}", theirs.Index, ours.Index, PriceShare)
            ?? Apart($"the perpetual of {theirs.Id}", theirs.PerpetualMark ?? theirs.Index, ours.PerpetualMark ?? ours.Index, PriceShare)) is { } refusal)
        {
            return refusal;
        }

        if (!theirs.Futures.Select(f => f.Expiry).SequenceEqual(ours.Futures.Select(f => f.Expiry)))
        {
            return new Refusal("market-expiries", $"{theirs.Id}: the proposed market has {theirs.Futures.Length} futures with a mark, the attester's {ours.Futures.Length}, or of other expiries");
        }

        foreach (var (their, our) in theirs.Futures.Zip(ours.Futures))
        {
            if (Apart($"the {theirs.Id} future of {their.Expiry.ToIso()}", their.Price, our.Price, PriceShare) is { } far)
            {
                return far;
            }
        }

        return Compare(theirs.Id, theirs.Surface, ours.Surface);
    }

    private Refusal? Compare(UnderlyingId id, VolSurface? theirs, VolSurface? ours)
    {
        if (theirs is null || ours is null)
        {
            return theirs is null && ours is null ? null : new Refusal("market-missing", $"the surface of {id} is missing in the {(theirs is null ? "proposed" : "attester's own")} market");
        }

        if (!theirs.Slices.Select(s => s.Expiry).SequenceEqual(ours.Slices.Select(s => s.Expiry)))
        {
            return new Refusal("market-expiries", $"{id}: the proposed surface has {theirs.Slices.Length} expiries, the attester's {ours.Slices.Length}, or other ones");
        }

        foreach (var (their, our) in theirs.Slices.Zip(ours.Slices))
        {
            if (Apart($"the {id} forward of {their.Expiry.ToIso()}", their.Forward, our.Forward, ForwardShare) is { } far)
            {
                return far;
            }

            var deviation = our.Vol(0) * Math.Sqrt(our.Years);
            foreach (var d in Deviations)
            {
                var (vol, mine) = (their.Vol(d * deviation), our.Vol(d * deviation));
                var most = Math.Max(VolPoints, VolShare * mine);
                if (!(Math.Abs(vol - mine) <= most))
                {
                    return new Refusal("market-vol", $"the {id} vol of {their.Expiry.ToIso()} at {d} deviations is {vol:0.####}, the attester sees {mine:0.####}: {most:0.####} apart are allowed");
                }
            }
        }

        return null;
    }

    private static Refusal? Apart(string what, double theirs, double ours, double share) => Math.Abs(theirs - ours) <= share * ours
        ? null
        : new Refusal("market-price", $"{what} is {theirs}, the attester sees {ours}: {100 * share:0.###} % apart are allowed");

    private static bool Has(MarginMarket market, UnderlyingId id) => market.Underlyings.Any(u => u.Id == id);
}
