using Pms.Primitives;

namespace Pms.Validation.Histories;

/// <summary>How boards are made from daily prices and vols. Measured on recorded boards (BTC 2021-06, 2022-01, 2022-02; BTC and ETH 2026-01, 2026-02) and on DVOL 2021-03 to 2024-12; docs/model/validation.md.</summary>
public sealed record ModelledBoardParameters
{
    public static ModelledBoardParameters Default { get; } = new();

    /// <summary>30-day ATM vol over DVOL, which holds the smile's convexity too. 0.5 to 1; default 0.89 (medians of three months 0.874, 0.889, 0.919).</summary>
    public double AtmShareOfIndex { get; init; } = 0.89;

    /// <summary>Memory of the fast and the slow vol of daily returns where there is no DVOL. 0.5 to 0.999; defaults 0.94 and 0.985.</summary>
    public double FastMemory { get; init; } = 0.94;

    public double SlowMemory { get; init; } = 0.985;

    /// <summary>DVOL without DVOL is exp(<see cref="SyntheticLog"/>) fast^<see cref="SyntheticFastPower"/> slow^<see cref="SyntheticSlowPower"/>. Defaults 0.058, 0.388, 0.536: least squares of logs, BTC and ETH together, R^2 0.86, residual 0.12.</summary>
    public double SyntheticLog { get; init; } = 0.058;

    public double SyntheticFastPower { get; init; } = 0.388;

    public double SyntheticSlowPower { get; init; } = 0.536;

    /// <summary>Returns of a coin before its first board. 20 to 1,000; default 60.</summary>
    public int LeastReturns { get; init; } = 60;

    /// <summary>Speed at which forward variance returns to its long-run level, a year. 0.1 to 50; default 3.</summary>
    public double ReversionPerYear { get; init; } = 3;

    /// <summary>Half-life of the average of past levels that the long end returns to, days. 5 to 2,000; default 120.</summary>
    public double LongRunHalfLifeDays { get; init; } = 120;

    /// <summary>Forward variance now is at least this share of the 30-day level's. Above 0 to 1; default 0.1.</summary>
    public double LeastInstantShare { get; init; } = 0.1;

    /// <summary>25-delta risk reversal (call less put) of 30 days over ATM vol: this in a quiet market. -0.5 to 0.5; default -0.077.</summary>
    public double RiskReversal { get; init; } = -0.077;

    /// <summary>And this more for each unit of recent log return, whose days fade with <see cref="ReturnHalfLifeDays"/>. -3 to 3; default 0.28.</summary>
    public double RiskReversalPerReturn { get; init; } = 0.28;

    /// <summary>Default 10.</summary>
    public double ReturnHalfLifeDays { get; init; } = 10;

    /// <summary>Limits of the 30-day risk reversal over ATM vol. Default -0.30 and 0.10.</summary>
    public double LeastRiskReversal { get; init; } = -0.30;

    public double MostRiskReversal { get; init; } = 0.10;

    /// <summary>Risk reversal over ATM vol goes with (30 / days) to this power. 0 to 1; default 0.12.</summary>
    public double RiskReversalTermPower { get; init; } = 0.12;

    /// <summary>Curvature of the smile at 30 days: phi sqrt(theta) of its eSSVI slice. 0.05 to 1.3; default 0.75.</summary>
    public double Curvature { get; init; } = 0.75;

    /// <summary>It goes with (30 / days) to this power, shorter and longer. 0 to 0.45; defaults 0.10 and 0.22.</summary>
    public double CurvatureShortPower { get; init; } = 0.10;

    public double CurvatureLongPower { get; init; } = 0.22;

    /// <summary>Annualised log basis of all forwards. -1 to 1; default 0.04.</summary>
    public double Basis { get; init; } = 0.04;

    /// <summary>Half a spread in vol is (this + <see cref="SpreadFrontVol"/> sqrt(10 days / T)) x ATM vol / 0.45. Defaults 0.003 and 0.0045 (2026-01).</summary>
    public double SpreadVol { get; init; } = 0.003;

    public double SpreadFrontVol { get; init; } = 0.0045;

    /// <summary>Half a spread is at least this share of the forward. Default 0.0004.</summary>
    public double LeastSpread { get; init; } = 0.0004;

    /// <summary>Strikes reach so many standard deviations from the forward, on every day on which their expiry is listed. 1 to 8; default 4.</summary>
    public double StrikeDeviations { get; init; } = 4;

    /// <exception cref="InvalidInputException"><c>modelled-parameter</c></exception>
    public void Validate()
    {
        Require(AtmShareOfIndex, 0.5, 1, nameof(AtmShareOfIndex));
        Require(FastMemory, 0.5, 0.999, nameof(FastMemory));
        Require(SlowMemory, 0.5, 0.999, nameof(SlowMemory));
        Require(SyntheticLog, -2, 2, nameof(SyntheticLog));
        Require(SyntheticFastPower, 0, 2, nameof(SyntheticFastPower));
        Require(SyntheticSlowPower, 0, 2, nameof(SyntheticSlowPower));
        Require(LeastReturns, 20, 1_000, nameof(LeastReturns));
        Require(ReversionPerYear, 0.1, 50, nameof(ReversionPerYear));
        Require(LongRunHalfLifeDays, 5, 2_000, nameof(LongRunHalfLifeDays));
        Require(LeastInstantShare, 1e-3, 1, nameof(LeastInstantShare));
        Require(RiskReversal, -0.5, 0.5, nameof(RiskReversal));
        Require(RiskReversalPerReturn, -3, 3, nameof(RiskReversalPerReturn));
        Require(ReturnHalfLifeDays, 0.5, 1_000, nameof(ReturnHalfLifeDays));
        Require(LeastRiskReversal, -0.5, MostRiskReversal, nameof(LeastRiskReversal));
        Require(MostRiskReversal, LeastRiskReversal, 0.5, nameof(MostRiskReversal));
        Require(RiskReversalTermPower, 0, 1, nameof(RiskReversalTermPower));
        Require(Curvature, 0.05, 1.3, nameof(Curvature));
        Require(CurvatureShortPower, 0, 0.45, nameof(CurvatureShortPower));
        Require(CurvatureLongPower, 0, 0.45, nameof(CurvatureLongPower));
        Require(Basis, -1, 1, nameof(Basis));
        Require(SpreadVol, 0, 1, nameof(SpreadVol));
        Require(SpreadFrontVol, 0, 1, nameof(SpreadFrontVol));
        Require(LeastSpread, 0, 0.1, nameof(LeastSpread));
        Require(StrikeDeviations, 1, 8, nameof(StrikeDeviations));
    }

    private static void Require(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new InvalidInputException("modelled-parameter", $"{name} is {value}: {least} to {most} is possible");
        }
    }
}
