using System.IO.Compression;
using System.Text;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Readers.Boards;
using Pms.Pricing;
using Pms.Testing;
using Pms.Volatility;

namespace Pms.Simulation.Tests;

/// <summary>Boards of the simulated venue, as files and as food for the surface fit.</summary>
public sealed class BoardTests
{
    /// <summary>The shipped board is what <c>pms sim --script calm --seed 7 --board demo/board.csv.gz</c> writes, byte for byte before compression.</summary>
    [Fact]
    public void DemoBoard_Regenerated_HasTheSameBytes()
    {
        using var file = File.OpenRead(Path.Combine(RepositoryPaths.Root, "demo", "board.csv.gz"));
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var shipped = new MemoryStream();
        unzipped.CopyTo(shipped);

        var exchange = new SimulatedExchange(Markets.With("calm"), 7);
        using var made = new MemoryStream();
        using (var text = new StreamWriter(made, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" })
        {
            new BoardCsvWriter(text).Write(exchange.SnapshotAt(exchange.Parameters.Start.AddMinutes(10)));
        }

        made.ToArray().AsSpan().SequenceEqual(shipped.ToArray()).ShouldBeTrue("regenerate demo/board.csv.gz (docs/simulation.md says how) and explain the change");
    }

    /// <summary>A surface fitted to the quotes prices the hidden truth inside their bid and ask, and finds the true vol at the money.</summary>
    [Theory]
    [InlineData("calm", 7, 10)]
    [InlineData("calm", 21, 60)]
    [InlineData("crash", 22, 120)]
    [InlineData("melt-up", 23, 360)]
    [InlineData("vol-spike", 24, 90)]
    public void Fit_QuotesOfABoard_RecoverTheHiddenSurface(string script, ulong seed, int minutes)
    {
        var exchange = new SimulatedExchange(Markets.With(script) with { Step = TimeSpan.FromSeconds(5) }, seed);
        var at = exchange.Parameters.Start.AddMinutes(minutes);
        var snapshot = exchange.SnapshotAt(at);
        var truth = exchange.TruthAt(at);
        foreach (var id in exchange.Parameters.Families.Select(f => f.Underlying))
        {
            var board = snapshot.Find(id)!;
            var fit = SurfaceFitter.Fit(board, at, SurfaceParameters.Default);
            var quotes = 0;
            var inside = 0;
            foreach (var slice in fit.Surface!.Slices)
            {
                var hidden = truth.Slice(id, slice.Expiry);
                var options = board.Expiries.Single(e => e.Expiry == slice.Expiry).Options;
                var spread = options.Where(q => q.IsTwoSided && Math.Abs(Math.Abs(q.Values.Delta!.Value) - 0.5) < 0.2)
                    .Select(q => (q.Values.AskVol ?? 5) - (q.Values.BidVol ?? 0)).DefaultIfEmpty(5).Max();
                var fitted = Math.Sqrt(slice.Smile.TotalVariance(0) / slice.Years);
                fitted.ShouldBe(hidden.Vol(0), 0.75 * spread, $"{id} {slice.Expiry:ddMMM} at the money");
                foreach (var quote in options)
                {
                    if (!quote.IsTwoSided || Math.Abs(quote.Values.Delta!.Value) is < 0.05 or > 0.95)
                    {
                        continue;
                    }

                    var option = (EuropeanOption)quote.Instrument;
                    var forward = quote.UnderlyingPrice!.Value;
                    var k = Math.Log(option.StrikeValue / slice.Forward);
                    var inputs = new BlackInputs(option.Type, Forward: forward, Strike: option.StrikeValue, Years: slice.Years, Vol: Math.Sqrt(slice.Smile.TotalVariance(k) / slice.Years));
                    var price = id.Settlement == Settlement.Inverse ? Black76.CoinPrice(inputs) : Black76.Price(inputs);
                    quotes++;
                    inside += price >= quote.Bid!.Value && price <= quote.Ask!.Value ? 1 : 0;
                }
            }

            quotes.ShouldBeGreaterThan(80);
            ((double)inside / quotes).ShouldBeGreaterThan(0.97, $"{id}: {inside} of {quotes}");
        }
    }

    [Fact]
    public void SnapshotAt_WrittenAndRead_HasTheSameHash()
    {
        var exchange = new SimulatedExchange(Markets.Small, 9);
        var snapshot = exchange.SnapshotAt(exchange.Parameters.Start.AddMinutes(2));
        using var stream = new MemoryStream();
        using (var text = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" })
        {
            new BoardCsvWriter(text).Write(snapshot);
        }

        var path = Path.Combine(Path.GetTempPath(), $"pms-simulation-{Environment.ProcessId}.csv");
        File.WriteAllBytes(path, stream.ToArray());
        try
        {
            using var file = MarketFile.Open(path);
            file.ReadSnapshots().Single().Hash.ShouldBe(snapshot.Hash);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
