using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;
using Pms.Server.Storage;

namespace Pms.Server.Tests.Books;

/// <summary>Contracts that expire: paid out of the margin at a price that is in the record, never a reason to leave an account without a margin for good.</summary>
public sealed class DeliveryTests
{
    private static readonly EuropeanOption[] Nearest = [.. ServerWorld.First.Boards.Single(b => b.Id == ServerWorld.Family).Expiries[0].Options.Select(o => (EuropeanOption)o.Instrument)];
    private static readonly DateTimeOffset Expiry = Nearest[0].Expiry;

    private static readonly int MinutesToExpiry = (int)Math.Ceiling((Expiry - ServerWorld.First.ObservedAt).TotalMinutes) + 5;

    [Theory]
    [InlineData("SOL_USDC-3MAR26-100-C", 3, 130.5, 91.5)]
    [InlineData("SOL_USDC-3MAR26-100-C", -3, 130.5, -91.5)]
    [InlineData("SOL_USDC-3MAR26-100-C", 3, 99.5, 0)]
    [InlineData("SOL_USDC-3MAR26-100-P", 2, 99.5, 1)]
    [InlineData("SOL_USDC-3MAR26", 7, 99.5, 0)]
    [InlineData("BTC-3MAR26-100000-C", 3, 120000, 0.5)]
    [InlineData("BTC-3MAR26-100000-P", 1, 150000, 0)]
    [InlineData("BTC-3MAR26-100000-P", 1, 70000, 0.42857142)]
    [InlineData("BTC-3MAR26-100000-P", -1, 70000, -0.42857143)]
    public void Settle_PaysWhatTheContractIsWorth_RoundedAgainstTheAccount(string name, decimal quantity, double price, decimal payment)
    {
        var instrument = DeribitNames.Parse(name);
        var expiry = new DateTimeOffset(2026, 3, 3, 8, 0, 0, TimeSpan.Zero);
        var account = new Account("a", [new Position(instrument, quantity)], [new CollateralHolding(instrument.Underlying.SettlementAsset, 1_000)]);
        var deliveries = ImmutableDictionary<(UnderlyingId, DateTimeOffset), double>.Empty.Add((instrument.Underlying, expiry), price);
        SettledAccount.Of(account, deliveries, expiry.AddMilliseconds(-1)).Settled.ShouldBeEmpty("it has not expired yet");
        SettledAccount.Of(account, deliveries.Clear(), expiry).Account.ShouldBeSameAs(account);
        var settled = SettledAccount.Of(account, deliveries, expiry);
        settled.Settled.Single().Payment.ShouldBe(payment);
        settled.Account.Positions.ShouldBeEmpty();
        settled.Account.Collateral.Single().Amount.ShouldBe(1_000 + payment);
    }

    [Fact]
    public void Record_ReadsBack_AndDamageIsNamed()
    {
        var delivery = new Delivery(ServerWorld.Family, Expiry, 143.21, Expiry.AddSeconds(2));
        Delivery.Read(delivery.ToBytes()).ShouldBe(delivery);
        Should.Throw<InvalidInputException>(() => Delivery.Read("{}"u8)).Code.ShouldBe("delivery-record");
        Should.Throw<InvalidInputException>(() => Delivery.Read("[]"u8)).Code.ShouldBe("delivery-record");
    }

    /// <summary>Through an expiry, in a server: the account keeps a margin, says what was settled, and every epoch is recomputed.</summary>
    [Fact]
    public async Task Expiry_InARunningServer_IsSettledFlaggedAndRecomputed()
    {
        var folder = Directory.CreateTempSubdirectory("pms-delivery-tests-").FullName;
        var (call, put) = (Nearest.First(o => o.Type == OptionType.Call), Nearest.Last(o => o.Type == OptionType.Put));
        await using (var world = await ServerWorld.StartAsync(folder: folder))
        {
            var epoch = await world.EpochAsync();
            world.Host.Loop.Change("frank", ServerWorld.Account("frank", 50_000, (call.Name, 10), (put.Name, -4), (ServerWorld.OptionName(4), -3)), "k1");
            epoch = await world.EpochAsync(epoch);
            world.Host.Loop.Current!.Find("frank")!.Settled.ShouldBeEmpty();
            world.Feed.Snapshot = ServerWorld.SnapshotAt(MinutesToExpiry);
            epoch = await world.EpochAsync(epoch);
            var index = world.Feed.Snapshot.Find(ServerWorld.Family)!.Index!.Value.Price;
            var document = await world.GetAsync("accounts/frank");
            document.GetProperty("row").GetProperty("state").GetString().ShouldNotBe("refused");
            document.GetProperty("positions").GetArrayLength().ShouldBe(1);
            var settled = document.GetProperty("settled").EnumerateArray().ToDictionary(s => s.GetProperty("instrument").GetString()!);
            settled[call.Name].GetProperty("price").GetDouble().ShouldBe(index);
            var payment = Floor(10 * Math.Max((decimal)index - call.Strike, 0)) + Floor(-4 * Math.Max(put.Strike - (decimal)index, 0));
            settled.Values.Sum(s => s.GetProperty("payment").GetDecimal()).ShouldBe(payment);
            document.GetProperty("collateral")[0].GetProperty("amount").GetDecimal().ShouldBe(50_000 + payment);
            (await world.GetAsync("alerts")).GetProperty("items").EnumerateArray().Single(a => a.GetProperty("code").GetString() == "settlement-pending").GetProperty("account").GetString().ShouldBe("frank");
            // The files of the epoch are of what was margined: no expired contract is in them.
            (await world.Client.GetStringAsync($"epochs/{epoch}/portfolio", TestContext.Current.CancellationToken)).ShouldNotContain(call.Name);
            // The owner's ledger says what came of it: the flag goes.
            world.Host.Loop.Change("frank", ServerWorld.Account("frank", 51_000, (ServerWorld.OptionName(4), -3)), "k2");
            epoch = await world.EpochAsync(epoch);
            (await world.GetAsync("accounts/frank")).TryGetProperty("settled", out _).ShouldBeFalse();
            (await world.Client.GetStringAsync($"epochs/{epoch - 1}/portfolio", TestContext.Current.CancellationToken)).ShouldNotContain(call.Name);
        }

        using var store = SqliteStore.Open(Path.Combine(folder, "server.db"));
        RecordPages.Read(store, 0).Count(r => r.Kind == RecordKind.Delivery).ShouldBe(1);
        new EpochVerifier(store, 1, TimeProvider.System).VerifyLast(100, null, TestContext.Current.CancellationToken).Differences.ShouldBeEmpty();
    }

    /// <summary>A server that comes back long after an expiry has seen no price for it: the account is refused until its holdings are written anew.</summary>
    [Fact]
    public async Task Expiry_ThatNobodySaw_RefusesTheAccountUntilItIsWritten()
    {
        await using var world = await ServerWorld.StartAsync();
        var epoch = await world.EpochAsync();
        world.Host.Loop.Change("frank", ServerWorld.Account("frank", 50_000, (Nearest[0].Name, 10)), "k1");
        await world.EpochAsync(epoch);
        world.Feed.Snapshot = ServerWorld.SnapshotAt(MinutesToExpiry + 30);
        epoch = await world.EpochAsync(epoch + 1);
        (await world.GetAsync("accounts/frank")).GetProperty("row").GetProperty("refusal").GetProperty("code").GetString().ShouldBe("instrument-expired");
        world.Host.Loop.Change("frank", ServerWorld.Account("frank", 50_500), "k2");
        await world.EpochAsync(epoch);
        (await world.GetAsync("accounts/frank")).GetProperty("row").GetProperty("state").GetString().ShouldBe("healthy");
    }

    private static decimal Floor(decimal amount) => decimal.Floor(amount * 100_000_000m) / 100_000_000m;
}
