using System.Collections.Immutable;
using Pms.Validation.Statistics;

namespace Pms.Validation.Analysis;

/// <summary>How often something was exceeded.</summary>
/// <param name="Breaches">observations above it</param>
/// <param name="Observations">all</param>
/// <param name="Rate">share</param>
/// <param name="Low">2.5 % of the block bootstrap over days</param>
/// <param name="High">97.5 %</param>
/// <param name="Statistic">share less 1 % over the standard error of the windows' shares (Newey and West over the overlap); null where no window differs</param>
/// <param name="PValue">of it, two-sided</param>
public sealed record CoverageReport(int Breaches, int Observations, double Rate, double Low, double High, double? Statistic, double? PValue)
{
    /// <summary>Whether 1 % lies in the interval.</summary>
    public bool Accepts => Low <= 0.01 && High >= 0.01;
}

/// <summary>Zones of Basel's traffic light over the books of a sample, each on windows that do not overlap.</summary>
public sealed record ZoneCounts(int Green, int Yellow, int Red);

/// <summary>Margins scaled by one factor so that just 1 % of the observations lose more.</summary>
/// <param name="Scale">factor on the initial margin</param>
/// <param name="Average">mean over observations, share of notional</param>
/// <param name="Peak">largest mean of a window</param>
/// <param name="WorstShortfall">largest loss beyond it, share of notional</param>
/// <param name="Score">mean Fissler-Ziegel score of (margin, margin x mean excess), per notional; lower is better</param>
/// <param name="AgainstFirst">Diebold-Mariano of the first model's score against this one's, over windows: below 0 the first is better; null for the first itself</param>
public sealed record EqualCoverage(double Scale, double Average, double Peak, double WorstShortfall, double? Score, DieboldMarianoResult? AgainstFirst);

/// <summary>How margins of unchanged rules rise and fall.</summary>
/// <param name="PeakToTrough">largest over smallest mean margin within 30 days</param>
/// <param name="Rise1Day">largest rise within a day, share</param>
/// <param name="Rise5Days">within five days</param>
public sealed record Procyclicality(double PeakToTrough, double Rise1Day, double Rise5Days);

/// <summary>What a model says of its tail, and whether it held.</summary>
/// <param name="Var">losses above VaR 99 %</param>
/// <param name="EsBreachRate">losses above ES 99 %, share</param>
/// <param name="Z1">Acerbi-Szekely, over all observations, with its bootstrap interval; null without a breach</param>
/// <param name="Z2">the same</param>
/// <param name="Zones">of VaR, by book</param>
/// <param name="KupiecAccepted">share of the books that Kupiec's test accepts at 5 %; null where no book has two windows</param>
/// <param name="ChristoffersenAccepted">share that the conditional test accepts; null as before</param>
public sealed record TailReport(CoverageReport Var, double EsBreachRate, Interval? Z1, Interval Z2, ZoneCounts Zones, double? KupiecAccepted, double? ChristoffersenAccepted);

/// <summary>A number and its 95 % interval.</summary>
public sealed record Interval(double Value, double Low, double High);

/// <summary>One model on one sample.</summary>
/// <param name="Model">name</param>
/// <param name="Refused">observations without a margin</param>
/// <param name="Initial">losses above the initial margin</param>
/// <param name="Maintenance">losses above the maintenance margin</param>
/// <param name="Zones">of the maintenance margin, by book</param>
/// <param name="AverageInitial">mean of initial margin over notional</param>
/// <param name="PeakInitial">largest mean of a window</param>
/// <param name="PerEs">average initial margin over the mean of the books' realised ES 99 %; null where they never lost</param>
/// <param name="Unused">mean share of the initial margin that was not lost; null where nothing was asked</param>
/// <param name="MeanShortfall">mean loss beyond the initial margin where there was one, share of that margin; null where there was none</param>
/// <param name="WorstShortfall">largest, share of notional; 0 where there was none</param>
/// <param name="Equal">at equal coverage; null where no factor gives it</param>
/// <param name="Procyclicality">of the initial margin</param>
/// <param name="Tail">null where the model states no VaR and ES</param>
public sealed record ModelReport(
    string Model,
    int Refused,
    CoverageReport Initial,
    CoverageReport Maintenance,
    ZoneCounts Zones,
    double AverageInitial,
    double PeakInitial,
    double? PerEs,
    double? Unused,
    double? MeanShortfall,
    double WorstShortfall,
    EqualCoverage? Equal,
    Procyclicality Procyclicality,
    TailReport? Tail);

/// <summary>All models on one sample; a model that refused every book of it is left out.</summary>
/// <param name="Name">all, hedged, a class, an aggregate</param>
/// <param name="Observations">books x windows</param>
/// <param name="Books">rules</param>
/// <param name="Hindsight">mean over books of the 99 % quantile of the book's own losses over notional, at least 0: what one number for each book would have needed, known afterwards</param>
/// <param name="Models">in the order of the run</param>
public sealed record SampleReport(string Name, int Observations, int Books, double Hindsight, ImmutableArray<ModelReport> Models);

/// <summary>An aggregate account as one record in time: all tests of the statistics on windows that do not overlap.</summary>
/// <param name="Book">id</param>
/// <param name="Model">whose VaR and ES</param>
/// <param name="Offset">place of the first window: several a day give as many records</param>
/// <param name="Result">of all tests</param>
public sealed record AggregateRecord(string Book, string Model, int Offset, BacktestResult Result);

/// <summary>The mean margin of one model at one time.</summary>
/// <param name="At">instant of the board</param>
/// <param name="Initial">[model] mean over the drawn books of initial margin over notional; null where none has one</param>
/// <param name="Loss">mean loss over notional until the outcome</param>
/// <param name="VarBreaches">share of the drawn books that lost more than the first model's VaR</param>
public sealed record MarginPoint(DateTimeOffset At, ImmutableArray<double?> Initial, double Loss, double? VarBreaches);

/// <summary>Everything that a run is judged by.</summary>
/// <param name="Models">names, in order</param>
/// <param name="Sources">where the boards are from: recorded formats, or a model's</param>
/// <param name="Windows">number</param>
/// <param name="Days">dates on which one begins</param>
/// <param name="From">first</param>
/// <param name="To">last outcome</param>
/// <param name="Overlap">windows that run at the same time, the most</param>
/// <param name="LegsByModelShare">share of positions that had no quote</param>
/// <param name="Samples">all, hedged, classes, aggregates</param>
/// <param name="Aggregates">their records in time</param>
/// <param name="Path">margins over time</param>
/// <param name="Tools">procyclicality of the first model over all drawn books under each tool against it</param>
public sealed record BacktestReport(
    ImmutableArray<string> Models,
    ImmutableArray<BoardSourceCount> Sources,
    int Windows,
    int Days,
    DateTimeOffset From,
    DateTimeOffset To,
    int Overlap,
    double LegsByModelShare,
    ImmutableArray<SampleReport> Samples,
    ImmutableArray<AggregateRecord> Aggregates,
    ImmutableArray<MarginPoint> Path,
    ImmutableArray<ToolReport> Tools);

/// <summary>So many windows begin with a board of one source.</summary>
/// <param name="Source">as the snapshot says</param>
/// <param name="Windows">number</param>
public sealed record BoardSourceCount(string Source, int Windows);

/// <summary>An anti-procyclicality tool and what it does.</summary>
/// <param name="Tool">in words</param>
/// <param name="Procyclicality">of the mean maintenance margin</param>
/// <param name="Average">mean maintenance margin, share of notional</param>
/// <param name="Maintenance">losses above it</param>
public sealed record ToolReport(string Tool, Procyclicality Procyclicality, double Average, CoverageReport Maintenance);
