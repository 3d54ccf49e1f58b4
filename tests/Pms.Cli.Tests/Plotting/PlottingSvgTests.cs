using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Pms.Cli.Plotting;
using Pms.Primitives;

namespace Pms.Cli.Tests.Plotting;

public sealed class PlottingSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Write_FullBoard_DrawsEveryPricedQuoteAndEveryCurve()
    {
        var model = PlotModels.Board();
        var quotes = model.Underlyings.SelectMany(u => u.Slices).SelectMany(s => s.Quotes).ToList();

        var picture = Picture(model);

        WithClass(picture, "quote").Count.ShouldBe(quotes.Count(q => q.BidVol is not null || q.AskVol is not null));
        WithClass(picture, "quote quarantined").Count.ShouldBe(quotes.Count(q => q.Quarantined is not null));
        WithClass(picture, "quote outside").Count.ShouldBe(quotes.Count(q => q.Quarantined is null && q.Inside == false));
        WithClass(picture, "quote outside").Count.ShouldBeGreaterThan(0);
        WithClass(picture, "fit").Count.ShouldBe(24);
        WithClass(picture, "smile").Count.ShouldBe(24);
        WithClass(picture, "term").Count.ShouldBe(6);
        WithClass(picture, "dot").Count.ShouldBe(2 * 3 * 12);
    }

    [Fact]
    public void Write_BarOfAQuote_EndsAtItsBidAndAsk()
    {
        // Two bars of one panel fix its vertical scale; a third must stand where that scale says.
        var slice = PlotModels.Board(slices: 1).Underlyings[0].Slices[0];
        var board = PlotModels.Board(slices: 1).Underlyings[0];
        QuotePlot Quote(double k, double bid, double ask) => slice.Quotes[0] with { LogMoneyness = k, BidVol = bid, AskVol = ask, Quarantined = null, Inside = true };
        var picture = Picture(PlotModels.With(board with { Slices = [slice with { Curve = CurvePlot.Empty, Quotes = [Quote(-0.1, 0.4, 0.6), Quote(0, 0.45, 0.5), Quote(0.1, 0.5, 0.6)] }] }));

        var bars = WithClass(picture, "quote").Select(e => Stem(e.Attribute("d")!.Value)).ToList();

        bars.Count.ShouldBe(3);
        var perVol = (bars[0].Bid - bars[0].Ask) / 0.2;
        perVol.ShouldBeGreaterThan(0);
        bars[1].Bid.ShouldBe(bars[0].Bid - (0.05 * perVol), 0.05);
        bars[1].Ask.ShouldBe(bars[0].Bid - (0.10 * perVol), 0.05);
        bars[2].Ask.ShouldBe(bars[0].Ask, 0.05);
        (bars[1].X - bars[0].X).ShouldBe(bars[2].X - bars[1].X, 0.05);
    }

    [Fact]
    public void Write_Picture_IsSelfContainedWithTextAndDescriptions()
    {
        var text = Text(PlotModels.Board());

        var picture = XDocument.Parse(text).Root!;
        picture.Element(Svg + "title")!.Value.ShouldBe("Volatility surface");
        picture.Element(Svg + "desc")!.Value.ShouldContain("BTC: 12 expiries");
        picture.Descendants(Svg + "text").Count().ShouldBeGreaterThan(24 * 3);
        WithClass(picture, "smile").ShouldAllBe(g => g.Element(Svg + "title") != null && g.Element(Svg + "desc") != null);
        foreach (var outside in new[] { "href", "<image", "<script", "<foreignObject", "@import", "url(http", "https:" })
        {
            text.ShouldNotContain(outside);
        }
    }

    [Fact]
    public void Write_EveryCoordinate_IsInsideThePictureOrClipped()
    {
        var picture = Picture(PlotModels.Board());
        var width = Number(picture.Attribute("width")!);
        var height = Number(picture.Attribute("height")!);

        foreach (var label in picture.Descendants(Svg + "text"))
        {
            Number(label.Attribute("x")!).ShouldBeInRange(0, width);
            Number(label.Attribute("y")!).ShouldBeInRange(0, height);
        }

        WithClass(picture, "quote").ShouldAllBe(q => q.Parent!.Attribute("clip-path") != null);
    }

    [Fact]
    public void Write_HostileTexts_StayText()
    {
        const string Hostile = "</text><script>alert(1)</script>&]]>\u0000\u0008\uD800\"'";
        var board = PlotModels.Board(slices: 1);
        var model = board with { Title = Hostile, Source = Hostile, Underlyings = [board.Underlyings[0] with { Name = Hostile, Slices = [board.Underlyings[0].Slices[0] with { Degraded = Hostile }] }] };

        var picture = Picture(model);

        picture.Descendants().ShouldAllBe(e => e.Name.LocalName != "script");
        picture.Element(Svg + "title")!.Value.ShouldBe("</text><script>alert(1)</script>&]]>\uFFFD\uFFFD\uFFFD\"'");
    }

    [Fact]
    public void Write_EmptyAndDegradedSlices_SaySo()
    {
        var picture = Picture(PlotModels.Odd());

        var labels = picture.Descendants(Svg + "text").Select(t => t.Value).ToList();
        labels.ShouldContain("no curve fitted");
        labels.ShouldContain("no quotes");
        labels.ShouldContain("No expiry of this underlying has quotes on the board.");
        labels.ShouldContain("not checked for arbitrage");
        labels.ShouldContain("ARBITRAGE: butterfly 3, calendar 2");
        Picture(PlotModels.With()).Descendants(Svg + "text").Select(t => t.Value).ShouldContain("This board has no option quotes.");
    }

    [Theory]
    [MemberData(nameof(PlotModels.Refused), MemberType = typeof(PlotModels))]
    public void Write_ModelThatCannotBeDrawn_IsRefusedBeforeAnythingIsWritten(string what, string code)
    {
        using var output = new MemoryStream();

        Should.Throw<InvalidInputException>(() => SurfaceSvg.Write(PlotModels.Broken(what), output)).Code.ShouldBe(code);

        output.Length.ShouldBe(0);
    }

    private static string Text(SurfacePlotModel model)
    {
        using var output = new MemoryStream();
        SurfaceSvg.Write(model, output);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.ToArray());
    }

    private static XElement Picture(SurfacePlotModel model) => XDocument.Parse(Text(model)).Root!;

    /// <summary>Elements with all the given classes, without the keys of the legend.</summary>
    private static List<XElement> WithClass(XElement picture, string classes)
    {
        var wanted = classes.Split(' ');
        return [.. picture.Descendants().Where(e => e.Attribute("class")?.Value.Split(' ') is { } has && wanted.All(has.Contains) && !has.Contains("key"))];
    }

    /// <summary>The last stroke of a bar: M x bid V ask.</summary>
    private static (double X, double Bid, double Ask) Stem(string path)
    {
        var parts = path[(path.LastIndexOf('M') + 1)..].Split(' ', 'V');
        return (double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    private static double Number(XAttribute attribute) => double.Parse(attribute.Value, CultureInfo.InvariantCulture);
}
