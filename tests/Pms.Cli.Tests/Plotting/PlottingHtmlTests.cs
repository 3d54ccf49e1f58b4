using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pms.Cli.Plotting;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Tests.Plotting;

public sealed partial class PlottingHtmlTests
{
    private const string Hostile = "</script><script>alert(1)</script><!--\u2028\u2029\"'&{{data}}{{title}}";

    [Fact]
    public void Write_FullBoard_HoldsEveryQuoteAndCurvePoint()
    {
        var model = PlotModels.Board();

        using var data = JsonDocument.Parse(DataOf(Page(model)));

        var root = data.RootElement;
        root.GetProperty("snapshotHash").GetString().ShouldBe(model.SnapshotHash);
        var underlyings = root.GetProperty("underlyings").EnumerateArray().ToList();
        underlyings.Select(u => u.GetProperty("name").GetString()).ShouldBe(["BTC", "ETH"]);
        for (var i = 0; i < underlyings.Count; i++)
        {
            var slices = underlyings[i].GetProperty("slices").EnumerateArray().ToList();
            slices.Count.ShouldBe(12);
            for (var j = 0; j < slices.Count; j++)
            {
                var expected = model.Underlyings[i].Slices[j];
                var quotes = slices[j].GetProperty("quotes").EnumerateArray().ToList();
                quotes.Count.ShouldBe(expected.Quotes.Count);
                quotes.Select(q => q.GetProperty("quarantined").GetString()).ShouldBe(expected.Quotes.Select(q => q.Quarantined));
                quotes.Select(q => q.GetProperty("type").GetString()).ShouldBe(expected.Quotes.Select(q => q.Type == OptionType.Call ? "call" : "put"));
                foreach (var (quote, source) in quotes.Zip(expected.Quotes))
                {
                    quote.GetProperty("strike").GetDouble().ShouldBe(source.Strike, source.Strike * 1e-8);
                    quote.GetProperty("bidVol").ValueKind.ShouldBe(source.BidVol is null ? JsonValueKind.Null : JsonValueKind.Number);
                }

                var vols = slices[j].GetProperty("curve").GetProperty("vol").EnumerateArray().Select(v => v.GetDouble()).ToList();
                vols.Count.ShouldBe(expected.Curve.Vol.Length);
                vols.Zip(expected.Curve.Vol).ShouldAllBe(p => Math.Abs(p.First - p.Second) <= 1e-8 * p.Second);
            }
        }
    }

    [Fact]
    public void Write_HostileTexts_CannotLeaveTheirPlace()
    {
        var board = PlotModels.Board(slices: 1);
        var slice = board.Underlyings[0].Slices[0];
        var model = new SurfacePlotModel(Hostile, Hostile, board.Instant, Hostile,
            [board.Underlyings[0] with { Name = Hostile, Slices = [slice with { Degraded = Hostile, Quotes = [slice.Quotes[0] with { Quarantined = Hostile }] }] }]);

        var page = Page(model);

        // The page has the two script elements of the template, whatever the data say, and every text comes back as it went in.
        ScriptTags().Count(page.Replace(ScriptOf(page), "", StringComparison.Ordinal)).ShouldBe(4);
        page.ShouldNotContain("alert(1)</script>");
        DataOf(page).ShouldNotContain("<");
        DataOf(page).ShouldNotContain("\u2028");
        using var data = JsonDocument.Parse(DataOf(page));
        data.RootElement.GetProperty("title").GetString().ShouldBe(Hostile);
        var underlying = data.RootElement.GetProperty("underlyings")[0];
        underlying.GetProperty("name").GetString().ShouldBe(Hostile);
        underlying.GetProperty("slices")[0].GetProperty("degraded").GetString().ShouldBe(Hostile);
        underlying.GetProperty("slices")[0].GetProperty("quotes")[0].GetProperty("quarantined").GetString().ShouldBe(Hostile);
    }

    [Fact]
    public void Write_Page_LoadsNothingFromAnywhere()
    {
        var page = Page(PlotModels.Board());

        // What the page itself could load: no address outside the chart script, whose only addresses are the names of XML namespaces.
        var shell = page.Replace(ScriptOf(page), "", StringComparison.Ordinal);
        shell.ShouldNotContain("//");
        shell.ShouldNotContain("@import");
        shell.ShouldNotContain("url(");
        Addresses().Matches(ScriptOf(page)).Select(m => m.Value).Distinct().Where(a => !a.StartsWith("http://www.w3.org/", StringComparison.Ordinal)).ShouldBeEmpty();

        // And the browser is told to refuse the rest: nothing may load, one script may run, and it is the one in the page.
        var policy = Policy().Match(page).Groups["policy"].Value;
        policy.ShouldStartWith("default-src 'none';");
        policy.ShouldNotContain("unsafe-eval");
        policy.ShouldContain($"script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(ScriptOf(page))))}';");
    }

    [Fact]
    public void Write_FullBoard_StaysSmallEnoughToMail()
    {
        // 1.13 MB of chart code (docs/decisions) and some 200 bytes a quote.
        Encoding.UTF8.GetByteCount(Page(PlotModels.Board())).ShouldBeLessThan(2_000_000);
        Encoding.UTF8.GetByteCount(Page(PlotModels.With())).ShouldBeLessThan(1_250_000);
    }

    [Fact]
    public void Write_SameModel_SameBytes()
    {
        Page(PlotModels.Board()).ShouldBe(Page(PlotModels.Board()));
    }

    [Fact]
    public void Write_EmptyAndDegradedSlices_AreWritten()
    {
        using var data = JsonDocument.Parse(DataOf(Page(PlotModels.Odd())));

        var slices = data.RootElement.GetProperty("underlyings")[0].GetProperty("slices").EnumerateArray().ToList();
        slices[0].GetProperty("curve").GetProperty("vol").GetArrayLength().ShouldBe(0);
        slices[0].GetProperty("atmVol").ValueKind.ShouldBe(JsonValueKind.Null);
        slices[1].GetProperty("quotes").GetArrayLength().ShouldBe(0);
        slices[1].GetProperty("degraded").GetString().ShouldNotBeNullOrEmpty();
        data.RootElement.GetProperty("underlyings")[1].GetProperty("slices").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(PlotModels.Refused), MemberType = typeof(PlotModels))]
    public void Write_ModelThatCannotBeDrawn_IsRefusedBeforeAnythingIsWritten(string what, string code)
    {
        using var output = new MemoryStream();

        var error = Should.Throw<InvalidInputException>(() => SurfaceHtml.Write(PlotModels.Broken(what), output));

        error.Code.ShouldBe(code);
        error.Message.ShouldNotBeNullOrWhiteSpace();
        output.Length.ShouldBe(0);
    }

    private static string Page(SurfacePlotModel model)
    {
        using var output = new MemoryStream();
        SurfaceHtml.Write(model, output);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.ToArray());
    }

    private static string DataOf(string page) => Between(page, "<script type=\"application/json\" id=\"surface-data\">");

    private static string ScriptOf(string page) => Between(page, "<script>");

    private static string Between(string page, string open)
    {
        var from = page.LastIndexOf(open, StringComparison.Ordinal) + open.Length;
        return page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)];
    }

    [GeneratedRegex("</?script", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ScriptTags();

    [GeneratedRegex("https?://[^\"'`\\s)]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Addresses();

    [GeneratedRegex("Content-Security-Policy\" content=\"(?<policy>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Policy();
}
