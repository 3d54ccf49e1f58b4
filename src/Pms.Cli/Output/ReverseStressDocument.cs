using Pms.Margin.Epochs;
using Pms.Numerics;
using Pms.Scenarios;
using Pms.Validation.ReverseStress;

namespace Pms.Cli.Output;

/// <summary>What <c>pms stress reverse --json</c> prints. Money is USD, losses and distances positive.</summary>
/// <param name="Provenance">as in <c>pms margin</c></param>
/// <param name="Target">what shall be broken</param>
/// <param name="Status">found, brokenNow or unbroken</param>
/// <param name="Law">factors that can move; absent where the target is broken now</param>
/// <param name="Scenario">the most plausible that breaks it; absent where none was found</param>
/// <param name="Others">of other directions, nearest first</param>
/// <param name="Worst">of an unbroken target, the worst that was looked at</param>
/// <param name="OfSet">what the scenario set says by itself</param>
/// <param name="Past">what history says by itself</param>
/// <param name="Search">how much was looked at</param>
internal sealed record ReverseStressDocument(
    MarginProvenance Provenance,
    ReverseTargetDocument Target,
    string Status,
    ReverseLawDocument? Law,
    ReverseScenarioDocument? Scenario,
    IReadOnlyList<ReverseScenarioDocument>? Others,
    ReverseScenarioDocument? Worst,
    ReverseSetDocument? OfSet,
    ReversePastDocument? Past,
    ReverseSearchDocument? Search)
{
    public static ReverseStressDocument Of(MarginEpoch epoch, ReverseStressTarget target, ReverseStressResult result)
    {
        ReverseScenarioDocument? Scenario(BreakingScenario? s) => s is null ? null : ReverseScenarioDocument.Of(epoch, result.Law!, s);
        var isFound = result.Status == ReverseStressStatus.Found;
        return new ReverseStressDocument(
            MarginProvenance.Of(epoch),
            new ReverseTargetDocument(
                target.Kind == BreakKind.Fund ? "fund" : "accounts",
                target.Kind == BreakKind.Fund ? null : target.Threshold == BreakThreshold.Maintenance ? "maintenance" : "equity",
                target.AtLeast,
                target.Kind == BreakKind.Fund ? Money.Usd(target.FundMoney) : null,
                [.. result.Margins.Select(m => m.AccountId)]),
            result.Status switch { ReverseStressStatus.Found => "found", ReverseStressStatus.BrokenNow => "brokenNow", _ => "unbroken" },
            result.Law is null ? null : new ReverseLawDocument([.. result.Law.Columns.Select(epoch.Set.Factors.ColumnName)], result.Law.Rank),
            isFound ? Scenario(result.Scenario) : null,
            isFound ? [.. result.Others.Select(o => Scenario(o)!)] : null,
            isFound ? null : Scenario(result.Scenario),
            result.Set is null ? null : ReverseSetDocument.Of(epoch, result.Set),
            result.Past is null ? null : new ReversePastDocument(result.Past.Days, result.Past.Breaking.Length, [.. result.Past.Breaking.Take(20)]),
            result.Law is null ? null : new ReverseSearchDocument(result.Starts, result.Evaluations));
    }
}

internal sealed record ReverseTargetDocument(string Kind, string? Threshold, int? AtLeast, decimal? Fund, IReadOnlyList<string> Accounts);

/// <param name="Factors">columns of the scenario set</param>
/// <param name="Directions">in which they move together</param>
internal sealed record ReverseLawDocument(IReadOnlyList<string> Factors, int Directions);

internal sealed record ReverseSearchDocument(int Starts, long Evaluations);

internal sealed record ReversePastDocument(int Days, int Breaking, IReadOnlyList<string> BreakingDays);

/// <summary>Probabilities of the set are exact decimals of parts per billion.</summary>
internal sealed record ReverseSetDocument(int Breaking, decimal BreakingProbability, string? Nearest, int? Scenario, decimal? Probability, double? Distance, decimal? Loss)
{
    public static ReverseSetDocument Of(MarginEpoch epoch, SetCertificate c) => c.Nearest < 0
        ? new ReverseSetDocument(0, 0, null, null, null, null, null)
        : new ReverseSetDocument(
            c.Breaking,
            Share(c.BreakingWeight),
            epoch.Set.Describe(c.Nearest),
            c.Nearest,
            Share(c.NearestWeight),
            c.NearestDistance,
            Money.Usd(c.NearestLoss));

    internal static decimal Share(long weight) => weight / (decimal)ScenarioSet.TotalWeight;
}

/// <param name="Distance">Mahalanobis</param>
/// <param name="NormalBeyond">of a normal law, in this direction</param>
/// <param name="NormalAsFar">of a normal law, in any direction</param>
/// <param name="SetBeyond">of the set, in this direction</param>
/// <param name="SetAsFar">of the set, in any direction</param>
/// <param name="Past">the same of past days; absent without a history</param>
/// <param name="Coins">what happens, in people's terms</param>
/// <param name="Pegs">log changes against the anchor, and the same as a share</param>
/// <param name="Loss">of all accounts</param>
/// <param name="Uncovered">what they owe beyond all they are worth</param>
/// <param name="Accounts">each of them</param>
/// <param name="Positions">of all accounts together, largest loss first</param>
/// <param name="Moves">every factor of the law by the name of its column, to the last bit</param>
internal sealed record ReverseScenarioDocument(
    double Distance,
    double NormalBeyond,
    double NormalAsFar,
    decimal SetBeyond,
    decimal SetAsFar,
    ReversePastPlausibilityDocument? Past,
    IReadOnlyList<ReverseCoinDocument> Coins,
    IReadOnlyList<ReversePegDocument>? Pegs,
    decimal Loss,
    decimal Uncovered,
    IReadOnlyList<ReverseAccountDocument> Accounts,
    IReadOnlyList<ReversePositionDocument> Positions,
    IReadOnlyDictionary<string, double> Moves)
{
    public static ReverseScenarioDocument Of(MarginEpoch epoch, FactorLaw law, BreakingScenario s)
    {
        var factors = epoch.Set.Factors;
        var p = s.Plausibility;
        var coins = Enumerable.Range(0, factors.Coins.Length).Where(c => law.Columns.Any(l => l / RiskFactors.ColumnsPerCoin == c)).Select(c => ReverseCoinDocument.Of(epoch, law, s.Moves, c)).ToArray();
        var pegs = Enumerable.Range(0, factors.Pegs.Length)
            .Where(i => law.Columns.Contains((factors.Coins.Length * RiskFactors.ColumnsPerCoin) + i))
            .Select(i => new ReversePegDocument(factors.Pegs[i].Asset.Code, ElementaryMath.Expm1(s.Moves.PegLogChange(i)[0])))
            .ToArray();
        return new ReverseScenarioDocument(
            p.Distance,
            p.NormalBeyond,
            p.NormalAsFar,
            ReverseSetDocument.Share(p.SetBeyond),
            ReverseSetDocument.Share(p.SetAsFar),
            p.Past is { } past ? new ReversePastPlausibilityDocument(past.Days, past.Beyond, past.AsFar) : null,
            coins,
            pegs.Length == 0 ? null : pegs,
            Money.Usd(s.Loss),
            Money.Usd(s.Uncovered),
            [.. s.Accounts.Select(a => new ReverseAccountDocument(a.Id, Money.Usd(a.Worth), Money.Usd(a.Threshold), Money.Usd(a.Loss), Money.Usd(a.After), a.IsBroken))],
            [.. s.Positions.Select(g => new ReversePositionDocument(g.Name, g.Quantity, Money.Usd(g.Gain)))],
            law.Columns.ToDictionary(factors.ColumnName, c => s.Moves.Column(c)[0]));
    }
}

internal sealed record ReversePastPlausibilityDocument(int Days, int Beyond, int AsFar);

/// <param name="Coin">code</param>
/// <param name="Spot">relative move</param>
/// <param name="Vols">at the tenors that move; absent without options</param>
/// <param name="Skew">change of d sqrt(w) / dk</param>
/// <param name="Basis">change of the annualised basis of 30 days</param>
internal sealed record ReverseCoinDocument(string Coin, double Spot, IReadOnlyList<ReverseVolDocument>? Vols, double? Skew, double? Basis)
{
    public static ReverseCoinDocument Of(MarginEpoch epoch, FactorLaw law, ScenarioColumns moves, int coin)
    {
        var first = coin * RiskFactors.ColumnsPerCoin;
        double? Move(int place) => law.Columns.Contains(first + place) ? moves.Column(first + place)[0] : null;
        var surface = epoch.Market.Underlyings.FirstOrDefault(u => u.Id.Base == epoch.Set.Factors.Coins[coin] && u.Surface is not null)?.Surface;
        var vols = new List<ReverseVolDocument>();
        for (var tenor = 0; tenor < RiskFactors.VolTenorCount; tenor++)
        {
            if (Move(1 + tenor) is { } change)
            {
                var days = RiskFactors.VolTenorDays[tenor];
                var now = surface?.Vol(0, days / 365);
                vols.Add(new ReverseVolDocument(days, change, now, now * ElementaryMath.Exp(change)));
            }
        }

        return new ReverseCoinDocument(
            epoch.Set.Factors.Coins[coin].Code, ElementaryMath.Expm1(moves.SpotLogReturn(coin)[0]), vols.Count == 0 ? null : vols, Move(RiskFactors.VolTenorCount + 1), Move(RiskFactors.VolTenorCount + 2));
    }
}

/// <param name="Days">to expiry</param>
/// <param name="LogChange">of ATM vol</param>
/// <param name="Now">ATM vol of the surface; absent without one</param>
/// <param name="Then">what it becomes</param>
internal sealed record ReverseVolDocument(double Days, double LogChange, double? Now, double? Then);

internal sealed record ReversePegDocument(string Asset, double Move);

internal sealed record ReverseAccountDocument(string Account, decimal Worth, decimal Threshold, decimal Loss, decimal After, bool Broken);

internal sealed record ReversePositionDocument(string Instrument, decimal Quantity, decimal Pnl);
