using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Explain;

/// <summary>A point of the decay curve.</summary>
/// <param name="At">instant</param>
/// <param name="Event">what happens there, for people</param>
/// <param name="Positions">contracts still held</param>
/// <param name="Es">of what is left, money units, loss positive; 0 for nothing</param>
/// <param name="Maintenance">of what is left, money units</param>
public sealed record DecayPoint(DateTimeOffset At, string Event, int Positions, long Es, long Maintenance);

/// <summary>What an account would have to hold at later times if nothing moved: theta of the requirement.</summary>
/// <remarks>
/// Each expiry of the account gives two points: one horizon before it, the last time at which the scenarios do not reach over its settlement, and
/// the expiry itself, when its contracts are settled and gone. Premiums and settlements change equity, not the requirement, and are not in it.
/// The same scenarios are used at every point; the risk array is built anew.
/// </remarks>
public static class MarginDecay
{
    /// <summary>Expiries beyond this many are left out, the latest first: more than any venue lists.</summary>
    public const int MostExpiries = 64;

    /// <param name="engine">on the market of now</param>
    /// <param name="account">what is held</param>
    /// <param name="options">that the engine's array was built with; null: the defaults, with the engine's parameters</param>
    /// <returns>soonest first; the first is now</returns>
    public static ImmutableArray<DecayPoint> Of(MarginEngine engine, Account account, RiskArrayOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(account);
        options ??= RiskArrayOptions.Default with { PerpetualBasisYears = engine.Parameters.Array.PerpetualBasisDays / 365 };
        // Collateral has no say in the requirement.
        var contracts = account with { Collateral = [] };
        var now = engine.Evaluate(contracts);
        var horizon = TimeSpan.FromTicks((long)Math.Round(engine.Set.HorizonYears * 365 * TimeSpan.TicksPerDay));
        var points = ImmutableArray.CreateBuilder<DecayPoint>();
        points.Add(new DecayPoint(engine.Market.At, "now", contracts.Positions.Length, now.Tail.Es, now.Maintenance));
        foreach (var expiry in contracts.Positions.Select(p => ExpiryOf(p.Instrument)).OfType<DateTimeOffset>().Distinct().Order().Take(MostExpiries))
        {
            var before = expiry - horizon;
            if (before > points[^1].At)
            {
                points.Add(Point(engine, contracts, before, $"one horizon before {Day(expiry)}", options));
            }

            points.Add(Point(engine, contracts, expiry, $"{Day(expiry)} settled", options));
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

    private static DecayPoint Point(MarginEngine engine, Account account, DateTimeOffset at, string what, RiskArrayOptions options)
    {
        var left = account with { Positions = [.. account.Positions.Where(p => ExpiryOf(p.Instrument) is not { } expiry || expiry > at)] };
        if (left.Positions.IsEmpty)
        {
            return new DecayPoint(at, what, 0, 0, 0);
        }

        var market = MarketRoll.To(engine.Market, at);
        var array = RiskArray.Build(market, engine.Set, left.Positions.Select(p => p.Instrument), [], options);
        var result = new MarginEngine(market, array, engine.Set, engine.Parameters, engine.Liquidity).Evaluate(left);
        return new DecayPoint(at, what, left.Positions.Length, result.Tail.Es, result.Maintenance);
    }

    private static string Day(DateTimeOffset expiry) => expiry.UtcDateTime.ToString("d MMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
}
