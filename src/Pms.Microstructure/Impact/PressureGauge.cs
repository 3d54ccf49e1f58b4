using Pms.Numerics;

namespace Pms.Microstructure.Impact;

/// <summary>How far trades have pushed one price: what of it comes back, and what stays. Log moves, up positive.</summary>
/// <remarks>
/// Transient: Y s sign(q) sqrt|q|, q the traded shares of a day's volume that the book has not yet forgotten (it halves every half-life, as depth is refilled in Obizhaeva and Wang 2013), the
/// square-root law at any moment. Permanent: linear in what is traded, as it has to be where no round trip may earn money (Huberman and Stanzl 2004). A trade pays the mean along its
/// way, so that cutting it in pieces without letting time pass costs the same.
/// </remarks>
internal struct PressureGauge
{
    private double _flow; // shares of a day's volume, bought positive
    private double _permanent;

    /// <summary>Log move.</summary>
    public readonly double Level(double transient) => _permanent + (transient * Signed(_flow));

    /// <summary>Mean log move along a trade.</summary>
    /// <param name="share">of a day's volume, bought positive</param>
    /// <param name="transient">Y x day deviation</param>
    /// <param name="permanent">permanent factor x day deviation</param>
    public readonly double MeanLevel(double share, double transient, double permanent) => share == 0
        ? Level(transient)
        : _permanent + (0.5 * permanent * share) + (transient * (Primitive(_flow + share) - Primitive(_flow)) / share);

    public void Trade(double share, double permanent)
    {
        _flow += share;
        _permanent += permanent * share;
    }

    public void Rest(double keptShare) => _flow *= keptShare;

    private static double Signed(double x) => x < 0 ? -Math.Sqrt(-x) : Math.Sqrt(x);

    private static double Primitive(double x)
    {
        var size = Math.Abs(x);
        return 2.0 / 3.0 * size * Math.Sqrt(size);
    }

    /// <summary>What is left of a quantity that halves in a half-life.</summary>
    public static double Kept(double minutes, double halfLife) => ElementaryMath.Exp(-0.6931471805599453 * minutes / halfLife);
}
