using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Volatility.Calibration;

namespace Pms.Volatility.Quotes;

/// <summary>The quotes of one expiry after sifting: a verdict each, and the points that the smile is fitted to.</summary>
internal sealed class SmileQuotes
{
    private const double InsideShrink = 0.05;
    private const double SmallestHalfBand = 1e-6;

    /// <summary>A quote's band is a share of its vol, but of no less than this share of the expiry's median: else the lower a false quote lies, the harder it would pull.</summary>
    private const double LeastShareOfLevel = 0.5;

    private SmileQuotes(ExpiryBoard board, double years, double? forward, ForwardSource source)
    {
        Board = board;
        Years = years;
        Forward = forward;
        ForwardSource = source;
        Verdicts = new QuoteVerdict[board.Options.Length];
        Points = new SmilePoints(board.Options.Length);
        PointOf = new int[board.Options.Length];
        Array.Fill(PointOf, -1);
    }

    public ExpiryBoard Board { get; }

    public double Years { get; }

    public double? Forward { get; }

    public ForwardSource ForwardSource { get; }

    /// <summary>[option]</summary>
    public QuoteVerdict[] Verdicts { get; }

    public SmilePoints Points { get; }

    /// <summary>[option] index of the point that the quote went into, or -1.</summary>
    public int[] PointOf { get; }

    public static SmileQuotes Sift(ExpiryBoard board, Settlement settlement, DateTimeOffset at, SurfaceParameters parameters)
    {
        var years = UtcTime.YearsBetween(at, board.Expiry);
        var near = !(years * 365 * 24 >= parameters.LeastHoursToExpiry) || years <= 0;
        var (forward, source) = FindForward(board, settlement, at, parameters);
        var quotes = new SmileQuotes(board, years, forward, source);
        quotes.Judge(near, settlement, at, parameters);

        quotes.MakePoints(parameters);
        return quotes;
    }

    /// <summary>Marks the quotes of a point as outliers and takes the point out of the fit.</summary>
    public void Expel(int point)
    {
        Points.Silence(point);
        for (var i = 0; i < Verdicts.Length; i++)
        {
            if (PointOf[i] == point && Verdicts[i].IsUsed)
            {
                Verdicts[i] = Verdicts[i] with { Reason = QuarantineReason.Outlier };
            }
        }
    }

    private static (double? Forward, ForwardSource Source) FindForward(ExpiryBoard board, Settlement settlement, DateTimeOffset at, SurfaceParameters parameters)
    {
        var attached = board.Options.Where(o => o.UnderlyingPrice is { } f && IsPrice(f)).Select(o => o.UnderlyingPrice!.Value).Order().ToArray();
        if (board.VenueForward is { } venue && IsPrice(venue))
        {
            return (venue, attached.Length > 0 ? ForwardSource.Venue : ForwardSource.Board);
        }

        if (attached.Length > 0)
        {
            return (attached[attached.Length / 2], ForwardSource.Venue);
        }

        // A stale pair tells where the forward was.
        InstrumentQuote[] fresh = [.. board.Options.Where(o => !(o.AgeAt(at).TotalSeconds > parameters.MaxQuoteAgeSeconds))];
        return ForwardEstimator.TryParity(fresh, settlement, out var parity) ? (parity, ForwardSource.Parity) : (null, ForwardSource.None);
    }

    private static bool IsPrice(double value) => value > 0 && value < 1e12;

    /// <summary>A verdict for every option: what can be said from the prices alone first, then the vols of all together.</summary>
    private void Judge(bool near, Settlement settlement, DateTimeOffset at, SurfaceParameters parameters)
    {
        var options = Board.Options;
        var n = options.Length;
        var columns = new double[10 * n];
        var values = new TimeValues(columns, n);
        for (var i = 0; i < n; i++)
        {
            Verdicts[i] = Judge(options[i], i, near, settlement, at, parameters, values);
        }

        values.Invert();
        for (var i = 0; i < n; i++)
        {
            ref var verdict = ref Verdicts[i];
            if (verdict.Reason is QuarantineReason.None or QuarantineReason.OneSided)
            {
                verdict = Weigh(verdict, options[i], values.BidStdDev(i), values.AskStdDev(i), parameters);
            }
        }
    }

    private QuoteVerdict Judge(
        InstrumentQuote quote,
        int index,
        bool near,
        Settlement settlement,
        DateTimeOffset at,
        SurfaceParameters parameters,
        in TimeValues values)
    {
        var option = (EuropeanOption)quote.Instrument;
        var bid = quote.Bid;
        var ask = quote.Ask;
        var two = bid.HasValue && ask.HasValue;
        var forward = quote.UnderlyingPrice ?? Forward;
        var strike = option.StrikeValue;
        if (forward is not { } f || !IsPrice(f))
        {
            return Out(option, 0, two, forward is null ? QuarantineReason.NoForward : QuarantineReason.Invalid);
        }

        var k = ElementaryMath.LogRatio(strike, f);
        if (!(Math.Abs(k) < 20))
        {
            return Out(option, 0, two, QuarantineReason.Invalid);
        }

        if (near)
        {
            return Out(option, k, two, QuarantineReason.NearExpiry);
        }

        if (index > 0 && Board.Options[index - 1].Instrument == quote.Instrument)
        {
            return Out(option, k, two, QuarantineReason.Duplicate);
        }

        if ((bid is { } b && !IsPrice(b)) || (ask is { } a && !IsPrice(a)))
        {
            return Out(option, k, two, QuarantineReason.Invalid);
        }

        if (bid is null && ask is null)
        {
            return Out(option, k, two, QuarantineReason.NoQuote);
        }

        if (quote.AgeAt(at).TotalSeconds > parameters.MaxQuoteAgeSeconds)
        {
            return Out(option, k, two, QuarantineReason.Stale);
        }

        if (bid > ask)
        {
            return Out(option, k, two, QuarantineReason.Crossed);
        }

        // All in coin per coin, as time value: what is left of the price after intrinsic value is the price of the out-of-the-money side.
        var moneyness = strike / f;
        var unit = settlement == Settlement.Inverse ? 1 : 1 / f;
        var intrinsic = Math.Max(0, option.Type == OptionType.Call ? 1 - moneyness : moneyness - 1);
        var bidValue = bid.HasValue ? (bid.Value * unit) - intrinsic : 0;
        var askValue = ask.HasValue ? (ask.Value * unit) - intrinsic : double.PositiveInfinity;
        if (!(askValue > 0) || bidValue >= Math.Min(1, moneyness))
        {
            return Out(option, k, two, QuarantineReason.OutsideBounds);
        }

        values.Set(index, moneyness, bidValue, askValue);
        return new QuoteVerdict(option, k, 0, double.PositiveInfinity, two, two ? QuarantineReason.None : QuarantineReason.OneSided);
    }

    private static QuoteVerdict Weigh(in QuoteVerdict verdict, InstrumentQuote quote, double low, double high, SurfaceParameters parameters)
    {
        var reason = verdict.Reason;
        if (verdict.IsTwoSided && low > 0)
        {
            if (double.IsInfinity(high) || high - low > parameters.MaxRelativeBand * 0.5 * (high + low))
            {
                reason = QuarantineReason.TooWide;
            }
            else if (quote.Values.OpenInterest == 0 && Math.Abs(verdict.K) > parameters.FarWingDeviations * 0.5 * (low + high))
            {
                reason = QuarantineReason.FarWingWithoutInterest;
            }
        }

        return verdict with { BidStdDev = low, AskStdDev = high, Reason = reason };
    }

    private static QuoteVerdict Out(EuropeanOption option, double k, bool two, QuarantineReason reason) => new(option, k, 0, double.PositiveInfinity, two, reason);

    /// <summary>One point a strike where call and put agree, else one a quote; one-sided quotes as open bands.</summary>
    private void MakePoints(SurfaceParameters parameters)
    {
        var (typical, level) = Typical();
        var leastLevel = LeastShareOfLevel * level;
        // A locked quote has no width of its own, and distances are measured in widths.
        var least = Math.Max(SmallestHalfBand, Math.Max(parameters.LeastRelativeHalfBand, parameters.LeastShareOfTypicalBand * typical));
        for (var i = 0; i < Verdicts.Length; i++)
        {
            ref readonly var verdict = ref Verdicts[i];
            if (verdict.Reason is not (QuarantineReason.None or QuarantineReason.OneSided))
            {
                continue;
            }

            if (i + 1 < Verdicts.Length
                && Verdicts[i + 1].Option.Strike == verdict.Option.Strike
                && Verdicts[i + 1].Reason is QuarantineReason.None or QuarantineReason.OneSided
                && PointOf[i] < 0)
            {
                ref readonly var partner = ref Verdicts[i + 1];
                var low = Math.Max(verdict.BidStdDev, partner.BidStdDev);
                var high = Math.Min(verdict.AskStdDev, partner.AskStdDev);
                if (low < high)
                {
                    // k of the out-of-the-money quote: its forward is the one that matters there.
                    var isPutSide = verdict.K < 0;
                    var k = (verdict.Option.Type == OptionType.Put) == isPutSide ? verdict.K : partner.K;
                    PointOf[i] = PointOf[i + 1] = Points.Count;
                    AddPoint(k, low, high, typical, least, leastLevel, parameters);
                    i++;
                    continue;
                }
            }

            PointOf[i] = Points.Count;
            AddPoint(verdict.K, verdict.BidStdDev, verdict.AskStdDev, typical, least, leastLevel, parameters);
        }
    }

    private void AddPoint(double k, double low, double high, double typicalHalfBand, double leastHalfBand, double leastLevel, SurfaceParameters parameters)
    {
        if (low > 0 && double.IsFinite(high))
        {
            var middle = 0.5 * (low + high);
            var half = 0.5 * (high - low);
            var scale = Math.Max(middle, leastLevel);
            var width = Math.Max(half, leastHalfBand * scale);

            // The bound is on the force cap / width: a quote much tighter than its neighbours may not pull harder than they can.
            var cap = parameters.InfluenceCapHalfBands * Math.Min(1, width / (typicalHalfBand * scale));
            Points.Add(k, middle, 1 / width, low + (InsideShrink * half), high - (InsideShrink * half), parameters.PullToMid, 1, cap);
        }
        else if (low > 0)
        {
            Points.Add(k, low, 1 / (typicalHalfBand * Math.Max(low, leastLevel)), low, double.MaxValue, 0, 1, parameters.InfluenceCapHalfBands);
        }
        else if (double.IsFinite(high))
        {
            Points.Add(k, high, 1 / (typicalHalfBand * Math.Max(high, leastLevel)), 0, high, 0, 1, parameters.InfluenceCapHalfBands);
        }
        else
        {
            Points.Add(k, 1, 0, 0, double.MaxValue, 0, 0, 1);
        }
    }

    /// <summary>Medians over the two-sided quotes: half-band as a share of vol, at least 1 %, 10 % where there is none; vol times root of time, 0 where there is none.</summary>
    private (double HalfBand, double Level) Typical()
    {
        Span<double> shares = Verdicts.Length <= 512 ? stackalloc double[Verdicts.Length] : new double[Verdicts.Length];
        Span<double> levels = Verdicts.Length <= 512 ? stackalloc double[Verdicts.Length] : new double[Verdicts.Length];
        var count = 0;
        foreach (ref readonly var verdict in Verdicts.AsSpan())
        {
            if (verdict.IsUsed && verdict.BidStdDev > 0 && double.IsFinite(verdict.AskStdDev))
            {
                levels[count] = 0.5 * (verdict.AskStdDev + verdict.BidStdDev);
                shares[count++] = (verdict.AskStdDev - verdict.BidStdDev) / (verdict.AskStdDev + verdict.BidStdDev);
            }
        }

        if (count == 0)
        {
            return (0.1, 0);
        }

        shares[..count].Sort();
        levels[..count].Sort();
        return (Math.Max(0.01, shares[count / 2]), levels[count / 2]);
    }
}
