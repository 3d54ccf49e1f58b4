using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Explain;

/// <summary>A point of the decay curve.</summary>
/// <param name="At">instant</param>
/// <param name="Event">what happens there, for people</param>
/// <param name="Positions">contracts still held</param>
/// <param name="Requirement">core requirement of what is left, money units, loss positive</param>
public sealed record DecayPoint(DateTimeOffset At, string Event, int Positions, long Requirement);

/// <summary>What an account would have to hold at later times if nothing moved: theta of the requirement.</summary>
/// <remarks>
/// Each expiry of the account gives two points: one horizon before it, the last time at which the scenarios still reach over its settlement, and
/// the expiry itself, when its contracts are settled and gone. Premiums and settlements change equity, not the requirement, and are not in it.
/// The same scenarios are used at every point.
/// </remarks>
public static class MarginDecay
{
    /// <summary>Expiries beyond this many are left out, the latest first; the account then has more expiries than any venue lists.</summary>
    public const int MostExpiries = 64;

    /// <param name="market">now</param>
    /// <param name="account">what is held</param>
    /// <param name="horizon">of the scenarios</param>
    /// <param name="requirement">core requirement of an account on a market, money units</param>
    /// <returns>soonest first; the first is now</returns>
    public static ImmutableArray<DecayPoint> Of(MarginMarket market, Account account, TimeSpan horizon, Func<MarginMarket, Account, long> requirement)
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(requirement);
        var points = ImmutableArray.CreateBuilder<DecayPoint>();
        points.Add(Point(market, account, market.At, "now", requirement));
        foreach (var expiry in account.Positions.Select(p => ExpiryOf(p.Instrument)).OfType<DateTimeOffset>().Distinct().Order().Take(MostExpiries))
        {
            var before = expiry - horizon;
            if (before > points[^1].At)
            {
                points.Add(Point(market, account, before, $"one horizon before {Day(expiry)}", requirement));
            }

            points.Add(Point(market, account, expiry, $"{Day(expiry)} settled", requirement));
        }

        return points.ToImmutable();
    }

    /// <summary>When a contract ends; null for one that does not.</summary>
    public static DateTimeOffset? ExpiryOf(Instrument instrument) => instrument switch
    {
        EuropeanOption option => option.Expiry,
        DatedFuture future => future.Expiry,
        _ => null,
    };

    private static DecayPoint Point(MarginMarket market, Account account, DateTimeOffset at, string what, Func<MarginMarket, Account, long> requirement)
    {
        var left = account with { Positions = [.. account.Positions.Where(p => ExpiryOf(p.Instrument) is not { } expiry || expiry > at)] };
        return new DecayPoint(at, what, left.Positions.Length, requirement(MarketRoll.To(market, at), left));
    }

    private static string Day(DateTimeOffset expiry) => expiry.UtcDateTime.ToString("d MMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
}
