using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Xml;
using Pms.Microstructure.Cascades;
using Pms.Primitives;

namespace Pms.Cli.Plotting;

/// <summary>A cascade as a picture: the first coin's price, notional liquidated and loss of others over time, a line for each system.</summary>
/// <remarks>As <see cref="SurfaceSvg"/>: text stays text, colours follow the viewer's preference, and dashes repeat what colour says.</remarks>
internal static class CascadeSvg
{
    private const double Width = 1240;
    private const double Margin = 28;
    private const double Gap = 46;
    private const double Height = 420;
    private const double Top = 104;
    private const double PlotHeight = 250;
    private const double PlotWidth = (Width - (2 * Margin) - (2 * Gap) - 40) / 3;

    private static readonly string[] Kinds = ["a", "b", "c", "d"];

    private const string Style = """

        svg { --ground: #ffffff; --text: #16202c; --muted: #525d6b; --line: #dfe4ea; --a: #76818f; --b: #a85600; --c: #7a3e9d; --d: #0065a8; --path: #101820; }
        @media (prefers-color-scheme: dark) {
          svg { --ground: #10141b; --text: #e8ecf2; --muted: #a3afbf; --line: #2c3746; --a: #8995a6; --b: #e69f00; --c: #cc9be8; --d: #56b4e9; --path: #ffffff; }
        }
        .ground { fill: #ffffff; fill: var(--ground); }
        text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; font-size: 11px; fill: #525d6b; fill: var(--muted); }
        .title { font-size: 20px; font-weight: 600; fill: #16202c; fill: var(--text); }
        .panel { font-size: 13px; font-weight: 600; fill: #16202c; fill: var(--text); }
        .end { text-anchor: end; } .middle { text-anchor: middle; }
        .grid { stroke: #dfe4ea; stroke: var(--line); stroke-width: 1; fill: none; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .path { stroke: #101820; stroke: var(--path); stroke-width: 1.2; stroke-dasharray: 2 3; }
        .a { stroke: #76818f; stroke: var(--a); stroke-dasharray: 8 3; } .b { stroke: #a85600; stroke: var(--b); stroke-dasharray: 5 2; }
        .c { stroke: #7a3e9d; stroke: var(--c); stroke-dasharray: 2 2; } .d { stroke: #0065a8; stroke: var(--d); }

        """;

    /// <exception cref="InvalidInputException"><c>output-format</c></exception>
    public static void Write(ImmutableArray<SystemOutcome> outcomes, CascadeScene scene, double fall, string path)
    {
        if (!Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidInputException("output-format", $"'{PrintableText.Of(path)}' does not end in .svg");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        using var xml = XmlWriter.Create(writer, new XmlWriterSettings { Indent = true, IndentChars = " ", NewLineChars = "\n" });
        var coin = outcomes[0].Lows[0].Coin;
        xml.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        Attributes(xml, ("viewBox", $"0 0 {N(Width)} {N(Height)}"), ("width", N(Width)), ("height", N(Height)), ("role", "img"), ("aria-labelledby", "title description"));
        Element(xml, "title", ("id", "title"), $"Cascade: {coin} -{100 * fall:F0} %");
        Element(xml, "desc", ("id", "description"), string.Join("; ", outcomes.Select(o => $"{o.Name}: {o.Liquidated / 1e6:N1} M USD liquidated, net loss of fund and others {o.NetLoss / 1e6:N2} M, overshoot {100 * o.Lows[0].Overshoot:F1} %")));
        xml.WriteElementString("style", Style);
        xml.WriteStartElement("rect");
        Attributes(xml, ("class", "ground"), ("width", N(Width)), ("height", N(Height)));
        xml.WriteEndElement();
        Text(xml, "title", Margin, 36, $"Liquidations in a fall of {100 * fall:F0} %");
        Text(xml, "", Margin, 56, $"{scene.Start.At.ToIso()}, minutes since; dotted: {coin} without liquidations");
        for (var i = 0; i < outcomes.Length; i++)
        {
            var x = Margin + (i * 250);
            Polyline(xml, Kinds[i], $"M{N(x)} 74H{N(x + 34)}");
            Text(xml, "", x + 40, 78, $"{outcomes[i].Name}, {outcomes[i].Capital / 1e6:N0} M USD posted");
        }

        var points = outcomes[0].Points;
        Panel(xml, 0, $"{coin} / start", outcomes, p => p.Price, v => v.ToString("F2", CultureInfo.InvariantCulture), ("path", points.Select(p => p.Path)));
        Panel(xml, 1, "notional liquidated, M USD", outcomes, p => p.LiquidatedUsd / 1e6, v => v.ToString("N0", CultureInfo.InvariantCulture), null);
        Panel(xml, 2, "loss of fund and others, M USD", outcomes, p => p.LossUsd / 1e6, v => v.ToString("N2", CultureInfo.InvariantCulture), null);
        xml.WriteEndElement();
    }

    private static void Panel(
        XmlWriter xml, int column, string title, ImmutableArray<SystemOutcome> outcomes, Func<CascadePoint, double> value, Func<double, string> label, (string Kind, IEnumerable<double> Values)? more)
    {
        var left = Margin + 40 + (column * (PlotWidth + Gap));
        var all = outcomes.SelectMany(o => o.Points.Select(value)).Concat(more?.Values ?? []).ToArray();
        var (low, high) = (Math.Min(all.Min(), all.Max()), all.Max());
        (low, high) = high - low < 1e-9 ? (low, low + 1) : (low, high + (0.05 * (high - low)));
        var minutes = Math.Max(outcomes[0].Points.Length - 1, 1);
        double X(double minute) => left + (minute / minutes * PlotWidth);
        double Y(double v) => Top + PlotHeight - ((v - low) / (high - low) * PlotHeight);
        Text(xml, "panel", left, Top - 8, title);
        for (var tick = 0; tick <= 4; tick++)
        {
            var v = low + ((high - low) * tick / 4);
            Polyline(xml, "grid", $"M{N(left)} {N(Y(v))}H{N(left + PlotWidth)}");
            Text(xml, "end", left - 5, Y(v) + 4, label(v));
            var minute = minutes * tick / 4;
            Text(xml, "middle", X(minute), Top + PlotHeight + 18, minute.ToString(CultureInfo.InvariantCulture));
        }

        void Line(string kind, IEnumerable<double> values)
        {
            var path = new StringBuilder();
            foreach (var (v, minute) in values.Select((v, m) => (v, m)))
            {
                path.Append(minute == 0 ? 'M' : 'L').Append(N(X(minute))).Append(' ').Append(N(Y(v)));
            }

            Polyline(xml, kind, path.ToString());
        }

        for (var i = 0; i < outcomes.Length; i++)
        {
            Line(Kinds[i], outcomes[i].Points.Select(value));
        }

        if (more is { } extra)
        {
            Line(extra.Kind, extra.Values);
        }
    }

    private static void Polyline(XmlWriter xml, string kind, string path)
    {
        xml.WriteStartElement("path");
        Attributes(xml, ("class", kind == "grid" ? kind : $"line {kind}"), ("d", path));
        xml.WriteEndElement();
    }

    private static void Text(XmlWriter xml, string kind, double x, double y, string text)
    {
        xml.WriteStartElement("text");
        if (kind.Length > 0)
        {
            xml.WriteAttributeString("class", kind);
        }

        Attributes(xml, ("x", N(x)), ("y", N(y)));
        xml.WriteString(text);
        xml.WriteEndElement();
    }

    private static void Element(XmlWriter xml, string name, (string Name, string Value) attribute, string text)
    {
        xml.WriteStartElement(name);
        Attributes(xml, attribute);
        xml.WriteString(text);
        xml.WriteEndElement();
    }

    private static void Attributes(XmlWriter xml, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        foreach (var (name, value) in attributes)
        {
            xml.WriteAttributeString(name, value);
        }
    }

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
