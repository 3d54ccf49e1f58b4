using System.Collections.Immutable;
using Pms.MarketData.Instruments;

namespace Pms.MarketData.Readers.Histories;

/// <summary>What a history is of.</summary>
public enum HistoryField
{
    /// <summary>USD price, above 0.</summary>
    Close,

    /// <summary>30-day at-the-money vol, annual and decimal, above 0.</summary>
    AtmVol,

    /// <summary>ATM skew d sqrt(w)/dk at 30 days.</summary>
    Skew,

    /// <summary>Annualised log basis.</summary>
    Basis,
}

/// <summary>One number of one asset once a day, from one source.</summary>
/// <param name="Asset">of what</param>
/// <param name="Field">which number</param>
/// <param name="Source">file it came from: changes are taken within a source, never across two</param>
/// <param name="Values">by date; the value at the end of the day, or at the resampling hour of it</param>
public sealed record HistorySeries(Asset Asset, HistoryField Field, string Source, ImmutableSortedDictionary<DateOnly, double> Values);

/// <summary>Days without a value between two that have one.</summary>
public readonly record struct HistoryGap(DateOnly From, DateOnly To)
{
    public int Days => To.DayNumber - From.DayNumber + 1;
}

/// <summary>What became of one file.</summary>
/// <param name="Source">path, relative to the folder that was read</param>
/// <param name="Format"><c>bars</c>, <c>vol-index</c>, <c>joint</c>, or <c>ignored</c></param>
/// <param name="Assets">that it has values of</param>
/// <param name="Rows">data rows</param>
/// <param name="Refused">rows refused, by code: count and the first one's message</param>
/// <param name="Days">daily values that came of it</param>
/// <param name="FirstDate">of them</param>
/// <param name="LastDate">of them</param>
/// <param name="Gaps">between them; of a joint file, of closes</param>
public sealed record HistoryFileReport(
    string Source,
    string Format,
    ImmutableArray<Asset> Assets,
    long Rows,
    ImmutableSortedDictionary<string, HistoryRefusals> Refused,
    int Days,
    DateOnly? FirstDate,
    DateOnly? LastDate,
    ImmutableArray<HistoryGap> Gaps);

/// <summary>How often one code came up, and the first message.</summary>
public sealed record HistoryRefusals(long Count, string First);

/// <summary>All that a folder holds, with what was refused.</summary>
/// <param name="Series">in order of preference</param>
/// <param name="Files">by path</param>
public sealed record HistoryFolder(ImmutableArray<HistorySeries> Series, ImmutableArray<HistoryFileReport> Files);
