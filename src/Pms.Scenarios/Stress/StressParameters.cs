using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Scenarios.Stress;

/// <summary>How the grid's moves are sized for one coin.</summary>
/// <param name="Coin">as in ETH</param>
/// <param name="Scale">its log moves are BTC's times this; 0.1 to 10</param>
public sealed record CoinScale(Asset Coin, double Scale);

/// <summary>A turn of the smile or the term structure, or a basis move, with nothing else moving.</summary>
/// <param name="Name">as in <c>vol crush</c></param>
/// <param name="SpotLogReturn">of every coin at scale 1</param>
/// <param name="VolLogChange">of 30-day ATM vol; other tenors by the term rule</param>
/// <param name="SkewChange">d sqrt(w)/dk</param>
/// <param name="TermTilt">log vol change added at 1 day, falling to 0 at 30 and to <see cref="StressParameters.BackTilt"/> of its opposite at 365 days, linear in ln days</param>
/// <param name="BasisChange">of the annualised log basis of 30 days; other expiries by <see cref="BasisTerm"/></param>
/// <param name="LossShare">share of the loss that counts, in (0, 1]</param>
public sealed record StressPoint(string Name, double SpotLogReturn, double VolLogChange, double SkewChange, double TermTilt, double BasisChange, double LossShare);

/// <summary>Pegged assets leave their anchors.</summary>
/// <param name="Name">as in <c>stablecoins -10 %</c></param>
/// <param name="StableLogChange">of every asset pegged to USD; at most 0</param>
/// <param name="StakedLogChange">of every asset pegged to a coin; at most 0</param>
/// <param name="SpotLogReturn">of every coin at scale 1 at the same time</param>
/// <param name="VolLogChange">of 30-day ATM vol at the same time</param>
/// <param name="LossShare">share of the loss that counts, in (0, 1]</param>
public sealed record DepegPoint(string Name, double StableLogChange, double StakedLogChange, double SpotLogReturn, double VolLogChange, double LossShare);

/// <summary>What the deterministic scenarios are: data with a version; every default with its reason in docs/model/scenarios.md.</summary>
public sealed record StressParameters
{
    public const string Schema = "pms.stress-parameters/1";
    private const string Code = "stress-parameter";

    /// <summary>Bound on the scenarios one parameter set may make.</summary>
    public const int MaxScenarios = 20_000;

    public static StressParameters Default { get; } = new();

    /// <summary>Largest log move of BTC over one day that counts in full: about its historical one-day ES 99 (-0.153, +0.129 from 2017 to 2024). 0.01 to 1; default 0.13.</summary>
    public double FullMove { get; init; } = 0.13;

    /// <summary>Grid of spot moves as shares of <see cref="FullMove"/>; contains 0 and both signs; within [-1, 1]. Default -1, -2/3, -1/3, 0, 1/3, 2/3, 1.</summary>
    public ImmutableArray<double> SpotSteps { get; init; } = [-1, -2.0 / 3, -1.0 / 3, 0, 1.0 / 3, 2.0 / 3, 1];

    /// <summary>Log change of 30-day ATM vol over one day: below, at and above 0. Largest seen in DVOL from 2021 to 2024: -0.25 and +0.40. Default -0.25, 0, 0.40.</summary>
    public ImmutableArray<double> VolSteps { get; init; } = [-0.25, 0, 0.40];

    /// <summary>Change of the ATM skew d sqrt(w)/dk; contains 0 and both signs. Default -0.02, 0, 0.02 (about 1.5 vol points of 25-delta risk reversal at 30 days).</summary>
    public ImmutableArray<double> SkewSteps { get; init; } = [-0.02, 0, 0.02];

    /// <summary>Tilts of the term structure (log vol at 1 day against 30 days); contains 0 and both signs. Default -0.15, 0, 0.15.</summary>
    public ImmutableArray<double> TermSteps { get; init; } = [-0.15, 0, 0.15];

    /// <summary>Spot moves beyond the grid, as fractions of price for a coin of scale 1; both signs; above -0.95, at most 10. Default -66, -50, -40, -33, -25, +20, +25, +35, +50, +100, +200, +300, +400, +500 %.</summary>
    public ImmutableArray<double> TailMoves { get; init; } = [-0.66, -0.50, -0.40, -0.33, -0.25, 0.20, 0.25, 0.35, 0.50, 1.0, 2.0, 3.0, 4.0, 5.0];

    /// <summary>Largest one-day log fall of BTC on record: -39.5 % on 2020-03-12. 0.05 to 3; default 0.50.</summary>
    public double RecordFall { get; init; } = 0.50;

    /// <summary>Largest one-day log rise of BTC on record: +22.5 % on 2017-12-07. 0.05 to 3; default 0.20.</summary>
    public double RecordRise { get; init; } = 0.20;

    /// <summary>Tail index of daily returns beyond the record. 1 to 10; default 3 (Hill estimates on 2.5 %: 3.0, 2.8, 2.8 for falls of BTC, ETH, SOL; 4.3, 4.0, 4.4 for rises).</summary>
    public double TailIndex { get; init; } = 3;

    /// <summary>Log vol change of a tail move is the largest vol step times (move / full move) to this power. 0 to 1; default 0.5.</summary>
    public double TailVolPower { get; init; } = 0.5;

    /// <summary>Largest log vol change of 30-day vol in a tail. 0.1 to 3; default 1.3 (vol times 3.7).</summary>
    public double TailVolMost { get; init; } = 1.3;

    /// <summary>Skew in a tail: change per unit of log return, within the bound of <see cref="TailSkewMost"/>. -1 to 1; default 0.1.</summary>
    public double TailSkewPerLogReturn { get; init; } = 0.1;

    /// <summary>0 to 0.5; default 0.05.</summary>
    public double TailSkewMost { get; init; } = 0.05;

    /// <summary>Vol at tenors below 30 days moves by (30 / days) to this power of the 30-day move. 0 to 1; default 0.30 (venues' rule).</summary>
    public double ShortTermPower { get; init; } = VolTerm.ShortPower;

    /// <summary>The same beyond 30 days. 0 to 1; default 0.40: the least of what boards show, 0.43 to 0.75 (docs/decisions/0005).</summary>
    public double LongTermPower { get; init; } = VolTerm.LongPower;

    /// <summary>Share of a vol rise that goes with a spot that does not fall, in the grid and the tails. 0 to 1; default 0.625, a rise of 0.25 (largest of DVOL on days of +8.7 % and more: BTC 0.149, ETH 0.218).</summary>
    public double RiseWithoutFall { get; init; } = 0.625;

    /// <summary>Share of a vol fall that goes with a falling spot from two thirds of the full move on. 0 to 1; default 0.4, a fall of 0.10 (largest of DVOL on such days: BTC 0.005, ETH 0.117).</summary>
    public double CrushInFall { get; init; } = 0.4;

    /// <summary>Share of a tilt of the term structure that its far end takes with the opposite sign. 0 to 1; default 0.2 (largest departures from the power rule: 0.52 at 2 days, 0.11 at 300).</summary>
    public double BackTilt { get; init; } = 0.2;

    /// <summary>A coin alone, or against all others, moves by this share of its full move. 0 to 1; default 0.6 (the largest opposite days of BTC and ETH were 5 to 10 %; ETH's part that BTC does not explain: 17 % once in 1,000 days).</summary>
    public double BreakdownMove { get; init; } = 0.6;

    /// <summary>Share of the loss that counts where coins move apart. (0, 1]; default 1.</summary>
    public double BreakdownShare { get; init; } = 1;

    /// <summary>Scale of known coins: one-day ES 99 against BTC's on common dates (ETH 1.32 down and 1.24 up from 2017 to 2024, SOL 2.00 both from 2021).</summary>
    public ImmutableArray<CoinScale> CoinScales { get; init; } = [new(new Asset("BTC"), 1), new(new Asset("ETH"), 1.3), new(new Asset("SOL"), 2.0)];

    /// <summary>Scale of every other coin. 0.1 to 10; default 2.0.</summary>
    public double OtherScale { get; init; } = 2.0;

    /// <summary>Single moves of vol, skew, term and basis.</summary>
    public ImmutableArray<StressPoint> Points { get; init; } =
    [
        new("vol crush", 0, -0.30, 0, 0, 0, 1),
        new("vol spike", 0, 0.40, 0, 0, 0, 1),
        new("skew to puts", 0, 0, -0.08, 0, 0, 1),
        new("skew to calls", 0, 0, 0.08, 0, 0, 1),
        new("front up, back down", 0, 0, 0, 0.60, 0, 1),
        new("front down, back up", 0, 0, 0, -0.60, 0, 1),
        new("basis up", 0, 0, 0, 0, 0.20, 1),
        new("basis down", 0, 0, 0, 0, -0.20, 1),
        new("crash in backwardation", -0.26, 0.57, -0.03, 0.2, -0.40, 0.5),
        new("squeeze in contango", 0.20, 0.30, 0.02, 0.1, 0.30, 0.5),
    ];

    /// <summary>Pegs: USDC fell to 0.8994 on 2023-03-11, TerraUSD from 0.995 to 0.246 in May 2022, BETH to 0.9705 ETH in 2023.</summary>
    public ImmutableArray<DepegPoint> Depegs { get; init; } =
    [
        new("stablecoins -3 %", -0.03, 0, 0, 0, 1),
        new("stablecoins -10 %", -0.105, 0, 0, 0.1, 0.5),
        new("stablecoins -75 %", -1.39, 0, -0.13, 0.4, 0.05),
        new("staked coins -3 %", 0, -0.03, 0, 0, 1),
        new("staked coins -8 %, crash", 0, -0.083, -0.13, 0.4, 0.5),
        new("stablecoins -3 %, staked coins -5 %, crash", -0.03, -0.05, -0.13, 0.4, 0.5),
    ];

    /// <summary>Scale of a coin's moves against BTC's.</summary>
    public double ScaleOf(Asset coin)
    {
        foreach (var known in CoinScales)
        {
            if (known.Coin == coin)
            {
                return known.Scale;
            }
        }

        return OtherScale;
    }

    /// <summary>Share of the loss that counts in a move of that log size, by a coin of scale 1.</summary>
    /// <remarks>
    /// Up to the full move 1. Up to the record FullMove / |x|: a linear position then loses the same in every tail, so that tails ask nothing more of futures than the
    /// grid does, only of books that bend. Beyond the record times (record / |x|)^(TailIndex - 1): frequency falls as a power law with the
    /// tail index, so that the counted loss of a linear position falls too and that of a far out-of-the-money short stays bounded.
    /// </remarks>
    public double LossShare(double logMove)
    {
        var size = Math.Abs(logMove);
        var record = Math.Max(logMove < 0 ? RecordFall : RecordRise, FullMove);
        return size <= FullMove ? 1
            : size <= record ? FullMove / size
            : FullMove / size * ElementaryMath.Pow(record / size, TailIndex - 1);
    }

    /// <summary>The part of a vol step that goes with a spot step: a rise in full with a fall of two thirds of the full move, a fall in full with any rise; linear between.</summary>
    /// <param name="volStep">log change of 30-day vol</param>
    /// <param name="spotStep">share of the full move; beyond it as at its ends</param>
    public double VolWith(double volStep, double spotStep)
    {
        var fall = Math.Clamp(-1.5 * spotStep, 0, 1);
        return volStep * (volStep > 0 ? RiseWithoutFall + (fall * (1 - RiseWithoutFall)) : 1 - (fall * (1 - CrushInFall)));
    }

    /// <summary>Log vol change at a tenor from that of 30 days.</summary>
    public double AtTenor(double volLogChange, double days) =>
        volLogChange * VolTerm.Factor(days, ShortTermPower, LongTermPower);

    /// <exception cref="InvalidInputException"><c>stress-parameter</c>: a value outside its range, a grid without the unmoved point or without both signs</exception>
    public void Validate()
    {
        Require(nameof(FullMove), FullMove, 0.01, 1);
        RequireGrid(nameof(SpotSteps), SpotSteps, -1, 1);
        RequireGrid(nameof(VolSteps), VolSteps, -1.5, 1.5);
        RequireGrid(nameof(SkewSteps), SkewSteps, -0.5, 0.5);
        RequireGrid(nameof(TermSteps), TermSteps, -1, 1);
        Require(nameof(RecordFall), RecordFall, 0.05, 3);
        Require(nameof(RecordRise), RecordRise, 0.05, 3);
        Require(nameof(TailIndex), TailIndex, 1, 10);
        Require(nameof(TailVolPower), TailVolPower, 0, 1);
        Require(nameof(TailVolMost), TailVolMost, 0.1, 3);
        Require(nameof(TailSkewPerLogReturn), TailSkewPerLogReturn, -1, 1);
        Require(nameof(TailSkewMost), TailSkewMost, 0, 0.5);
        Require(nameof(ShortTermPower), ShortTermPower, 0, 1);
        Require(nameof(LongTermPower), LongTermPower, 0, 1);
        Require(nameof(RiseWithoutFall), RiseWithoutFall, 0, 1);
        Require(nameof(CrushInFall), CrushInFall, 0, 1);
        Require(nameof(BackTilt), BackTilt, 0, 1);
        Require(nameof(BreakdownMove), BreakdownMove, 0, 1);
        RequireShare(nameof(BreakdownShare), BreakdownShare);
        Require(nameof(OtherScale), OtherScale, 0.1, 10);
        foreach (var (coin, scale) in CoinScales)
        {
            Require($"{nameof(CoinScales)} {coin}", scale, 0.1, 10);
        }

        if (CoinScales.Select(c => c.Coin).Distinct().Count() != CoinScales.Length)
        {
            throw Refused($"{nameof(CoinScales)} names a coin twice");
        }

        foreach (var move in TailMoves)
        {
            Require(nameof(TailMoves), move, -0.95, 10);
        }

        if (!TailMoves.IsEmpty && (!TailMoves.Any(m => m > 0) || !TailMoves.Any(m => m < 0)))
        {
            throw Refused($"{nameof(TailMoves)} [{string.Join(", ", TailMoves)}] need both signs");
        }

        foreach (var p in Points)
        {
            Require($"{p.Name} spot", p.SpotLogReturn, -3, 3);
            Require($"{p.Name} vol", p.VolLogChange, -3, 3);
            Require($"{p.Name} skew", p.SkewChange, -0.5, 0.5);
            Require($"{p.Name} term", p.TermTilt, -1, 1);
            Require($"{p.Name} basis", p.BasisChange, -5, 5);
            RequireShare(p.Name, p.LossShare);
        }

        foreach (var p in Depegs)
        {
            Require($"{p.Name} stable", p.StableLogChange, -5, 0);
            Require($"{p.Name} staked", p.StakedLogChange, -5, 0);
            Require($"{p.Name} spot", p.SpotLogReturn, -3, 3);
            Require($"{p.Name} vol", p.VolLogChange, -3, 3);
            RequireShare(p.Name, p.LossShare);
        }
    }

    internal void Write(CanonicalWriter writer)
    {
        writer.Write(Schema);
        foreach (var value in (ReadOnlySpan<double>)[
            FullMove, RecordFall, RecordRise, TailIndex, TailVolPower, TailVolMost, TailSkewPerLogReturn, TailSkewMost, ShortTermPower, LongTermPower, RiseWithoutFall, CrushInFall,
            BackTilt, BreakdownMove, BreakdownShare, OtherScale])
        {
            writer.Write(value);
        }

        foreach (var list in (ReadOnlySpan<ImmutableArray<double>>)[SpotSteps, VolSteps, SkewSteps, TermSteps, TailMoves])
        {
            writer.Write(list.Length);
            foreach (var value in list)
            {
                writer.Write(value);
            }
        }

        writer.Write(CoinScales.Length);
        foreach (var (coin, scale) in CoinScales)
        {
            writer.Write(coin.Code);
            writer.Write(scale);
        }

        writer.Write(Points.Length);
        foreach (var p in Points)
        {
            writer.Write(p.Name);
            foreach (var value in (ReadOnlySpan<double>)[p.SpotLogReturn, p.VolLogChange, p.SkewChange, p.TermTilt, p.BasisChange, p.LossShare])
            {
                writer.Write(value);
            }
        }

        writer.Write(Depegs.Length);
        foreach (var p in Depegs)
        {
            writer.Write(p.Name);
            foreach (var value in (ReadOnlySpan<double>)[p.StableLogChange, p.StakedLogChange, p.SpotLogReturn, p.VolLogChange, p.LossShare])
            {
                writer.Write(value);
            }
        }
    }

    private static void RequireGrid(string name, ImmutableArray<double> steps, double least, double most)
    {
        if (steps.IsDefaultOrEmpty || steps.Length > 101 || !steps.Contains(0) || !steps.Any(s => s < 0) || !steps.Any(s => s > 0) || steps.Distinct().Count() != steps.Length)
        {
            throw Refused($"{name} [{string.Join(", ", steps.IsDefault ? [] : steps)}] must contain 0 and both signs, each step once, at most 101");
        }

        foreach (var step in steps)
        {
            Require(name, step, least, most);
        }
    }

    private static void RequireShare(string name, double share)
    {
        if (!(share is > 0 and <= 1))
        {
            throw Refused($"loss share {share} of {name} is not in (0, 1]");
        }
    }

    private static void Require(string name, double value, double least, double most) => ParameterRange.Require(Code, name, value, least, most);

    private static InvalidInputException Refused(string message) => new(Code, message);
}
