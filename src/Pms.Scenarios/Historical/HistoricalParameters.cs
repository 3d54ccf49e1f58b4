using Pms.Primitives;

namespace Pms.Scenarios.Historical;

/// <summary>How past volatility is measured.</summary>
public enum VolatilityModel
{
    /// <summary><see cref="EwmaVolatility"/></summary>
    Ewma,

    /// <summary><see cref="GarchModel"/> fitted to each coin's returns; vol, skew and basis changes keep EWMA.</summary>
    Garch,
}

/// <summary>What happens where a coin has no return on a date.</summary>
public enum MissingReturns
{
    /// <summary>Only dates that every coin has; too few of them are refused.</summary>
    Refuse,

    /// <summary>The coin moves by its beta times the market coin's filtered return; the label says so.</summary>
    Beta,
}

/// <summary>How history becomes scenarios: data with a version; reasons in docs/model/scenarios.md.</summary>
public sealed record HistoricalParameters
{
    public const string Schema = "pms.historical-parameters/1";

    public static HistoricalParameters Default { get; } = new();

    /// <summary>Default <see cref="VolatilityModel.Ewma"/>.</summary>
    public VolatilityModel Model { get; init; } = VolatilityModel.Ewma;

    /// <summary>EWMA memory per step. 0.5 to 0.999; default 0.94 (0.97 is slower).</summary>
    public double Lambda { get; init; } = 0.94;

    /// <summary>Most dates, the newest ones. 50 to 20,000; default 2,500 (about seven years of every day).</summary>
    public int MostDates { get; init; } = 2_500;

    /// <summary>Fewest dates that are accepted. 10 to 10,000; default 250.</summary>
    public int LeastDates { get; init; } = 250;

    /// <summary>Share of the historical weight that the stressed period keeps, as it was, without filtering. 0 to 0.9; default 0.25 (EMIR RTS 153/2013 art. 28(1)(b)).</summary>
    public double StressedWeight { get; init; } = 0.25;

    /// <summary>Length of the stressed period: the window of so many days whose squared market returns add up to the most, the market return being the mean over the coins that have one. 5 to 2,000; default 365.</summary>
    public int StressedDays { get; init; } = 365;

    /// <summary>First date of an explicit stressed period; with <see cref="StressedTo"/>. Default: chosen by the rule above.</summary>
    public DateOnly? StressedFrom { get; init; }

    /// <summary>Last date of an explicit stressed period.</summary>
    public DateOnly? StressedTo { get; init; }

    /// <summary>Rescaling by sigma_T / sigma_t is held between the inverse of this and this. 1 to 100; default 5.</summary>
    public double MostRescaling { get; init; } = 5;

    /// <summary>Today's volatility of a coin is taken no lower than this share of its long-run one (root mean square of all its returns). 0 to 2; default 0 (off).</summary>
    public double LongRunFloorShare { get; init; }

    /// <summary>Default <see cref="MissingReturns.Beta"/>.</summary>
    public MissingReturns Missing { get; init; } = MissingReturns.Beta;

    /// <summary>Beta of a coin that shares fewer than 60 dates with the market coin. 0 to 5; default 1.5.</summary>
    public double DefaultBeta { get; init; } = 1.5;

    /// <summary>Where vol has no history: log change of 30-day ATM vol per unit of log return. -5 to 5; default -0.34 (DVOL of BTC on daily returns, 2021 to 2024).</summary>
    public double VolPerReturn { get; init; } = -0.34;

    /// <summary>The same per unit of absolute log return beyond its mean. 0 to 5; default 0.59.</summary>
    public double VolPerAbsReturn { get; init; } = 0.59;

    /// <summary>Vol at tenors below 30 days moves by (30 / days) to this power of the 30-day move. 0 to 1; default 0.30.</summary>
    public double ShortTermPower { get; init; } = VolTerm.ShortPower;

    /// <summary>The same beyond 30 days. 0 to 1; default 0.40 (measured 0.43 to 0.75, docs/decisions/0005).</summary>
    public double LongTermPower { get; init; } = VolTerm.LongPower;

    /// <summary>Where skew has no history: its change per unit of log return. -2 to 2; default 0.10.</summary>
    public double SkewPerReturn { get; init; } = 0.10;

    /// <summary>Bound on a skew change. 0 to 0.5; default 0.05.</summary>
    public double MostSkewChange { get; init; } = 0.05;

    /// <summary>Where basis has no history: its change per unit of log return. -5 to 5; default 0.15.</summary>
    public double BasisPerReturn { get; init; } = 0.15;

    /// <exception cref="InvalidInputException"><c>historical-parameter</c>: a value outside its range</exception>
    public void Validate()
    {
        Require(nameof(Lambda), Lambda, 0.5, 0.999);
        Require(nameof(MostDates), MostDates, 50, 20_000);
        Require(nameof(LeastDates), LeastDates, 10, 10_000);
        Require(nameof(StressedWeight), StressedWeight, 0, 0.9);
        Require(nameof(StressedDays), StressedDays, 5, 2_000);
        Require(nameof(MostRescaling), MostRescaling, 1, 100);
        Require(nameof(LongRunFloorShare), LongRunFloorShare, 0, 2);
        Require(nameof(DefaultBeta), DefaultBeta, 0, 5);
        Require(nameof(VolPerReturn), VolPerReturn, -5, 5);
        Require(nameof(VolPerAbsReturn), VolPerAbsReturn, 0, 5);
        Require(nameof(ShortTermPower), ShortTermPower, 0, 1);
        Require(nameof(LongTermPower), LongTermPower, 0, 1);
        Require(nameof(SkewPerReturn), SkewPerReturn, -2, 2);
        Require(nameof(MostSkewChange), MostSkewChange, 0, 0.5);
        Require(nameof(BasisPerReturn), BasisPerReturn, -5, 5);
        if (!Enum.IsDefined(Model) || !Enum.IsDefined(Missing))
        {
            throw new InvalidInputException("historical-parameter", $"{Model} or {Missing} is not one of the choices");
        }

        if (StressedFrom.HasValue != StressedTo.HasValue || StressedFrom > StressedTo)
        {
            throw new InvalidInputException("historical-parameter", $"the stressed period {StressedFrom:O} to {StressedTo:O} needs both ends, in order");
        }
    }

    internal void Write(CanonicalWriter writer)
    {
        writer.Write(Schema);
        writer.Write((int)Model);
        writer.Write((int)Missing);
        writer.Write(MostDates);
        writer.Write(LeastDates);
        writer.Write(StressedDays);
        writer.Write(StressedFrom?.DayNumber ?? -1);
        writer.Write(StressedTo?.DayNumber ?? -1);
        foreach (var value in (ReadOnlySpan<double>)[
            Lambda, StressedWeight, MostRescaling, LongRunFloorShare, DefaultBeta, VolPerReturn, VolPerAbsReturn, ShortTermPower, LongTermPower, SkewPerReturn,
            MostSkewChange, BasisPerReturn])
        {
            writer.Write(value);
        }
    }

    private static void Require(string name, double value, double least, double most) => ParameterRange.Require("historical-parameter", name, value, least, most);
}
