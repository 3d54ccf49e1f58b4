namespace Pms.Margin.Revaluation;

/// <summary>The seven things that can happen to a value between now and the horizon.</summary>
[Flags]
public enum MoveParts
{
    None = 0,

    /// <summary>Price of the coin in USD.</summary>
    Spot = 1,

    /// <summary>Change of 30-day ATM vol, taken for all expiries.</summary>
    VolLevel = 2,

    /// <summary>Slope of the smile at the money.</summary>
    Skew = 4,

    /// <summary>What ATM vol of the expiry does beyond the level.</summary>
    Term = 8,

    /// <summary>The passing of the horizon.</summary>
    Time = 16,

    /// <summary>Annualised forward premium over spot.</summary>
    Basis = 32,

    /// <summary>Quote currency or pegged asset against its anchor.</summary>
    Peg = 64,

    All = Spot | VolLevel | Skew | Term | Time | Basis | Peg,
}

/// <summary>One scenario as one instrument or asset sees it. The default moves nothing and lets no time pass: now.</summary>
/// <param name="Spot">ln(S1 / S0) of the coin in USD (of the anchor for a pegged asset)</param>
/// <param name="VolLevel">ln(vol1 / vol0) of 30-day ATM vol</param>
/// <param name="Skew">change of the ATM skew d sqrt(w) / dk</param>
/// <param name="VolTerm">ln(vol1 / vol0) of ATM vol at this expiry, less <paramref name="VolLevel"/></param>
/// <param name="Years">time that passes, ACT/365, at least 0</param>
/// <param name="Basis">change of the annualised log basis ln(F / S) / years of 30 days; other expiries by <see cref="Pms.Scenarios.BasisTerm"/></param>
/// <param name="Peg">log return in USD of the quote currency; of an asset itself the change of ln(price / anchor price)</param>
/// <param name="Smile">the smile of an option at the horizon; null: by the plain rule of <see cref="SmileMove.Of"/> from the moves</param>
public readonly record struct ScenarioMoves(
    double Spot, double VolLevel, double Skew, double VolTerm, double Years, double Basis, double Peg, SmileMove? Smile = null)
{
    /// <summary>Index of the tenor whose change is called the level of vol: 30 days.</summary>
    public const int LevelTenor = 2;

    /// <summary>The same scenario with some of its moves; the others stay at now. A given smile belongs to all of them and is left out.</summary>
    public ScenarioMoves Only(MoveParts parts) => new(
        Taken(parts, MoveParts.Spot, Spot),
        Taken(parts, MoveParts.VolLevel, VolLevel),
        Taken(parts, MoveParts.Skew, Skew),
        Taken(parts, MoveParts.Term, VolTerm),
        Taken(parts, MoveParts.Time, Years),
        Taken(parts, MoveParts.Basis, Basis),
        Taken(parts, MoveParts.Peg, Peg));

    private static double Taken(MoveParts parts, MoveParts part, double move) => (parts & part) == part ? move : 0;
}

/// <summary>Total variance at the horizon: w1(k) = Factor w0(k) + Line k + Lift, k = ln(K / F1).</summary>
/// <param name="Factor">on total variance, at least 0</param>
/// <param name="Line">total variance per unit of k</param>
/// <param name="Lift">total variance added everywhere; only where arbitrage was repaired</param>
public readonly record struct SmileMove(double Factor, double Line, double Lift)
{
    /// <summary>By the plain rule, with no regard to arbitrage.</summary>
    /// <param name="moves">level, term and skew</param>
    /// <param name="timeLeft">share of the time to expiry that is left</param>
    /// <param name="atmVariance">w0(0)</param>
    public static SmileMove Of(in ScenarioMoves moves, double timeLeft, double atmVariance)
    {
        var factor = Numerics.ElementaryMath.Exp(2 * (moves.VolLevel + moves.VolTerm)) * timeLeft;
        return new SmileMove(factor, 2 * Math.Sqrt(factor * atmVariance) * moves.Skew, 0);
    }
}
