using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Pms.Primitives;
using Pms.Validation.Analysis;

namespace Pms.Cli.Backtest;

/// <summary>The report as one HTML page: tables, pictures and style inline, no script, nothing loaded. The same bytes for the same document.</summary>
internal static class BacktestHtml
{
    private const string Style = """
        :root { color-scheme: light dark; --ground: #fff; --text: #16202c; --muted: #525d6b; --line: #dfe4ea; --own: #0065a8; --other: #76818f; --bad: #a85600; }
        @media (prefers-color-scheme: dark) { :root { --ground: #10141b; --text: #e8ecf2; --muted: #a3afbf; --line: #2c3746; --own: #56b4e9; --other: #8995a6; --bad: #e69f00; } }
        body { background: var(--ground); color: var(--text); font: 14px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; font-variant-numeric: tabular-nums; }
        h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } p, li { max-width: 52rem; } .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 12.5px; } caption { text-align: left; color: var(--muted); padding: .3rem 0; }
        th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
        td.bad { color: var(--bad); font-weight: 600; } svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--muted); }
        .grid { stroke: var(--line); fill: none; } .line { fill: none; stroke-width: 1.6; } .own { stroke: var(--own); fill: var(--own); } .other { stroke: var(--other); fill: var(--other); } .bad { stroke: var(--bad); fill: var(--bad); }
        path.own, path.other, path.bad { fill: none; }
        """;

    /// <summary>A line that goes so many times beyond the first is left out of the picture: the others could not be told apart.</summary>
    private const double MostOfFirst = 3;

    public static void Write(BacktestDocument document, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, Page(document), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    /// <summary>The whole page.</summary>
    public static string Page(BacktestDocument document)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>Backtest of margins</title>\n<style>\n")
            .Append(Style).Append("\n</style>\n</head>\n<body>\n<h1>Backtest of margins</h1>\n");
        var provenance = document.Provenance;
        Paragraph(
            html,
            $"{document.Windows} windows of {Number(provenance.HorizonDays, "G3")} days on {document.Days} days, {document.From.ToIso()} to {document.To.ToIso()}, up to {document.Overlap} at a time. {provenance.Books} books by rule (seed {provenance.Seed}), and aggregates. {Share(document.LegsByModelShare)} % of positions had no quote and were valued on a surface; {document.Skipped.Length} boards were skipped.");
        Paragraph(html, $"Boards, with windows: {document.SourcesText}.{(document.HasModelledBoards ? " Modelled boards are a model's: they say how margins meet such moves of price and vol, not what quotes would have been." : "")}");
        Paragraph(html, $"Version {provenance.Version}; parameters {provenance.ParametersHash}; {(provenance.HistoryHash is { } h ? $"history {h}" : "no history")}.");
        Capital(html, document);
        Path30(html, document);
        Tails(html, document);
        Aggregates(html, document);
        Tools(html, document);
        foreach (var sample in document.Samples)
        {
            Sample(html, sample);
        }

        Method(html, document);
        html.Append("</body>\n</html>\n");
        return html.ToString();
    }

    private static void Capital(StringBuilder html, BacktestDocument document)
    {
        Heading(html, "Initial margin at equal coverage");
        Paragraph(html, "Every model scaled by one factor within the row so that 1 % of the losses exceed its initial margin; mean of margin over notional, in %. What is left is how well a model tells risk apart. Hindsight: the mean of the 99 % quantiles of each book's own losses, which is what one number for each book would have needed.");
        Table(
            html,
            "% of notional",
            ["books", .. document.Models, "hindsight"],
            document.Samples.Select(s => (string[])[s.Name, .. document.Models.Select(m => s.Models.FirstOrDefault(r => r.Model == m)?.Equal is { } e ? Share(e.Average) : ""), Share(s.Hindsight)]));
        if (document.Sample("hedged") is { } hedged)
        {
            Bars(html, "Hedged books: initial margin at equal coverage, % of notional", [.. hedged.Models.Where(m => m.Equal is not null).Select(m => (m.Model, 100 * m.Equal!.Average))]);
        }
    }

    private static void Path30(StringBuilder html, BacktestDocument document)
    {
        Heading(html, "Margins over time");
        foreach (var run in Runs(document))
        {
            (string Name, (DateTimeOffset At, double Value)[] Points)[] lines =
                [.. document.Models.Select((m, i) => (m, run.Where(p => p.Initial[i] is not null).Select(p => (p.At, 100 * p.Initial[i]!.Value)).ToArray()))];
            var most = MostOfFirst * lines[0].Points.Select(p => p.Value).DefaultIfEmpty(double.PositiveInfinity).Max();
            var beyond = lines.Where(l => l.Points.Any(p => p.Value > most)).Select(l => l.Name).ToArray();
            Lines(
                html,
                $"Mean initial margin over notional, %, {run[0].At.ToIso()[..10]} to {run[^1].At.ToIso()[..10]}{(beyond.Length > 0 ? $" (off the scale: {string.Join(", ", beyond)})" : "")}",
                [.. lines.Where(l => !beyond.Contains(l.Name))]);
            Lines(html, "Mean loss over notional until the outcome, %", [("loss", [.. run.Select(p => (p.At, 100 * p.Loss))])]);
        }
    }

    /// <summary>Stretches without a gap of more than a week.</summary>
    private static List<List<MarginPoint>> Runs(BacktestDocument document)
    {
        var runs = new List<List<MarginPoint>>();
        foreach (var point in document.Path)
        {
            if (runs.Count == 0 || point.At - runs[^1][^1].At > TimeSpan.FromDays(7))
            {
                runs.Add([]);
            }

            runs[^1].Add(point);
        }

        return runs;
    }

    private static void Tails(StringBuilder html, BacktestDocument document)
    {
        Heading(html, "Did the stated tails hold?");
        Paragraph(html, $"VaR and ES at 99 %. Intervals: 95 %, circular blocks of {BlockBootstrap.BlockDays} days, all books of a day together. Zones, Kupiec and Christoffersen: each book by itself on windows that do not overlap.");
        foreach (var model in document.Models)
        {
            var rows = document.Samples.Select(s => (s.Name, s.Models.FirstOrDefault(r => r.Model == model)?.Tail)).Where(t => t.Tail is not null).ToArray();
            if (rows.Length > 0)
            {
                Table(
                    html,
                    model,
                    ["books", "VaR breaches %", "low", "high", "1 % inside", "HAC p", "ES breaches %", "Z1", "Z2", "Z2 low", "Z2 high", "green", "yellow", "red", "Kupiec accepts", "Christoffersen accepts"],
                    rows.Select(r => (string[])
                    [
                        r.Name, Share(r.Tail!.Var.Rate), Share(r.Tail.Var.Low), Share(r.Tail.Var.High), r.Tail.Var.Accepts ? "yes" : "!no", r.Tail.Var.PValue is { } p ? Number(p, "F3") : "", Share(r.Tail.EsBreachRate),
                        r.Tail.Z1 is { } z ? Number(z.Value, "F2") : "", Number(r.Tail.Z2.Value, "F2"), Number(r.Tail.Z2.Low, "F2"), Number(r.Tail.Z2.High, "F2"),
                        $"{r.Tail.Zones.Green}", $"{r.Tail.Zones.Yellow}", $"{r.Tail.Zones.Red}", r.Tail.KupiecAccepted is { } k ? Number(100 * k, "F0") + " %" : "", r.Tail.ChristoffersenAccepted is { } c ? Number(100 * c, "F0") + " %" : "",
                    ]));
            }
        }
    }

    private static void Aggregates(StringBuilder html, BacktestDocument document)
    {
        if (document.Aggregates.IsEmpty)
        {
            return;
        }

        Heading(html, "Aggregate accounts as records in time");
        Paragraph(html, "All books of a coin in one account, windows that do not overlap; one record for each time of day that it can begin with.");
        Table(
            html,
            "VaR and ES at 99 %",
            ["account", "model", "record", "breaches", "Basel", "Kupiec p", "Christoffersen p", "Z1", "Z2", "Z2 p", "e-backtest, largest", "e p"],
            document.Aggregates.Select(a => (string[])
            [
                a.Book, a.Model, $"{a.Offset + 1}", $"{a.Result.Kupiec.Exceptions} of {a.Result.Kupiec.Observations}", a.Result.Basel.Zone == "green" ? "green" : "!" + a.Result.Basel.Zone, Number(a.Result.Kupiec.PValue, "G3"),
                a.Result.Christoffersen is { } c ? Number(c.PConditional, "G3") : "", a.Result.AcerbiSzekely?.Z1 is { } z1 ? Number(z1, "F2") : "", a.Result.AcerbiSzekely is { } z ? Number(z.Z2, "F2") : "", a.Result.AcerbiSzekely is { } y ? Number(y.PZ2, "G3") : "",
                a.Result.EBacktest is { } e ? Number(e.Largest, "F2") : "", a.Result.EBacktest is { } w ? Number(w.PValue, "G3") : "",
            ]));
    }

    private static void Tools(StringBuilder html, BacktestDocument document)
    {
        if (document.Tools.IsEmpty)
        {
            return;
        }

        Heading(html, "Procyclicality and its tools");
        Table(
            html,
            $"Maintenance margin of {document.Models[0]}, unchanged rules, share of notional",
            ["tool", "rise in 1 day %", "in 5 days %", "peak / trough in 30 days", "average %", "breaches %"],
            document.Tools.Select(t => (string[])[t.Tool, Share(t.Procyclicality.Rise1Day), Share(t.Procyclicality.Rise5Days), Number(t.Procyclicality.PeakToTrough, "F2"), Share(t.Average), Share(t.Maintenance.Rate)]));
    }

    private static void Sample(StringBuilder html, SampleReport sample)
    {
        Heading(html, $"Books: {sample.Name}");
        Table(
            html,
            $"{sample.Books} books, {sample.Observations} observations; margins and shortfalls in % of notional",
            [
                "model", "refused", "above IM %", "low", "high", "above MM %", "low", "high", "MM green", "yellow", "red", "IM average", "IM peak", "IM / realised ES", "unused %", "mean shortfall, % of IM", "worst shortfall",
                "scale", "average at equal coverage", "peak", "worst shortfall", "FZ score", "DM p against first", "rise 1 d %", "5 d %", "peak/trough",
            ],
            sample.Models.Select(m => (string[])
            [
                m.Model, $"{m.Refused}", Share(m.Initial.Rate), Share(m.Initial.Low), Share(m.Initial.High), Share(m.Maintenance.Rate), Share(m.Maintenance.Low), Share(m.Maintenance.High), $"{m.Zones.Green}", $"{m.Zones.Yellow}", $"{m.Zones.Red}",
                Share(m.AverageInitial), Share(m.PeakInitial), m.PerEs is { } p ? Number(p, "F2") : "", m.Unused is { } u ? Share(u) : "", m.MeanShortfall is { } f ? Share(f) : "", Share(m.WorstShortfall),
                m.Equal is { } e ? Number(e.Scale, "F3") : "", m.Equal is { } a ? Share(a.Average) : "", m.Equal is { } k ? Share(k.Peak) : "", m.Equal is { } w ? Share(w.WorstShortfall) : "", m.Equal?.Score is { } s ? Number(s, "F3") : "", m.Equal?.AgainstFirst is { } d ? Number(d.PValue, "G3") : "",
                Share(m.Procyclicality.Rise1Day), Share(m.Procyclicality.Rise5Days), Number(m.Procyclicality.PeakToTrough, "F2"),
            ]));
    }

    private static void Method(StringBuilder html, BacktestDocument document)
    {
        Heading(html, "Method and limits");
        html.Append("<ul>\n");
        foreach (var line in (string[])
        [
            .. BacktestModels.Ablations.Where(a => document.Models.Contains(a.Name)).Select(a => $"{a.Name}: {a.Change}."),
            "A margin sees its own board and, where one is given, the history that had ended before it. Every board is fitted alone.",
            "Books are made anew on every board by rules that stay the same: tenors in days, strikes in standard deviations, notional in USD. They hold nothing that expires within the window.",
            "A loss is the change of value by the quotes of both boards: the venue's mark held within bid and ask; coins at the venue's forward of the soonest expiry. What closing would cost on top is not in it, though margins ask for it.",
            "At equal coverage one factor serves all books of a row. Factors are of this record, not forecasts; the score takes the mean loss beyond the margin as each model's ES.",
            "Rises and peak over trough are of the mean margin over notional of unchanged rules: what a book that is held through a fall has to add also has its own moneyness in it.",
            "Windows of one stretch overlap where there are several boards a day; books of one moment fall together. Only the intervals by blocks and the HAC tests know that.",
            "Venues' constants are what was published, not what they run today.",
        ])
        {
            html.Append("<li>").Append(HtmlEncoder.Default.Encode(line)).Append("</li>\n");
        }

        html.Append("</ul>\n");
        if (!document.Skipped.IsEmpty)
        {
            Table(html, "Skipped boards", ["board", "code", "reason"], document.Skipped.Select(s => (string[])[s.At.ToIso(), s.Code, s.Message]));
        }
    }

    /// <param name="html">page</param>
    /// <param name="caption">above it</param>
    /// <param name="heads">of the columns</param>
    /// <param name="rows">cells; one that begins with ! is marked</param>
    private static void Table(StringBuilder html, string caption, IEnumerable<string> heads, IEnumerable<string[]> rows)
    {
        html.Append("<div class=\"scroll\"><table>\n<caption>").Append(HtmlEncoder.Default.Encode(caption)).Append("</caption>\n<tr>");
        foreach (var head in heads)
        {
            html.Append("<th scope=\"col\">").Append(HtmlEncoder.Default.Encode(head)).Append("</th>");
        }

        html.Append("</tr>\n");
        foreach (var row in rows)
        {
            html.Append("<tr>");
            foreach (var cell in row)
            {
                var isMarked = cell.StartsWith('!');
                html.Append(isMarked ? "<td class=\"bad\">" : "<td>").Append(HtmlEncoder.Default.Encode(isMarked ? cell[1..] : cell)).Append("</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</table></div>\n");
    }

    private static void Bars(StringBuilder html, string title, (string Name, double Value)[] bars)
    {
        const int rowHeight = 22;
        var most = bars.Select(b => b.Value).DefaultIfEmpty(1).Max();
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 900 {(bars.Length * rowHeight) + 24}\" role=\"img\"><title>{HtmlEncoder.Default.Encode(title)}</title><text x=\"0\" y=\"14\">{HtmlEncoder.Default.Encode(title)}</text>\n");
        for (var i = 0; i < bars.Length; i++)
        {
            var y = 24 + (i * rowHeight);
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{y + 14}\">{HtmlEncoder.Default.Encode(bars[i].Name)}</text><rect class=\"{(i == 0 ? "own" : "other")}\" x=\"110\" y=\"{y + 3}\" width=\"{Number(680 * bars[i].Value / most, "F1")}\" height=\"14\"/><text x=\"{Number(118 + (680 * bars[i].Value / most), "F1")}\" y=\"{y + 14}\">{Number(bars[i].Value, "F2")}</text>\n");
        }

        html.Append("</svg>\n");
    }

    private static void Lines(StringBuilder html, string title, (string Name, (DateTimeOffset At, double Value)[] Points)[] lines)
    {
        const double left = 46, width = 760, top = 24, height = 180;
        var points = lines.SelectMany(l => l.Points).ToArray();
        if (points.Length < 2)
        {
            return;
        }

        var (first, last) = (points.Min(p => p.At), points.Max(p => p.At));
        var (least, most) = (Math.Min(0, points.Min(p => p.Value)), points.Max(p => p.Value));
        var span = Math.Max((last - first).TotalHours, 1);
        var range = most > least ? most - least : 1;
        string X(DateTimeOffset at) => Number(left + (width * (at - first).TotalHours / span), "F1");
        string Y(double value) => Number(top + (height * (most - value) / range), "F1");
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 900 {top + height + 26}\" role=\"img\"><title>{HtmlEncoder.Default.Encode(title)}</title><text x=\"0\" y=\"14\">{HtmlEncoder.Default.Encode(title)}</text>\n");
        for (var tick = 0; tick <= 4; tick++)
        {
            var value = least + (range * tick / 4);
            html.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{left} {Y(value)}h{width}\"/><text x=\"{left - 6}\" y=\"{Y(value)}\" text-anchor=\"end\">{Number(value, "F1")}</text>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{top + height + 18}\">{first.ToIso()[..10]}</text><text x=\"{left + width}\" y=\"{top + height + 18}\" text-anchor=\"end\">{last.ToIso()[..10]}</text>\n");
        var labels = LabelHeights([.. lines.Select(l => l.Points.Length == 0 ? double.NaN : top + (height * (most - l.Points[^1].Value) / range))]);
        for (var i = lines.Length - 1; i >= 0; i--)
        {
            if (lines[i].Points.Length == 0)
            {
                continue;
            }

            html.Append(CultureInfo.InvariantCulture, $"<path class=\"line {(i == 0 ? "own" : "other")}\" d=\"{string.Join(' ', lines[i].Points.Select((p, n) => $"{(n == 0 ? 'M' : 'L')}{X(p.At)} {Y(p.Value)}"))}\"><title>{HtmlEncoder.Default.Encode(lines[i].Name)}</title></path><text x=\"{left + width + 6}\" y=\"{Number(labels[i], "F1")}\">{HtmlEncoder.Default.Encode(lines[i].Name)}</text>\n");
        }

        html.Append("</svg>\n");
    }

    /// <summary>Labels in the order of their lines' ends, none on another.</summary>
    /// <param name="ends">[line] height of its end; NaN where it has none</param>
    private static double[] LabelHeights(double[] ends)
    {
        const double least = 12;
        var heights = (double[])ends.Clone();
        var last = double.NegativeInfinity;
        foreach (var i in Enumerable.Range(0, ends.Length).Where(i => !double.IsNaN(ends[i])).OrderBy(i => ends[i]))
        {
            last = heights[i] = Math.Max(ends[i], last + least);
        }

        return heights;
    }

    private static void Heading(StringBuilder html, string text) => html.Append("<h2>").Append(HtmlEncoder.Default.Encode(text)).Append("</h2>\n");

    private static void Paragraph(StringBuilder html, string text) => html.Append("<p>").Append(HtmlEncoder.Default.Encode(text)).Append("</p>\n");

    private static string Share(double share) => Number(100 * share, "F2");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
