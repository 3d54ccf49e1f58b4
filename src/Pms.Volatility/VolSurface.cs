using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility.Svi;

namespace Pms.Volatility;

/// <summary>The smile of one expiry.</summary>
/// <param name="Expiry">UTC</param>
/// <param name="Years">ACT/365 from the surface's instant, above 0</param>
/// <param name="Forward">quote per coin, above 0</param>
/// <param name="Smile">total variance over k = ln(strike / forward)</param>
public sealed record VolSlice(DateTimeOffset Expiry, double Years, double Forward, RawSvi Smile)
{
    /// <summary>Annualised vol at log-moneyness k.</summary>
    public double Vol(double k) => Math.Sqrt(Smile.TotalVariance(k) / Years);
}

/// <summary>Fitted implied volatility of one underlying at one instant: immutable, named by the hash of its canonical bytes.</summary>
/// <remarks>
/// Between expiries total variance is linear in time at fixed k, which keeps calendar order. Before the first expiry vol is that of the first
/// (w scales with time, which keeps g at or above 0: docs/model/surface.md). After the last, w grows at every k by the last ATM forward variance.
/// </remarks>
public sealed class VolSurface
{
    public const string Schema = "pms.vol-surface/1";

    private readonly VolSlice[] _slices;

    /// <param name="underlying">family</param>
    /// <param name="at">instant that the surface describes</param>
    /// <param name="slices">one or more, years strictly ascending</param>
    /// <param name="parametersHash">of the parameters it was fitted with</param>
    /// <exception cref="InvalidInputException"><c>surface-slices</c>: none, out of order, or a smile that is not one</exception>
    public VolSurface(UnderlyingId underlying, DateTimeOffset at, IEnumerable<VolSlice> slices, ContentHash parametersHash)
    {
        ArgumentNullException.ThrowIfNull(slices);
        _slices = [.. slices];
        if (_slices.Length == 0)
        {
            throw new InvalidInputException("surface-slices", $"a surface of {underlying} needs at least one slice");
        }

        for (var i = 0; i < _slices.Length; i++)
        {
            var slice = _slices[i];
            if (!slice.Smile.TryValidate(out var refusal))
            {
                throw refusal!.ToException();
            }

            if (!(slice.Years > (i == 0 ? 0 : _slices[i - 1].Years)) || !double.IsFinite(slice.Years) || !(slice.Forward > 0) || !double.IsFinite(slice.Forward))
            {
                throw new InvalidInputException("surface-slices", $"slice {i} of {underlying} has {slice.Years} years and forward {slice.Forward}: ascending years and a forward above 0 are required");
            }
        }

        Underlying = underlying;
        At = at;
        ParametersHash = parametersHash;
        Slices = ImmutableArray.Create(_slices);
        var last = _slices[^1];
        var lastTheta = last.Smile.TotalVariance(0);
        var before = _slices.Length > 1 ? _slices[^2] : null;
        LongForwardVariance = before is null
            ? lastTheta / last.Years
            : Math.Max(0, (lastTheta - before.Smile.TotalVariance(0)) / (last.Years - before.Years));
    }

    public UnderlyingId Underlying { get; }

    public DateTimeOffset At { get; }

    public ContentHash ParametersHash { get; }

    /// <summary>Soonest first.</summary>
    public ImmutableArray<VolSlice> Slices { get; }

    /// <summary>ATM variance per year beyond the last expiry.</summary>
    public double LongForwardVariance { get; }

    /// <summary>Total variance at log-moneyness <paramref name="k"/> and <paramref name="years"/> from the surface's instant.</summary>
    /// <exception cref="InvalidInputException"><c>surface-point</c>: k not finite, or years not above 0 and finite</exception>
    public double TotalVariance(double k, double years)
    {
        if (!double.IsFinite(k) || !(years > 0) || !double.IsFinite(years))
        {
            throw new InvalidInputException("surface-point", $"k = {k}, years = {years}: a finite k and years above 0 are required");
        }

        var next = IndexAfter(years);
        if (next == 0)
        {
            return _slices[0].Smile.TotalVariance(k) * (years / _slices[0].Years);
        }

        var earlier = _slices[next - 1];
        if (next == _slices.Length)
        {
            return earlier.Smile.TotalVariance(k) + (LongForwardVariance * (years - earlier.Years));
        }

        var later = _slices[next];
        var share = (years - earlier.Years) / (later.Years - earlier.Years);
        return ((1 - share) * earlier.Smile.TotalVariance(k)) + (share * later.Smile.TotalVariance(k));
    }

    /// <summary>Annualised vol, decimal.</summary>
    public double Vol(double k, double years) => Math.Sqrt(TotalVariance(k, years) / years);

    /// <summary>w and its derivatives in k, in the same interpolation as <see cref="TotalVariance"/>.</summary>
    public SviDerivatives Derivatives(double k, double years)
    {
        var next = IndexAfter(years);
        if (next == 0)
        {
            return Mix(_slices[0].Smile.Derivatives(k), years / _slices[0].Years, default, 0, 0);
        }

        var earlier = _slices[next - 1];
        if (next == _slices.Length)
        {
            return Mix(earlier.Smile.Derivatives(k), 1, default, 0, LongForwardVariance * (years - earlier.Years));
        }

        var later = _slices[next];
        var share = (years - earlier.Years) / (later.Years - earlier.Years);
        return Mix(earlier.Smile.Derivatives(k), 1 - share, later.Smile.Derivatives(k), share, 0);
    }

    /// <summary>Forward at a time: log-linear in time is not needed to price listed expiries, so linear between slices and flat outside.</summary>
    public double Forward(double years)
    {
        var next = IndexAfter(years);
        if (next == 0 || next == _slices.Length)
        {
            return _slices[Math.Min(next, _slices.Length - 1)].Forward;
        }

        var earlier = _slices[next - 1];
        var later = _slices[next];
        var share = (years - earlier.Years) / (later.Years - earlier.Years);
        return earlier.Forward + (share * (later.Forward - earlier.Forward));
    }

    /// <summary>The slice of an expiry, or null.</summary>
    public VolSlice? Find(DateTimeOffset expiry) => Array.Find(_slices, s => s.Expiry == expiry);

    /// <summary>SHA-256 over schema, family, instant, parameters and slices.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        writer.Write(Underlying.Name);
        writer.Write(At);
        writer.Write(ParametersHash.ToString());
        writer.Write(_slices.Length);
        foreach (var slice in _slices)
        {
            writer.Write(slice.Expiry);
            writer.Write(slice.Years);
            writer.Write(slice.Forward);
            writer.Write(slice.Smile.A);
            writer.Write(slice.Smile.B);
            writer.Write(slice.Smile.Rho);
            writer.Write(slice.Smile.M);
            writer.Write(slice.Smile.Sigma);
        }

        return writer.Hash();
    }

    /// <summary>Index of the first slice later than <paramref name="years"/>.</summary>
    private int IndexAfter(double years)
    {
        var i = 0;
        while (i < _slices.Length && _slices[i].Years <= years)
        {
            i++;
        }

        return i;
    }

    private static SviDerivatives Mix(in SviDerivatives x, double shareX, in SviDerivatives y, double shareY, double lift)
    {
        return new SviDerivatives(
            (shareX * x.W) + (shareY * y.W) + lift,
            (shareX * x.W1) + (shareY * y.W1),
            (shareX * x.W2) + (shareY * y.W2),
            (shareX * x.W3) + (shareY * y.W3));
    }
}
