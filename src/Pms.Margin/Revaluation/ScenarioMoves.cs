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
/// <param name="Basis">change of the annualised log basis ln(F / S) / years</param>
/// <param name="Peg">change of ln(price / anchor price) of the quote currency, or of the asset itself</param>
public readonly record struct ScenarioMoves(double Spot, double VolLevel, double Skew, double VolTerm, double Years, double Basis, double Peg)
{
    /// <summary>The same scenario with some of its moves; the others stay at now.</summary>
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
