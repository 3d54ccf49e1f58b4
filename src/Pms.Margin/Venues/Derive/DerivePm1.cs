using System.Collections.Immutable;
using Pms.Numerics;

namespace Pms.Margin.Venues.Derive;

/// <summary>Parameters of the first portfolio manager, PMRM (<c>derive-pm1</c>).</summary>
public sealed record DerivePm1Parameters
{
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>venue-parameters</c></exception>
    public DerivePm1Parameters(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Common = new DeriveCommon(values);
        StaticDiscount = values.Number("static_discount");
        RateMult = values.Number("rate_mult");
        RateAdd = values.Number("rate_add");
        PerpPercent = values.Number("perp_percent");
        BasePercent = values.Number("base_percent");
        OptionPercent = values.Number("option_percent");
    }

    public DeriveCommon Common { get; }

    public double StaticDiscount { get; }

    public double RateMult { get; }

    public double RateAdd { get; }

    public double PerpPercent { get; }

    public double BasePercent { get; }

    public double OptionPercent { get; }
}

/// <summary>PMRM, the manager before PMRM 2: no discounting, one discount on positive values, no tails, skew or haircuts.</summary>
/// <remarks>Collateral that cancels risk is the base coin; other collateral has no place in this manager and is refused.</remarks>
public static class DerivePm1
{
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>venue-account</c></exception>
    public static DeriveMargin Evaluate(DeriveAccount account, DerivePm1Parameters parameters)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(parameters);
        account.Validate();
        if (account.Collaterals.Any(c => !c.CancelsRisk))
        {
            throw new Primitives.InvalidInputException("venue-account", "the first manager holds the base coin alone as collateral: another was given");
        }

        var p = parameters;
        var common = p.Common;
        var perpPrice = account.PerpPrice > 0 ? account.PerpPrice : account.Spot;
        var books = account.Expiries.Select(e => (Expiry: e, Options: DerivePm2.Net(e.Options))).Where(b => b.Options.Length > 0).ToArray();
        var now = books.Select(b => Value(b.Expiry, b.Options, 1, o => o.Vol)).ToArray();
        var baseCoins = account.Collaterals.Sum(c => c.Amount);
        var baseValue = account.Collaterals.Sum(c => c.Amount * c.Price / account.StablePrice);
        var basis = 0.0;
        for (var i = 0; i < books.Length; i++)
        {
            var (e, options) = books[i];
            var up = Value(e, options, common.BasisUp, o => o.Vol) - now[i];
            var down = Value(e, options, common.BasisDown, o => o.Vol) - now[i];
            basis += common.BasisLoss(up, down, e.Years);
        }

        var pnl = ImmutableArray.CreateBuilder<double>();
        var worst = basis;
        var index = common.Scenarios.Length;
        foreach (var s in common.Scenarios)
        {
            var sum = ((account.Perps * perpPrice) + baseValue) * (s.SpotShock - 1);
            for (var i = 0; i < books.Length; i++)
            {
                var (e, options) = books[i];
                var scale = common.VolShock.Scale(e.Years * 365);
                var factor = s.Vol switch
                {
                    DeriveVolShock.Up => 1 + (common.VolUp * scale),
                    DeriveVolShock.Down => Math.Max(0, 1 - (common.VolDown * scale)),
                    _ => 1,
                };
                var value = Value(e, options, s.SpotShock, o => o.Vol * factor);
                sum += (value > 0 ? value * p.StaticDiscount * ElementaryMath.Exp(-e.Years * ((Math.Max(e.Rate, 0) * p.RateMult) + p.RateAdd)) : value) - now[i];
            }

            if (sum < worst)
            {
                (worst, index) = (sum, pnl.Count);
            }

            pnl.Add(sum);
        }

        var naked = books.Sum(b => DerivePm2.NakedShorts(b.Options));
        var fixedCharge = account.Spot * ((Math.Abs(account.Perps) * p.PerpPercent) + (Math.Abs(baseCoins) * p.BasePercent) + (naked * p.OptionPercent));
        var oracle = Oracle(account, books, baseValue, common);
        var markToMarket = account.Unsettled + account.UnrealisedPerpPnl + now.Sum() + baseValue;
        var factorInitial = common.InitialFactorAt(account.StablePrice);
        return new DeriveMargin(
            InitialBalance: markToMarket + account.Cash + (factorInitial * (worst - fixedCharge)) - oracle,
            MaintenanceBalance: markToMarket + account.Cash + worst - fixedCharge,
            MarkToMarket: markToMarket,
            WorstPnl: worst,
            WorstIndex: index,
            BasisContingency: basis,
            MaintenanceContingency: fixedCharge,
            InitialContingency: oracle,
            OracleContingency: oracle,
            InitialFactor: factorInitial,
            ScenarioPnl: pnl.ToImmutable());
    }

    private static double Oracle(DeriveAccount account, (DeriveExpiry Expiry, DeriveOption[] Options)[] books, double baseValue, DeriveCommon p)
    {
        var shared = account.Perps == 0 ? account.SpotConfidence : Math.Min(account.SpotConfidence, account.PerpConfidence);
        return p.ConfidenceLoss(shared, Math.Abs(account.Perps) * account.Spot)
            + p.ConfidenceLoss(account.SpotConfidence, baseValue)
            + books.Sum(b => p.ConfidenceLoss(Math.Min(shared, b.Expiry.Confidence), b.Options.Sum(o => Math.Abs(o.Amount)) * account.Spot));
    }

    private static double Value(DeriveExpiry e, DeriveOption[] options, double spotShock, Func<DeriveOption, double> vol)
    {
        var forward = e.ForwardFixed + (e.ForwardVariable * spotShock);
        var sum = 0.0;
        foreach (var o in options)
        {
            sum += o.Amount * DerivePm2.Undiscounted(o.Type, forward, o.Strike, e.Years, vol(o));
        }

        return sum;
    }
}
