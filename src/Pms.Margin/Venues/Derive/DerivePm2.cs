using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Numerics;

namespace Pms.Margin.Venues.Derive;

/// <summary>Margin of one account by PMRM 2. Balances are equity minus requirement: below 0 the account is short of margin. USD.</summary>
/// <param name="InitialBalance">IM</param>
/// <param name="MaintenanceBalance">MM</param>
/// <param name="MarkToMarket">value of everything but cash</param>
/// <param name="WorstPnl">W: the least of basis contingency and scenarios; at most 0</param>
/// <param name="WorstIndex">scenario of W; the number of scenarios where the basis contingency is it</param>
/// <param name="BasisContingency">at most 0</param>
/// <param name="MaintenanceContingency">perpetuals, naked shorts and collateral haircuts</param>
/// <param name="InitialContingency">what initial margin adds to it, oracle terms included</param>
/// <param name="OracleContingency">the oracle terms alone</param>
/// <param name="InitialFactor">what W is multiplied by for IM, depeg included</param>
/// <param name="ScenarioPnl">[scenario] USD, gain positive</param>
public sealed record DeriveMargin(
    double InitialBalance,
    double MaintenanceBalance,
    double MarkToMarket,
    double WorstPnl,
    int WorstIndex,
    double BasisContingency,
    double MaintenanceContingency,
    double InitialContingency,
    double OracleContingency,
    double InitialFactor,
    ImmutableArray<double> ScenarioPnl);

/// <summary>PMRM 2, the scenario portfolio margin of Derive v2-core, from its description (docs/model/venue-models.md).</summary>
public static class DerivePm2
{
    private const double SaturatedStdDev = 24;
    private const double TieOfNotional = 1e-14;

    /// <exception cref="Pms.Primitives.InvalidInputException"><c>venue-account</c> and the codes of Black-76</exception>
    public static DeriveMargin Evaluate(DeriveAccount account, DeriveParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(parameters);
        account.Validate();
        var common = parameters.Common;
        var expiries = account.Expiries.Select(e => new Book(e, parameters)).Where(e => e.IsHeld).ToArray();
        var perpPrice = account.PerpPrice > 0 ? account.PerpPrice : account.Spot;
        var collateralValue = 0.0;
        var cancellingValue = 0.0;
        foreach (var c in account.Collaterals)
        {
            var value = ValueOf(c, account.StablePrice);
            collateralValue += value;
            cancellingValue += c.CancelsRisk ? value : 0;
        }

        var basis = 0.0;
        var options = 0.0;
        foreach (var e in expiries)
        {
            options += e.MarkValue;
            basis += e.BasisLoss(common);
        }

        // The first of equals is reported, and nothing replaces the basis contingency but what is worse than it. Equal in the contract's
        // fixed point is equal up to rounding here.
        var tie = TieOfNotional * ((account.Spot * (expiries.Sum(e => e.AbsoluteAmount) + Math.Abs(account.Perps))) + Math.Abs(collateralValue));
        var pnl = ImmutableArray.CreateBuilder<double>(common.Scenarios.Length);
        var worst = basis;
        var worstIndex = common.Scenarios.Length;
        for (var i = 0; i < common.Scenarios.Length; i++)
        {
            var s = common.Scenarios[i];
            var move = s.Vol is DeriveVolShock.Linear or DeriveVolShock.Abs ? 0 : s.SpotShock - 1;
            var sum = (account.Perps * perpPrice * move) + (cancellingValue * move);
            foreach (var e in expiries)
            {
                sum += e.Pnl(s, parameters);
            }

            sum *= s.Dampening;
            pnl.Add(sum);
            worstIndex = sum < worst - tie ? i : worstIndex;
            worst = Math.Min(worst, sum);
        }

        var perpNotional = Math.Abs(account.Perps) * account.Spot;
        var naked = expiries.Sum(e => e.NakedShorts) * account.Spot;
        var maintenance = (perpNotional * parameters.PerpMaintenance) + (naked * parameters.OptionMaintenance);
        var initial = (perpNotional * parameters.PerpInitial) + (naked * parameters.OptionInitial);
        foreach (var c in account.Collaterals)
        {
            var value = ValueOf(c, account.StablePrice);
            maintenance += value * c.MaintenanceHaircut;
            initial += value * c.InitialHaircut;
        }

        var oracle = OracleLoss(account, expiries, perpNotional, common);
        initial += oracle;
        var markToMarket = account.Unsettled + account.UnrealisedPerpPnl + options + collateralValue;
        var initialFactor = common.InitialFactorAt(account.StablePrice);
        return new DeriveMargin(
            InitialBalance: markToMarket + account.Cash + (worst * initialFactor) - maintenance - initial,
            MaintenanceBalance: markToMarket + account.Cash + (worst * parameters.MaintenanceFactor) - maintenance,
            MarkToMarket: markToMarket,
            WorstPnl: worst,
            WorstIndex: worstIndex,
            BasisContingency: basis,
            MaintenanceContingency: maintenance,
            InitialContingency: initial,
            OracleContingency: oracle,
            InitialFactor: initialFactor,
            ScenarioPnl: pnl.MoveToImmutable());
    }

    /// <summary>Undiscounted value with the contract's bound: beyond 24 standard deviations a call is worth its forward.</summary>
    internal static double Undiscounted(OptionType type, double forward, double strike, double years, double vol)
    {
        if (vol * Math.Sqrt(years) >= SaturatedStdDev && forward > 0 && strike > 0)
        {
            return type == OptionType.Call ? forward : strike;
        }

        return OptionValue.Black(type, forward, strike, years, vol);
    }

    /// <summary>Short contracts of one strike that no long of the other type offsets.</summary>
    internal static double Naked(double call, double put) =>
        call < 0 && put > 0 ? Math.Max(-call - put, 0)
        : put < 0 && call > 0 ? Math.Max(-put - call, 0)
        : Math.Max(-call, 0) + Math.Max(-put, 0);

    /// <summary>One position for each option, marked at the vol of its first entry; what nets to nothing is not held.</summary>
    internal static DeriveOption[] Net(ImmutableArray<DeriveOption> options) =>
        [.. options.GroupBy(o => (o.Strike, o.Type)).OrderBy(g => g.Key).Select(g => g.First() with { Amount = g.Sum(o => o.Amount) }).Where(o => o.Amount != 0)];

    internal static double NakedShorts(IEnumerable<DeriveOption> options) => options.GroupBy(o => o.Strike).Sum(g =>
        Naked(g.Where(o => o.Type == OptionType.Call).Sum(o => o.Amount), g.Where(o => o.Type == OptionType.Put).Sum(o => o.Amount)));

    private static double ValueOf(DeriveCollateral c, double stablePrice) => c.Amount * c.Price / stablePrice;

    private static double OracleLoss(DeriveAccount account, Book[] expiries, double perpNotional, DeriveCommon p)
    {
        var loss = 0.0;
        var shared = account.SpotConfidence;
        if (account.Perps != 0)
        {
            shared = Math.Min(shared, account.PerpConfidence);
            loss += p.ConfidenceLoss(shared, perpNotional);
        }

        foreach (var e in expiries)
        {
            loss += p.ConfidenceLoss(Math.Min(shared, e.Confidence), e.AbsoluteAmount * account.Spot);
        }

        foreach (var c in account.Collaterals)
        {
            loss += p.ConfidenceLoss(Math.Min(account.SpotConfidence, c.Confidence), ValueOf(c, account.StablePrice));
        }

        return loss;
    }

    /// <summary>The options of one expiry with what does not change between scenarios.</summary>
    private sealed class Book
    {
        private readonly DeriveExpiry _expiry;
        private readonly DeriveOption[] _options;
        private readonly double _rootYears;
        private readonly double _discount;
        private readonly double _longDiscount;
        private readonly double _shortDiscount;
        private readonly double _volScale;

        internal Book(DeriveExpiry expiry, DeriveParameters p)
        {
            _expiry = expiry;
            _options = Net(expiry.Options);
            _rootYears = Math.Sqrt(expiry.Years);
            var rate = Math.Max(expiry.Rate, 0);
            _discount = ElementaryMath.Exp(-rate * expiry.Years);
            _longDiscount = p.LongDiscount * ElementaryMath.Exp(-expiry.Years * ((rate * p.LongRateMult) + p.LongRateAdd));
            _shortDiscount = Math.Min(1 / _discount, p.ShortDiscount * ElementaryMath.Exp(expiry.Years * ((rate * p.ShortRateMult) + p.ShortRateAdd)));
            _volScale = p.Common.VolShock.Scale(expiry.Years * 365);
            MarkValue = Value(1, o => o.Vol);
            NakedShorts = NakedShorts(_options);
            AbsoluteAmount = _options.Sum(o => Math.Abs(o.Amount));
        }

        /// <summary>An expiry without a position counts for nothing, its feeds' confidence included.</summary>
        internal bool IsHeld => _options.Length > 0;

        internal double MarkValue { get; }

        internal double NakedShorts { get; }

        internal double AbsoluteAmount { get; }

        internal double Confidence => _expiry.Confidence;

        internal double BasisLoss(DeriveCommon p) =>
            p.BasisLoss(Value(p.BasisUp, o => o.Vol) - MarkValue, Value(p.BasisDown, o => o.Vol) - MarkValue, _expiry.Years);

        internal double Pnl(in DeriveScenario s, DeriveParameters p)
        {
            switch (s.Vol)
            {
                case DeriveVolShock.Up:
                    return Discounted(Value(s.SpotShock, o => Math.Max(p.MinVolUp, o.Vol * (1 + (p.Common.VolUp * _volScale))))) - MarkValue;
                case DeriveVolShock.Down:
                    return Discounted(Value(s.SpotShock, o => o.Vol * Math.Max(0, 1 - (p.Common.VolDown * _volScale)))) - MarkValue;
                case DeriveVolShock.Linear:
                    // A gain is charged as the loss of the opposite rotation.
                    return -Math.Abs(Discounted(Value(1, o => o.Vol * SkewFactor(o.Strike, p.LinearSkew, absolute: false, p))) - MarkValue);
                case DeriveVolShock.Abs:
                    return -Math.Abs(Discounted(Value(1, o => o.Vol * SkewFactor(o.Strike, p.AbsSkew, absolute: true, p))) - MarkValue);
                default:
                    return Discounted(Value(s.SpotShock, o => o.Vol)) - MarkValue;
            }
        }

        private double SkewFactor(double strike, in DeriveSkewCap skew, bool absolute, DeriveParameters p)
        {
            var forward = _expiry.ForwardFixed + _expiry.ForwardVariable;
            if (!(strike > 0) || !(forward > 0))
            {
                // worth forward or strike whatever the vol is
                return 1;
            }

            var k = ElementaryMath.LogRatio(strike, forward);
            k = absolute ? Math.Abs(k) : k;
            var cap = skew.At(_rootYears);
            var kStar = Math.Max(p.MinKStar, p.SkewWidth * _rootYears * (p.SkewVolStatic + (p.SkewVolScale * _rootYears)));
            var change = k * cap / kStar;
            change = k >= 0 ? Math.Min(change, cap) : Math.Max(change, -cap);
            return Math.Max(0, 1 + change);
        }

        private double Discounted(double value) => value * (value >= 0 ? _longDiscount : _shortDiscount);

        private double Value(double spotShock, Func<DeriveOption, double> vol)
        {
            var forward = _expiry.ForwardFixed + (_expiry.ForwardVariable * spotShock);
            var sum = 0.0;
            foreach (var o in _options)
            {
                sum += o.Amount * Undiscounted(o.Type, forward, o.Strike, _expiry.Years, vol(o));
            }

            return sum * _discount;
        }
    }
}
