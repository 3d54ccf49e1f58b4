namespace Pms.Cli.Plotting;

/// <summary>What of a smile a small panel shows: the quotes that have a price, and ranges that one wild wing quote cannot stretch.</summary>
/// <param name="Shown">quotes with at least one side, ascending k</param>
/// <param name="From">least k in view</param>
/// <param name="To">largest k in view, above From</param>
/// <param name="Low">least vol in view</param>
/// <param name="High">largest vol in view, above Low</param>
internal sealed record SmileView(QuotePlot[] Shown, double From, double To, double Low, double High)
{
    public static SmileView Of(SlicePlot slice)
    {
        var shown = slice.Quotes.Where(q => q.BidVol is not null || q.AskVol is not null).OrderBy(q => q.LogMoneyness).ToArray();
        var used = shown.Where(q => q.Quarantined is null).ToArray();
        var core = used.Length > 1 ? used : shown;
        var (from, to) = (0.0, 0.0);
        if (core.Length > 1)
        {
            (from, to) = (core[0].LogMoneyness!.Value, core[^1].LogMoneyness!.Value);
        }
        else if (slice.Curve.Vol.Length > 0)
        {
            (from, to) = (slice.Curve.LogMoneyness[0], slice.Curve.LogMoneyness[^1]);
        }

        var pad = to > from ? (to - from) * 0.04 : 0.05;
        (from, to) = (from - pad, to + pad);

        var curve = slice.Curve.Vol.Where((_, i) => slice.Curve.LogMoneyness[i] >= from && slice.Curve.LogMoneyness[i] <= to).ToArray();

        // A lone ask of a deep in-the-money option may stand at five times the vol: the scale follows the two-sided quotes where there are any.
        var twoSided = core.Where(q => q.BidVol is not null && q.AskVol is not null).ToArray();
        var scale = twoSided.Length > 0 ? twoSided : core;
        var bids = scale.Where(q => q.BidVol is not null).Select(q => q.BidVol!.Value).ToArray();
        var asks = scale.Where(q => q.AskVol is not null).Select(q => q.AskVol!.Value).ToArray();
        var low = Math.Min(Least(bids), Math.Min(Least(asks), Least(curve)));
        var high = Math.Max(Most(bids), Math.Max(Most(asks), Most(curve)));
        if (curve.Length > 0)
        {
            // Bars may leave the picture, the fitted curve may not.
            (low, high) = (Math.Max(low, Least(curve) * 0.72), Math.Min(high, Most(curve) * 1.25));
        }

        if (!double.IsFinite(low) || !double.IsFinite(high))
        {
            (low, high) = (0, 1);
        }

        var room = high > low ? (high - low) * 0.06 : high * 0.1;
        return new SmileView(shown, from, to, Math.Max(0, low - room), high + room);
    }

    private static double Least(double[] values) => values.Length == 0 ? double.PositiveInfinity : values.Min();

    private static double Most(double[] values) => values.Length == 0 ? double.NegativeInfinity : values.Max();
}
