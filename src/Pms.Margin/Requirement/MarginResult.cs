using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Requirement;

/// <summary>What a caller knows of an account or of the moment beside portfolio and market.</summary>
public sealed record MarginContext
{
    public static MarginContext Normal { get; } = new();

    /// <summary>Age of the market at the moment of use. Seconds, at least 0.</summary>
    public double AgeSeconds { get; init; }

    /// <summary>The board is not whole: offsets between positions no longer count, and the fallback factor does.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>Maintenance requirement of this same book a day before, in money units; null: unknown, buffer and step cap then have nothing to compare with.</summary>
    public long? PreviousMaintenance { get; init; }
}

/// <summary>A named line of a result, money units.</summary>
/// <param name="Name">stable, as in <c>liquidity</c></param>
/// <param name="Amount">money units</param>
public readonly record struct MarginLine(string Name, long Amount);

/// <summary>The worst stress scenario: the part of its loss that counts.</summary>
/// <param name="Scenario">index in the set; -1 where the set has no stress</param>
/// <param name="Description">for people</param>
/// <param name="Loss">whole loss, money units</param>
/// <param name="LossShare">share that counts</param>
/// <param name="Counted">loss x share rounded up; 0 where no scenario loses</param>
public sealed record GridLoss(int Scenario, string Description, long Loss, double LossShare, long Counted)
{
    public static GridLoss None { get; } = new(-1, "", 0, 0, 0);
}

/// <summary>What one coin's contracts would need alone.</summary>
/// <param name="Coin">coin</param>
/// <param name="EsUpper">upper bound of its loss measure</param>
/// <param name="Grid">its worst counted stress loss</param>
public sealed record StandAlone(Asset Coin, long EsUpper, long Grid)
{
    public long Core => Math.Max(EsUpper, Grid);
}

/// <summary>One asset held, and what of it counts.</summary>
/// <param name="Asset">asset</param>
/// <param name="Amount">units</param>
/// <param name="Value">market value, money units</param>
/// <param name="Haircut">share that does not count; of a debt, the share that counts on top</param>
/// <param name="Counted">value after the haircut, in whole lots, rounded against the account</param>
public sealed record CollateralLine(Asset Asset, decimal Amount, long Value, double Haircut, long Counted);

/// <summary>One account of a book: its margin, or why it has none.</summary>
/// <param name="Result">null where it was refused</param>
/// <param name="Reason">null where it has a margin</param>
public readonly record struct BookMargin(MarginResult? Result, Refusal? Reason);

/// <summary>What one account must hold, what it has, and every line of both. Money units are 1e-6 USD; requirements positive.</summary>
public sealed record MarginResult
{
    public required string AccountId { get; init; }

    /// <summary>Counted collateral, plus the value of options and spot, less what collateral may lose together with the contracts.</summary>
    public required long Equity { get; init; }

    public required long Maintenance { get; init; }

    public required long Initial { get; init; }

    /// <summary>What set the maintenance: none, es, var, grid:SCENARIO, diversification-cap, short-option-minimum, premium-cap, buffer, fallback or step-cap.</summary>
    public required string Binding { get; init; }

    /// <summary>From the core to the maintenance margin, in the order of docs/model/margin.md; the lines after the first two add up to the maintenance.</summary>
    public required ImmutableArray<MarginLine> Components { get; init; }

    /// <summary>From market values to equity; the lines add up to it.</summary>
    public required ImmutableArray<MarginLine> EquityLines { get; init; }

    public required ImmutableArray<CollateralLine> Collateral { get; init; }

    /// <summary>Loss of the contracts at the level of the measure: VaR, ES, standard error, tail scenarios.</summary>
    public required TailEstimate Tail { get; init; }

    /// <summary>Upper bound of ES (or of VaR, where that is the measure) that is charged, rounding bound included.</summary>
    public required long MeasureUpper { get; init; }

    public required GridLoss Grid { get; init; }

    /// <summary>By coin; empty for a book of one coin.</summary>
    public required ImmutableArray<StandAlone> StandAlone { get; init; }

    /// <summary>Rise that the daily step cap put off: owed, disclosed, not yet asked.</summary>
    public required long Deferred { get; init; }

    /// <summary>Contracts as rows of the risk array, by row.</summary>
    public required ImmutableArray<RowLots> Holdings { get; init; }

    /// <summary>Collateral as rows of the risk array, after haircuts, by row.</summary>
    public required ImmutableArray<RowLots> CollateralHoldings { get; init; }

    /// <summary>Equity less maintenance.</summary>
    public long Excess => Equity - Maintenance;

    /// <summary>Equity less initial margin: what can be taken out or used for new risk.</summary>
    public long Available => Equity - Initial;

    /// <summary>Maintenance less equity where positive.</summary>
    public long Shortfall => Math.Max(-Excess, 0);

    /// <summary>Equity / maintenance; null without a requirement.</summary>
    public double? MarginRatio => Maintenance > 0 ? (double)Equity / Maintenance : null;
}
