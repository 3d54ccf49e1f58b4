using System.Globalization;
using System.Text;
using System.Xml;
using Pms.Primitives;

namespace Pms.Cli.Plotting;

/// <summary>The surface as one SVG picture: a small chart for each expiry, at-the-money vol and 25-delta skew along time, for each underlying.</summary>
/// <remarks>
/// Text stays text, every panel has a title and a description for screen readers, and the colours follow the viewer's light or dark preference
/// where the viewer has one (white ground otherwise). Shape repeats what colour says: quotes that the fit misses are thick, quarantined ones dashed.
/// </remarks>
internal static class SurfaceSvg
{
    private const double Width = 1240;
    private const double Margin = 28;
    private const double Gap = 16;
    private const int Columns = 4;
    private const double PanelWidth = (Width - (2 * Margin) - ((Columns - 1) * Gap)) / Columns;
    private const double PanelHeight = 206;
    private const double TermHeight = 250;
    private const double TermWidth = (Width - (2 * Margin) - Gap) / 2;

    private const string Style = """

        svg { --ground: #ffffff; --text: #16202c; --muted: #525d6b; --line: #dfe4ea; --fit: #101820; --inside: #0065a8; --outside: #a85600; --off: #76818f; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) {
          svg { --ground: #10141b; --text: #e8ecf2; --muted: #a3afbf; --line: #2c3746; --fit: #ffffff; --inside: #56b4e9; --outside: #e69f00; --off: #8995a6; --bad: #ff6b57; }
        }
        .ground { fill: #ffffff; fill: var(--ground); }
        text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; font-size: 11px; fill: #525d6b; fill: var(--muted); }
        .title { font-size: 20px; font-weight: 600; fill: #16202c; fill: var(--text); }
        .name { font-size: 15px; font-weight: 600; fill: #16202c; fill: var(--text); }
        .panel { font-size: 12px; font-weight: 600; fill: #16202c; fill: var(--text); }
        .aside { font-size: 11px; font-weight: 400; fill: #525d6b; fill: var(--muted); }
        .warn { fill: #a85600; fill: var(--outside); }
        .bad { fill: #b3261e; fill: var(--bad); font-weight: 600; }
        .end { text-anchor: end; } .middle { text-anchor: middle; }
        .grid { stroke: #dfe4ea; stroke: var(--line); stroke-width: 1; fill: none; }
        .zero { stroke: #525d6b; stroke: var(--muted); stroke-width: 1; stroke-dasharray: 4 4; fill: none; }
        .quote { fill: none; stroke-width: 1.2; }
        .inside { stroke: #0065a8; stroke: var(--inside); }
        .outside { stroke: #a85600; stroke: var(--outside); stroke-width: 2.1; }
        .quarantined { stroke: #76818f; stroke: var(--off); stroke-dasharray: 2 2; }
        .fit { fill: none; stroke: #101820; stroke: var(--fit); stroke-width: 1.7; stroke-linejoin: round; }
        .term { fill: none; stroke: #0065a8; stroke: var(--inside); stroke-width: 2; stroke-linejoin: round; }
        .term.second { stroke: #a85600; stroke: var(--outside); stroke-dasharray: 6 3; }
        .dot { fill: #0065a8; fill: var(--inside); } .dot.second { fill: #a85600; fill: var(--outside); }

        """;

    /// <summary>Writes the picture as UTF-8 without a byte order mark; the stream stays open.</summary>
    /// <exception cref="InvalidInputException">the model cannot be drawn; nothing was written</exception>
    public static void Write(SurfacePlotModel model, Stream output)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true);
        Write(model, writer);
    }

    /// <inheritdoc cref="Write(SurfacePlotModel, Stream)"/>
    public static void Write(SurfacePlotModel model, TextWriter output)
    {
        model.Validate();
        using var xml = XmlWriter.Create(output, new XmlWriterSettings { Indent = true, IndentChars = " ", NewLineChars = "\n", CloseOutput = false });
        var canvas = new Canvas(xml);
        var height = 92 + (model.Underlyings.Count == 0 ? 30 : model.Underlyings.Sum(HeightOf)) + 34;
        xml.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        canvas.Attributes(
            ("viewBox", $"0 0 {N(Width)} {N(height)}"), ("width", N(Width)), ("height", N(height)), ("role", "img"), ("aria-labelledby", "title description"));
        canvas.Text("title", "title", model.Title);
        canvas.Text("desc", "description", Summary(model));
        xml.WriteElementString("style", Style);
        canvas.Leaf("rect", ("class", "ground"), ("width", N(Width)), ("height", N(height)));
        canvas.Label("title", Margin, 38, model.Title);
        canvas.Label("", Margin, 58, $"{model.Instant.ToIso()} · {model.Source} · snapshot {Short(model.SnapshotHash)} · implied vol in % a year, by log-moneyness k = ln(strike / forward)");
        Legend(canvas, 76);
        var y = 92.0;
        if (model.Underlyings.Count == 0)
        {
            canvas.Label("name", Margin, y + 18, "This board has no option quotes.");
        }

        for (var i = 0; i < model.Underlyings.Count; i++)
        {
            Underlying(canvas, model.Underlyings[i], i, y);
            y += HeightOf(model.Underlyings[i]);
        }

        xml.WriteEndElement();
        xml.Flush();
        output.Write('\n');
        output.Flush();
    }

    private static double HeightOf(UnderlyingPlot underlying)
    {
        var rows = (underlying.Slices.Count + Columns - 1) / Columns;
        return 52 + (rows * (PanelHeight + Gap)) + (underlying.Slices.Count == 0 ? 26 : 0) + (underlying.Term is { Years.Length: > 0 } ? TermHeight + Gap : 0);
    }

    private static void Underlying(Canvas canvas, UnderlyingPlot underlying, int index, double top)
    {
        var quotes = underlying.Slices.SelectMany(s => s.Quotes).ToList();
        var judged = underlying.Slices.Where(s => s.InsideBidAsk is not null).Select(s => s.InsideBidAsk!.Value).ToList();
        var facts = $"{(underlying.IndexPrice is { } price ? $"index {Price(price)} · " : "")}{underlying.Slices.Count} expiries · {quotes.Count(q => q.Quarantined is null)} of {quotes.Count} quotes used"
            + (underlying.Degraded is null ? "" : $" · ⚠ {Clip(underlying.Degraded, 60)}")
            + (judged.Count > 0 ? $" · fit inside bid-ask {Percent(judged.Average(), 1)} (mean of expiries)" : "");
        canvas.Label("name", Margin, top + 24, underlying.Name, facts);
        if (underlying.Arbitrage is { } arbitrage)
        {
            var clean = arbitrage.ButterflyViolations + arbitrage.CalendarViolations == 0;
            canvas.Label(
                clean ? "end" : "end bad", Width - Margin, top + 24,
                clean ? $"no arbitrage: {arbitrage.Scope}" : $"ARBITRAGE: butterfly {arbitrage.ButterflyViolations}, calendar {arbitrage.CalendarViolations}");
        }
        else
        {
            canvas.Label("end", Width - Margin, top + 24, "not checked for arbitrage");
        }

        var y = top + 40;
        if (underlying.Slices.Count == 0)
        {
            canvas.Label("", Margin, y + 12, "No expiry of this underlying has quotes on the board.");
            y += 26;
        }

        for (var i = 0; i < underlying.Slices.Count; i++)
        {
            Smile(canvas, underlying, underlying.Slices[i], $"{index}-{i}", Margin + (i % Columns * (PanelWidth + Gap)), y + (i / Columns * (PanelHeight + Gap)));
        }

        y += (underlying.Slices.Count + Columns - 1) / Columns * (PanelHeight + Gap);
        if (underlying.Term is { Years.Length: > 0 } term)
        {
            Term(canvas, underlying.Name, term, y);
        }
    }

    private static void Smile(Canvas canvas, UnderlyingPlot underlying, SlicePlot slice, string id, double left, double top)
    {
        var view = SmileView.Of(slice);
        var used = slice.Quotes.Count(q => q.Quarantined is null);
        canvas.Open("g", ("role", "group"), ("class", "smile"));
        canvas.Text("title", null, $"{underlying.Name} {ExpiryName(slice.Expiry)}");
        canvas.Text("desc", null, $"{Days(slice.Years)} to expiry, at-the-money vol {Percent(slice.AtmVol, 1)}, {used} of {slice.Quotes.Count} quotes used, "
            + $"fit inside bid-ask {Percent(slice.InsideBidAsk, 0)}{(slice.Degraded is null ? "" : $", degraded: {slice.Degraded}")}");
        canvas.Label("panel", left, top + 12, ExpiryName(slice.Expiry), Days(slice.Years));
        canvas.Label(
            slice.Degraded is null ? "end" : "end warn", left + PanelWidth, top + 12,
            slice.Degraded is null ? $"ATM {Percent(slice.AtmVol, 1)} · inside {Percent(slice.InsideBidAsk, 0)}" : $"⚠ {Clip(slice.Degraded, 30)}");
        var plot = new Plot(left + 30, top + 20, PanelWidth - 30, PanelHeight - 42, view.From, view.To, view.Low * 100, view.High * 100);
        Axes(canvas, plot, 4, 4, k => Signed(k, Decimals(view.To - view.From)), v => N(v).Replace('-', '\u2212'));
        canvas.Open("clipPath", ("id", $"clip-{id}"));
        canvas.Leaf("rect", ("x", N(plot.Left)), ("y", N(plot.Top)), ("width", N(plot.Width)), ("height", N(plot.Height)));
        canvas.Close();
        canvas.Open("g", ("clip-path", $"url(#clip-{id})"));
        foreach (var quote in view.Shown)
        {
            var x = plot.X(quote.LogMoneyness!.Value);
            var state = quote.Quarantined is not null ? "quarantined" : quote.Inside == false ? "outside" : "inside";
            canvas.Leaf("path", ("class", $"quote {state}"), ("d", Bar(plot, x, quote.BidVol * 100, quote.AskVol * 100)));
        }

        if (slice.Curve.Vol.Length > 0)
        {
            canvas.Leaf("path", ("class", "fit"), ("d", Line(slice.Curve.LogMoneyness.Select(plot.X), slice.Curve.Vol.Select(v => plot.Y(v * 100)))));
        }

        canvas.Close();
        if (slice.Curve.Vol.Length == 0 || slice.Quotes.Count == 0)
        {
            canvas.Label("middle", plot.Left + (plot.Width / 2), plot.Top + (plot.Height / 2), slice.Curve.Vol.Length == 0 ? "no curve fitted" : "no quotes");
        }

        canvas.Close();
    }

    private static string Bar(Plot plot, double x, double? bid, double? ask)
    {
        const double Cap = 2.2;
        var text = new StringBuilder();
        foreach (var side in new[] { ask, bid })
        {
            if (side is { } vol)
            {
                text.Append(CultureInfo.InvariantCulture, $"M{N(x - Cap)} {N(plot.Y(vol))}H{N(x + Cap)}");
            }
        }

        // A lone side has a short stem towards where the other one would be.
        var (from, to) = (bid, ask) switch
        {
            ({ } b, { } a) => (plot.Y(b), plot.Y(a)),
            ({ } b, null) => (plot.Y(b), plot.Y(b) - 6),
            (null, { } a) => (plot.Y(a), plot.Y(a) + 6),
            _ => (0, 0),
        };
        return text.Append(CultureInfo.InvariantCulture, $"M{N(x)} {N(from)}V{N(to)}").ToString();
    }

    private static void Term(Canvas canvas, string name, TermPlot term, double top)
    {
        var x = Array.ConvertAll(term.Years, Math.Sqrt);
        var (low, high) = Padded(term.AtmVol.Select(v => v * 100));
        TermPanel(canvas, $"{name} at-the-money vol, % a year", new Plot(Margin + 30, top + 22, TermWidth - 30, TermHeight - 62, 0, x[^1] * 1.03, low, high), term,
            [("", x, [.. term.AtmVol.Select(v => (double?)v)])]);
        var skew = term.RiskReversal25.Concat(term.Butterfly25).Where(v => v is not null).Select(v => v!.Value * 100).Append(0);
        (low, high) = Padded(skew);
        TermPanel(canvas, $"{name} 25-delta risk reversal (solid) and butterfly (dashed), vol points",
            new Plot(Margin + TermWidth + Gap + 30, top + 22, TermWidth - 30, TermHeight - 62, 0, x[^1] * 1.03, low, high), term,
            [("", x, term.RiskReversal25), (" second", x, term.Butterfly25)]);
    }

    private static void TermPanel(Canvas canvas, string title, Plot plot, TermPlot term, (string Kind, double[] X, double?[] Y)[] lines)
    {
        canvas.Open("g", ("role", "group"), ("class", "termpanel"));
        canvas.Text("title", null, title);
        canvas.Label("panel", plot.Left - 30, plot.Top - 8, title);
        Axes(canvas, plot, 0, 4, _ => "", v => N(v).Replace('-', '\u2212'));
        var last = double.NegativeInfinity;
        foreach (var days in new[] { 1.0 / 24, 0.25, 1, 2, 3, 7, 14, 30, 60, 90, 180, 270, 365, 545, 730, 1095, 1825 })
        {
            var at = plot.X(Math.Sqrt(days / 365));
            if (at - last > 34 && at <= plot.Left + plot.Width && days / 365 >= term.Years[0] * 0.7)
            {
                canvas.Label("middle", at, plot.Top + plot.Height + 15, Days(days / 365));
                last = at;
            }
        }

        canvas.Label("middle", plot.Left + (plot.Width / 2), plot.Top + plot.Height + 32, "time to expiry (square-root scale)");
        if (plot.LowY < 0 && plot.HighY > 0)
        {
            canvas.Leaf("path", ("class", "zero"), ("d", $"M{N(plot.Left)} {N(plot.Y(0))}H{N(plot.Left + plot.Width)}"));
        }

        foreach (var (kind, x, y) in lines)
        {
            var points = x.Zip(y).Where(p => p.Second is not null).Select(p => (X: plot.X(p.First), Y: plot.Y(p.Second!.Value * 100))).ToList();
            if (points.Count > 0)
            {
                canvas.Leaf("path", ("class", $"term{kind}"), ("d", Line(points.Select(p => p.X), points.Select(p => p.Y))));
            }

            foreach (var point in points.Count <= 60 ? points : [])
            {
                canvas.Leaf("circle", ("class", $"dot{kind}"), ("cx", N(point.X)), ("cy", N(point.Y)), ("r", "3"));
            }
        }

        canvas.Close();
    }

    private static void Axes(Canvas canvas, Plot plot, int xTicks, int yTicks, Func<double, string> xText, Func<double, string> yText)
    {
        canvas.Leaf("path", ("class", "grid"), ("d", $"M{N(plot.Left)} {N(plot.Top)}V{N(plot.Top + plot.Height)}H{N(plot.Left + plot.Width)}"));
        foreach (var value in Ticks(plot.LowY, plot.HighY, yTicks))
        {
            canvas.Leaf("path", ("class", "grid"), ("d", $"M{N(plot.Left)} {N(plot.Y(value))}H{N(plot.Left + plot.Width)}"));
            canvas.Label("end", plot.Left - 5, plot.Y(value) + 4, yText(value));
        }

        foreach (var value in xTicks > 0 ? Ticks(plot.FromX, plot.ToX, xTicks) : [])
        {
            canvas.Label("middle", plot.X(value), plot.Top + plot.Height + 15, xText(value));
        }
    }

    private static void Legend(Canvas canvas, double y)
    {
        var x = Margin;
        foreach (var (kind, text) in new[] { ("fit", "fit"), ("quote inside", "bid to ask, fit inside"), ("quote outside", "fit outside (thick)"), ("quote quarantined", "quarantined (dashed)") })
        {
            canvas.Leaf("path", ("class", $"key {kind}"), ("d", kind == "fit" ? $"M{N(x)} {N(y - 4)}h16" : $"M{N(x + 6)} {N(y - 9)}h4M{N(x + 6)} {N(y + 1)}h4M{N(x + 8)} {N(y - 9)}v10"));
            canvas.Label("", x + 22, y, text);
            x += 40 + (text.Length * 6.2);
        }
    }

    /// <summary>Round values inside a range: steps of 1, 2 or 5 times a power of ten.</summary>
    private static IEnumerable<double> Ticks(double from, double to, int about)
    {
        var raw = (to - from) / about;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
        for (var i = Math.Ceiling(from / step); i * step <= to + (step * 1e-9) && i < Math.Ceiling(from / step) + 20; i++)
        {
            yield return Math.Round(i * step, 12);
        }
    }

    private static (double Low, double High) Padded(IEnumerable<double> values)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        var room = high > low ? (high - low) * 0.1 : Math.Max(1, Math.Abs(high) * 0.1);
        return (low - room, high + room);
    }

    private static string Line(IEnumerable<double> xs, IEnumerable<double> ys)
    {
        var text = new StringBuilder();
        foreach (var (x, y) in xs.Zip(ys))
        {
            text.Append(text.Length == 0 ? 'M' : 'L').Append(N(x)).Append(' ').Append(N(y));
        }

        return text.ToString();
    }

    private static string Summary(SurfacePlotModel model)
    {
        return model.Underlyings.Count == 0
            ? "No option quotes."
            : string.Join(" ", model.Underlyings.Select(u => $"{u.Name}: {u.Slices.Count} expiries"
                + (u.Term is { Years.Length: > 0 } t ? $", at-the-money vol from {Percent(t.AtmVol[0], 1)} at {Days(t.Years[0])} to {Percent(t.AtmVol[^1], 1)} at {Days(t.Years[^1])}" : "")
                + (u.Arbitrage is { } a ? $", {a.ButterflyViolations + a.CalendarViolations} arbitrage violations." : ".")));
    }

    /// <summary>As the venue names it: 2AUG26.</summary>
    private static string ExpiryName(DateTimeOffset expiry) => expiry.UtcDateTime.ToString("dMMMyy", CultureInfo.InvariantCulture).ToUpperInvariant();

    private static string Days(double years) => years * 365 < 1 ? $"{Math.Round(years * 365 * 24, 1)} h" : $"{Math.Round(years * 365, years * 365 < 10 ? 1 : 0)} d";

    private static string Percent(double? value, int digits) => value is { } v ? (v * 100).ToString($"F{digits}", CultureInfo.InvariantCulture) + " %" : "—";

    private static string Price(double value) => value.ToString(value >= 1000 ? "#,0" : "0.####", CultureInfo.InvariantCulture).Replace(',', '\u2009');

    private static string Signed(double value, int digits) => value == 0 ? "0" : value.ToString($"+0.{new string('0', digits)};\u22120.{new string('0', digits)}", CultureInfo.InvariantCulture);

    private static int Decimals(double span) => span < 0.1 ? 3 : span < 0.4 ? 2 : 1;

    private static string Short(string hash) => hash.Length > 16 ? hash[..16] : hash;

    private static string Clip(string text, int length) => text.Length <= length ? text : string.Concat(text.AsSpan(0, length - 1), "…");

    /// <summary>At most two decimals: a fiftieth of a pixel.</summary>
    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A panel's rectangle on the page and the ranges it shows.</summary>
    private readonly record struct Plot(double Left, double Top, double Width, double Height, double FromX, double ToX, double LowY, double HighY)
    {
        /// <summary>Pages end somewhere: what lies far outside is clipped anyway and must not overflow a renderer's coordinates.</summary>
        private const double Far = 1e5;

        public double X(double value) => Math.Clamp(Left + ((value - FromX) / (ToX - FromX) * Width), -Far, Far);

        public double Y(double value) => Math.Clamp(Top + Height - ((value - LowY) / (HighY - LowY) * Height), -Far, Far);
    }

    /// <summary>Elements in few words. XmlWriter escapes; characters that XML forbids are replaced, since a name from outside may hold them.</summary>
    private sealed class Canvas(XmlWriter xml)
    {
        public void Attributes(params ReadOnlySpan<(string Name, string Value)> attributes)
        {
            foreach (var (name, value) in attributes)
            {
                xml.WriteAttributeString(name, value);
            }
        }

        public void Open(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
        {
            xml.WriteStartElement(element);
            Attributes(attributes);
        }

        public void Close() => xml.WriteEndElement();

        public void Leaf(string element, params ReadOnlySpan<(string Name, string Value)> attributes)
        {
            Open(element, attributes);
            Close();
        }

        public void Text(string element, string? id, string text)
        {
            xml.WriteStartElement(element);
            if (id is not null)
            {
                xml.WriteAttributeString("id", id);
            }

            xml.WriteString(Allowed(text));
            Close();
        }

        /// <summary>A line of text; the aside follows it in the plain style of labels.</summary>
        public void Label(string kind, double x, double y, string text, string? aside = null)
        {
            xml.WriteStartElement("text");
            if (kind.Length > 0)
            {
                xml.WriteAttributeString("class", kind);
            }

            Attributes(("x", N(x)), ("y", N(y)));
            xml.WriteString(Allowed(text));
            if (aside is not null)
            {
                Open("tspan", ("class", "aside"), ("dx", "9"));
                xml.WriteString(Allowed(aside));
                Close();
            }

            Close();
        }

        private static string Allowed(string text)
        {
            var clean = new StringBuilder(text.Length);
            for (var i = 0; i < text.Length; i++)
            {
                if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
                {
                    clean.Append(text, i++, 2);
                }
                else
                {
                    clean.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
                }
            }

            return clean.ToString();
        }
    }
}
