using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Documents;

/// <summary>What <c>pms surface fit --json</c> prints for one board (docs/cli.md).</summary>
public sealed record SurfaceDocument(string ObservedAt, string SnapshotHash, string ParametersHash, IReadOnlyList<UnderlyingDocument> Underlyings)
{
    /// <param name="snapshot">quotes</param>
    /// <param name="parameters">how they were fitted</param>
    /// <param name="fits">of each underlying with options, and the time that it took</param>
    public static SurfaceDocument Of(MarketSnapshot snapshot, SurfaceParameters parameters, IEnumerable<(SurfaceFit Fit, double Microseconds)> fits) => new(
        snapshot.ObservedAt.ToIso(),
        snapshot.Hash.ToString(),
        parameters.Hash().ToString(),
        [.. fits.Select(u => UnderlyingDocument.Of(u.Fit, u.Microseconds))]);
}

public sealed record UnderlyingDocument(
    string Name,
    string? SurfaceHash,
    double FitMicroseconds,
    int CalendarViolations,
    int ButterflyViolations,
    double? InsideBidAsk,
    bool Degraded,
    IReadOnlyList<ErrorBody> DegradedReasons,
    IReadOnlyList<SliceDocument> Slices)
{
    public static UnderlyingDocument Of(SurfaceFit fit, double microseconds) => new(
        fit.Underlying.Name,
        fit.Surface?.Hash().ToString(),
        Math.Round(microseconds, 1),
        fit.CalendarViolations,
        fit.ButterflyViolations,
        fit.InsideBidAsk,
        fit.Degraded.Length > 0,
        [.. fit.Degraded.Select(ErrorBody.Of)],
        [.. fit.Slices.Select(s => SliceDocument.Of(s, fit))]);
}

public sealed record SliceDocument(
    string Expiry,
    double Years,
    double? Forward,
    SviDocument? Params,
    double? AtmVol,
    int Seen,
    int Used,
    IReadOnlyDictionary<string, int> Quarantined,
    double? InsideBidAsk,
    double? RmseVol,
    double? MinG,
    bool Degraded,
    IReadOnlyList<ErrorBody> DegradedReasons)
{
    /// <summary>A slice of a degraded surface is degraded too, for the surface's reasons besides its own.</summary>
    public static SliceDocument Of(SliceFit slice, SurfaceFit fit) => new(
        slice.Expiry.ToIso(),
        slice.Years,
        slice.Forward,
        slice.Slice is { } s ? new SviDocument("raw-svi", s.Smile.A, s.Smile.B, s.Smile.Rho, s.Smile.M, s.Smile.Sigma) : null,
        slice.Slice?.Vol(0),
        slice.Seen,
        slice.Used,
        slice.Quarantined.Where(q => q.Value > 0).ToDictionary(),
        slice.InsideBidAsk,
        slice.RmseVol,
        slice.MinG,
        slice.Degraded.Length + fit.Degraded.Length > 0,
        [.. slice.Degraded.Concat(fit.Degraded).Select(ErrorBody.Of)]);
}

/// <summary>w(k) = a + b (rho (k − m) + sqrt((k − m)² + sigma²)), k = ln(strike / forward), w = vol² years.</summary>
public sealed record SviDocument(string Model, double A, double B, double Rho, double M, double Sigma);
