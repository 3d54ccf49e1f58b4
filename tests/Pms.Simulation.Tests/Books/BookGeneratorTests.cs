using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Simulation.Books;
using Pms.Simulation.Parameters;
using Pms.Volatility;

namespace Pms.Simulation.Tests.Books;

public sealed class BookGeneratorTests
{
    private static readonly Lazy<(MarketSnapshot Snapshot, MarginMarket Market)> Board = new(() =>
    {
        var snapshot = new SimulatedExchange(SimulationParameters.Default, seed: 3).SnapshotAt(SimulationParameters.Default.Start.AddDays(1));
        var surfaces = snapshot.Boards.Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, SurfaceParameters.Default).Surface).OfType<VolSurface>().ToArray();
        return (snapshot, MarginMarketBuilder.Build(snapshot, surfaces, new Dictionary<Asset, double>(), [], [], out _));
    });

    [Fact]
    public void Generate_SameSeed_SameBookAndPrefix()
    {
        var all = Make(7, 120);
        Text(Make(7, 120)).ShouldBe(Text(all));
        Text(Make(7, 30)).ShouldBe(Text(all.Take(30)));
        Text(Make(8, 120)).ShouldNotBe(Text(all));
    }

    [Fact]
    public void Generate_EveryStyle_HoldsListedContractsInCanonicalForm()
    {
        var listed = Board.Value.Snapshot.Boards.SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears)).Select(q => q.Instrument).ToHashSet();
        var accounts = Make(1, 300);
        accounts.Select(a => a.Id).Distinct().Count().ShouldBe(300);
        foreach (var account in accounts)
        {
            account.Positions.ShouldAllBe(p => p.Quantity != 0 && (listed.Contains(p.Instrument) || p.Instrument is Perpetual));
            account.Positions.Select(p => p.Instrument.Name).ShouldBe(account.Positions.Select(p => p.Instrument.Name).Distinct().Order(StringComparer.Ordinal));
            account.Collateral.ShouldAllBe(c => c.Amount > 0);
        }

        accounts.Count(a => a.Positions.Length == 0).ShouldBeLessThan(15);
        foreach (var style in new[] { "hedged", "spread", "short-wing", "directional", "calendar", "cross-asset" })
        {
            accounts.Count(a => a.Id.StartsWith(style, StringComparison.Ordinal)).ShouldBe(50);
        }

        accounts.Where(a => a.Id.StartsWith("short-wing", StringComparison.Ordinal)).ShouldAllBe(a => a.Positions.All(p => p.Quantity < 0));
        accounts.Any(a => a.Positions.Select(p => p.Instrument.Underlying.Base).Distinct().Count() > 1).ShouldBeTrue("some account must trade two coins");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_001)]
    public void Generate_CountOutOfRange_Refuses(int count) => Should.Throw<InvalidInputException>(() => Make(1, count)).Code.ShouldBe("book-count");

    private static ImmutableArray<Account> Make(ulong seed, int count) => new BookGenerator(Board.Value.Snapshot, Board.Value.Market, seed).Generate(count);

    private static string Text(IEnumerable<Account> accounts) => string.Join('\n', accounts.Select(a =>
        $"{a.Id}: {string.Join(' ', a.Positions.Select(p => $"{p.Instrument.Name} {p.Quantity}"))} | {string.Join(' ', a.Collateral.Select(c => $"{c.Asset} {c.Amount}"))}"));
}
