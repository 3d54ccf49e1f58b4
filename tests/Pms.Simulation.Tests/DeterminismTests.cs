using System.Security.Cryptography;
using Pms.MarketData.Snapshots;
using Pms.Simulation.Dialect;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Simulation.Tests;

/// <summary>Same seed and parameters, same bytes: whatever was asked before, and on every machine.</summary>
public sealed class DeterminismTests
{
    /// <summary>SHA-256 of ten minutes of feed as session text. It holds with AVX2 on and off; a change of it is a change of the simulated market.</summary>
    private const string TenMinutesHash = "00f962cd339c5658f4bfeb485b3c8c01ed16fad00b6c4c7e39dc1f082631f9f3";

    /// <summary>Hash of the snapshot three hours into a crash, seed 11.</summary>
    private const string CrashSnapshotHash = "d60cdcb08b8c49940975a9f5ff1bc7b25ede7df634d02c8ab7951e1c8775e0fe";

    [Fact]
    public void Messages_TenMinutesOfSeed7_HaveTheRecordedBytes()
    {
        Sha256OfSession(new SimulatedExchange(SimulationParameters.Default, 7), TimeSpan.Zero, TimeSpan.FromMinutes(10)).ShouldBe(TenMinutesHash);
    }

    [Fact]
    public void SnapshotAt_DepthOfTheCrashOfSeed11_HasTheRecordedHash()
    {
        var exchange = new SimulatedExchange(Markets.With("crash"), 11);
        exchange.SnapshotAt(exchange.Parameters.Start.AddHours(3)).Hash.ToString().ShouldBe(CrashSnapshotHash);
    }

    [Fact]
    public void Messages_TwoExchangesOfOneSeed_WriteTheSameBytes()
    {
        var first = Sha256OfSession(new SimulatedExchange(Markets.Small, 3), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        var second = Sha256OfSession(new SimulatedExchange(Markets.Small, 3), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        var other = Sha256OfSession(new SimulatedExchange(Markets.Small, 4), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        second.ShouldBe(first);
        other.ShouldNotBe(first);
    }

    [Fact]
    public void SnapshotAt_AskedInAnyOrder_IsTheSame()
    {
        var exchange = new SimulatedExchange(Markets.Small, 5);
        var start = exchange.Parameters.Start;
        DateTimeOffset[] instants = [start.AddMinutes(7), start, start.AddSeconds(31), start.AddMinutes(3)];
        var forward = instants.ToDictionary(t => t, t => exchange.SnapshotAt(t).Hash);
        foreach (var instant in instants.Reverse())
        {
            new SimulatedExchange(Markets.Small, 5).SnapshotAt(instant).Hash.ShouldBe(forward[instant]);
        }
    }

    /// <summary>The state that a subscriber builds from the feed is the snapshot asked for directly, hash for hash.</summary>
    [Theory]
    [InlineData("calm", 10)]
    [InlineData("flash-crash", 7)]
    [InlineData("vol-spike", 20)]
    public void SnapshotAt_AfterTheFeedFromTheStart_IsItsState(string script, int minutes)
    {
        var exchange = new SimulatedExchange(Markets.Small with { Scripts = Markets.Script(script) }, 6);
        var start = exchange.Parameters.Start;
        var until = start.AddMinutes(minutes);
        var state = new MarketState();
        foreach (var e in exchange.Run(start, until.AddSeconds(1)))
        {
            state.Apply(e).ShouldBeNull();
        }

        Normal(state.Seal(until)).ShouldBe(Normal(exchange.SnapshotAt(until)));
    }

    /// <summary>Joining late shows the same market: same values and books, only received later.</summary>
    [Fact]
    public void Run_JoinedLate_ShowsTheSameValues()
    {
        var exchange = new SimulatedExchange(Markets.Small, 8);
        var start = exchange.Parameters.Start;
        var until = start.AddMinutes(6);
        var late = Seal(exchange, start.AddMinutes(5), until);
        var early = exchange.SnapshotAt(until);
        late.Boards.Length.ShouldBe(early.Boards.Length);
        for (var b = 0; b < early.Boards.Length; b++)
        {
            var expected = Quotes(early.Boards[b]).ToArray();
            var found = Quotes(late.Boards[b]).ToArray();
            found.Length.ShouldBe(expected.Length);
            for (var i = 0; i < expected.Length; i++)
            {
                found[i].Instrument.ShouldBe(expected[i].Instrument);
                found[i].Values.ShouldBe(expected[i].Values);
                found[i].Provenance.ExchangeTime.ShouldBe(expected[i].Provenance.ExchangeTime);
                found[i].Depth!.ChangeId.ShouldBe(expected[i].Depth!.ChangeId);
                found[i].Depth!.Bids.ShouldBe(expected[i].Depth!.Bids);
                found[i].Depth!.Asks.ShouldBe(expected[i].Depth!.Asks);
            }
        }
    }

    [Fact]
    public void Hash_AnyParameterMoved_Changes()
    {
        var basis = SimulationParameters.Default;
        SimulationParameters[] moved =
        [
            basis with { Start = basis.Start.AddDays(1) },
            basis with { Step = TimeSpan.FromMilliseconds(500) },
            basis with { Coins = basis.Coins.SetItem(1, basis.Coins[1] with { VolOfVariance = 2.81 }) },
            basis with { Families = basis.Families.SetItem(0, basis.Families[0] with { OptionTick = 0.0002m, OptionTickThreshold = 0.005m }) },
            basis with { SpotPairs = basis.SpotPairs.RemoveAt(0) },
            basis with { Common = basis.Common with { JumpIntensity = 5 } },
            basis with { Quoting = basis.Quoting with { OptionLevels = 4 } },
            basis with { Trading = basis.Trading with { Branching = 0.5 } },
            basis with { Scripts = Markets.Script("crash") },
            basis with { Scripts = ScheduledScript.Parse("crash@01:00") },
        ];
        moved.Append(basis).Select(p => p.Hash()).Distinct().Count().ShouldBe(moved.Length + 1);
        (basis with { }).Hash().ShouldBe(basis.Hash());
    }

    // The state keeps an index for a coin from ticker and index message alike, so only the order of equal stamps could differ; the hash covers all numbers.
    private static string Normal(MarketSnapshot snapshot) => snapshot.Hash.ToString();

    private static MarketSnapshot Seal(SimulatedExchange exchange, DateTimeOffset from, DateTimeOffset until)
    {
        var state = new MarketState();
        foreach (var e in exchange.Run(from, until.AddSeconds(1)))
        {
            state.Apply(e).ShouldBeNull();
        }

        return state.Seal(until);
    }

    private static IEnumerable<InstrumentQuote> Quotes(UnderlyingBoard board) => board.Linears.Concat(board.Expiries.SelectMany(e => e.Options));

    private static string Sha256OfSession(SimulatedExchange exchange, TimeSpan from, TimeSpan until)
    {
        using var stream = new MemoryStream();
        var start = exchange.Parameters.Start;
        using (var writer = new SimulatedSessionWriter(stream, start + from, compress: false))
        {
            foreach (var message in exchange.Messages(start + from, start + until))
            {
                writer.Write(message);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(stream.ToArray()));
    }
}
