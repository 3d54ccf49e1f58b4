using Pms.Primitives;

namespace Pms.Microstructure.Impact;

/// <summary>How trades move prices, and how a fall changes vol, spreads and depth. Sources: docs/model/impact.md.</summary>
public sealed record ImpactParameters
{
    public static ImpactParameters Default { get; } = new();

    /// <summary>Y of the square-root law: log move = Y x day deviation x sqrt(size / daily volume). 0 to 10.</summary>
    public double SquareRootFactor { get; init; } = 1.0;

    /// <summary>Permanent log move = this x day deviation x size / daily volume. 0 to 5.</summary>
    public double PermanentFactor { get; init; } = 0.314;

    /// <summary>Time in which half of the depth that trades have eaten comes back. Minutes, 0.1 to 10,000.</summary>
    public double ResilienceHalfLifeMinutes { get; init; } = 30;

    /// <summary>Log change of 30-day vol for each unit of log fall since the start. 0 to 5.</summary>
    public double VolResponse { get; init; } = 2.4;

    /// <summary>Vol rises at once and comes back with this half-life. Minutes, 1 to 100,000.</summary>
    public double VolHalfLifeMinutes { get; init; } = 240;

    /// <summary>No tenor's log change of vol is larger. 0 to 2.5.</summary>
    public double MostLogVol { get; init; } = 1.6;

    /// <summary>A tenor of T days moves by (30 / T) to this power below 30 days. 0 to 1.</summary>
    public double ShortTermPower { get; init; } = 0.3;

    /// <summary>The same above 30 days. 0 to 1.</summary>
    public double LongTermPower { get; init; } = 0.4;

    /// <summary>Spreads grow as vol over its start to this power. 0 to 4.</summary>
    public double SpreadPower { get; init; } = 1.6;

    /// <summary>Depth shrinks as vol over its start to this power. 0 to 4.</summary>
    public double DepthPower { get; init; } = 2.3;

    /// <summary>Depth never falls below this share of its start. 0.001 to 1.</summary>
    public double LeastDepth { get; init; } = 0.05;

    /// <summary>Depth everywhere times this, for what-ifs. 0.001 to 1,000.</summary>
    public double DepthFactor { get; init; } = 1.0;

    /// <summary>Day deviation of log vol, by which trades in vega move it. 0 to 1.</summary>
    public double VolDayDeviation { get; init; } = 0.05;

    /// <exception cref="InvalidInputException"><c>impact-parameter</c></exception>
    public void Validate()
    {
        Require(SquareRootFactor, 0, 10, "the square-root factor");
        Require(PermanentFactor, 0, 5, "the permanent factor");
        Require(ResilienceHalfLifeMinutes, 0.1, 10_000, "the half-life of depth in minutes");
        Require(VolResponse, 0, 5, "the response of vol");
        Require(VolHalfLifeMinutes, 1, 100_000, "the half-life of vol in minutes");
        Require(MostLogVol, 0, 2.5, "the largest log change of vol");
        Require(ShortTermPower, 0, 1, "the short term power");
        Require(LongTermPower, 0, 1, "the long term power");
        Require(SpreadPower, 0, 4, "the power of spreads");
        Require(DepthPower, 0, 4, "the power of depth");
        Require(LeastDepth, 0.001, 1, "the least depth");
        Require(DepthFactor, 0.001, 1_000, "the factor of depth");
        Require(VolDayDeviation, 0, 1, "the day deviation of vol");
    }

    private static void Require(double value, double least, double most, string what)
    {
        if (!(value >= least && value <= most))
        {
            throw new InvalidInputException("impact-parameter", $"{what} is {value}: {least} to {most} is required");
        }
    }
}
