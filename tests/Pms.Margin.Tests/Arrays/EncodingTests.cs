using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pms.Margin.Arrays;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Arrays;

/// <summary>Ticks, lots, sums and bytes of the risk array at their corners.</summary>
public sealed class EncodingTests
{
    [Theory]
    [InlineData(250_000.0, -6)]
    [InlineData(100_001.0, -6)]
    [InlineData(100_000.0, -5)]
    [InlineData(60_000.0, -5)]
    [InlineData(3_000.0, -4)]
    [InlineData(150.0, -3)]
    [InlineData(12.0, -2)]
    [InlineData(9.99, -1)]
    [InlineData(0.6, -1)]
    [InlineData(0.05, -1)]
    [InlineData(0.049, 0)]
    [InlineData(0.00001, 3)]
    public void LotExponent_Price_IsTheDocumentedTable(double price, int exponent)
    {
        LotRule.LotExponent(price).ShouldBe(exponent);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void LotExponent_NotAPrice_Refuses(double price)
    {
        Should.Throw<InvalidInputException>(() => LotRule.LotExponent(price)).Code.ShouldBe("lot-price");
    }

    [Fact]
    public void Build_ChosenLot_IsTakenAndKeptInsideItsRange()
    {
        var options = RiskArrayOptions.Default with { LotExponents = ImmutableDictionary<Asset, int>.Empty.Add(ArrayMarkets.Btc, -2) };
        var array = RiskArray.Build(ArrayMarkets.Market(), ArrayMarkets.Scenarios(50), ArrayMarkets.Instruments(), [ArrayMarkets.Btc], options);
        array.Rows[array.RowOf(RowKey.Of(ArrayMarkets.Btc))].LotExponent.ShouldBe(-2);
        array.Rows[array.RowOf(RowKey.Of(new Perpetual(ArrayMarkets.Inverse)))].LotExponent.ShouldBe(0);
        var beyond = options with { LotExponents = options.LotExponents.SetItem(ArrayMarkets.Btc, 10) };
        Should.Throw<InvalidInputException>(() => RiskArray.Build(ArrayMarkets.Market(), ArrayMarkets.Scenarios(5), [], [ArrayMarkets.Btc], beyond)).Code.ShouldBe("lot-exponent");
    }

    [Fact]
    public void Build_GainsBeyondTheRange_TakeACoarserTick()
    {
        // Lots of a whole coin would leave 2,147 USD; the scenarios move tens of thousands. The tick grows, the lot shrinks, whole lots stay whole.
        var options = RiskArrayOptions.Default with { LotExponents = ImmutableDictionary<Asset, int>.Empty.Add(ArrayMarkets.Btc, 0) };
        var set = ArrayMarkets.Scenarios(400);
        var array = RiskArray.Build(ArrayMarkets.Market(), set, ArrayMarkets.Instruments(), [ArrayMarkets.Btc], options);
        var row = array.Rows[array.RowOf(RowKey.Of(ArrayMarkets.Btc))];
        row.LotExponent.ShouldBe(-2);
        row.TickExponent.ShouldBe(-4);
        row.MostTicks.ShouldBe(row.Ticks.ToArray().Max(t => Math.Abs(t)));
        (10L * row.MostTicks).ShouldBeGreaterThan(int.MaxValue, "a finer tick would not have done");
        row.Lots(7).ShouldBe(700);
        foreach (var other in array.Rows)
        {
            other.MostTicks.ShouldBe(other.Ticks.ToArray().Max(t => Math.Abs(t)), other.Key.Name);
        }
    }

    [Fact]
    public void Lots_NotWhole_RefusesWithTheLot()
    {
        var array = ArrayMarkets.MakeArray();
        var perpetual = array.Rows[array.RowOf(RowKey.Of(new Perpetual(ArrayMarkets.Inverse)))];
        perpetual.TryLots(10.5m, out _, out var refusal).ShouldBeFalse();
        refusal!.Code.ShouldBe("quantity-lot");
        perpetual.Lots(-10).ShouldBe(-10);
        var coin = array.Rows[array.RowOf(RowKey.Of(ArrayMarkets.Btc))];
        coin.Lots(1.00001m).ShouldBe(100_001);
        coin.TryLots(0.000011m, out _, out refusal).ShouldBeFalse();
        refusal!.Message.ShouldContain("0.00001");
        // Fractions that a product or a quotient of 28 digits could round away.
        coin.TryLots(1.0000000000000000000000000001m, out _, out _).ShouldBeFalse();
        coin.TryLots(-12_345_678_901_234.000000000000001m, out _, out _).ShouldBeFalse();
        coin.Lots(-12_345_678_901_234.000010000000000m).ShouldBe(-1_234_567_890_123_400_001);
        coin.Lots(92_233_720_368_547m).ShouldBe(9_223_372_036_854_700_000);
        Should.Throw<InvalidInputException>(() => coin.Lots(92_233_720_368_548m)).Code.ShouldBe("quantity-range");
        Should.Throw<InvalidInputException>(() => coin.Lots(decimal.MaxValue)).Code.ShouldBe("quantity-range");
        Should.Throw<InvalidInputException>(() => perpetual.NearestLots(decimal.MinValue, out _)).Code.ShouldBe("quantity-range");
    }

    [Fact]
    public void NearestLots_AnyAmount_RestCostsNoMoreThanItsBound()
    {
        var array = ArrayMarkets.MakeArray(scenarios: 300);
        var row = array.Rows[array.RowOf(RowKey.Of(ArrayMarkets.Usdc))];
        foreach (var amount in new[] { 0m, 0.04m, -0.04m, 1_234.567891m, 99.95m, -3.14159m })
        {
            var lots = row.NearestLots(amount, out var bound);
            var rest = (double)(amount - (lots * 0.1m));
            Math.Abs(rest).ShouldBeLessThanOrEqualTo(0.05);
            foreach (var tick in row.Ticks)
            {
                Math.Abs(rest * 10 * tick).ShouldBeLessThanOrEqualTo(bound);
            }

            bound.ShouldBeLessThanOrEqualTo((row.MostTicks / 2) + 2);
        }
    }

    [Fact]
    public void AccountPnl_RandomAccounts_IsTheExactSumInAnyOrder()
    {
        var array = ArrayMarkets.MakeArray(scenarios: 97);
        var cases = FuzzBudget.Cases(200);
        for (var c = 0; c < cases; c++)
        {
            var draw = new Pms.Numerics.RandomStream(60 + (ulong)c);
            var size = c % 5 == 0 ? long.MaxValue / 4_000_000_000 : 1_000_000;
            var holdings = Enumerable.Range(0, 12).Select(i => new RowLots((int)(array.Rows.Length * draw.Uniform((ulong)i)), (long)((draw.Uniform((ulong)(i + 50)) - 0.5) * size))).ToArray();
            var pnl = new long[97];
            var turned = new long[97];
            array.AccountPnl(holdings, pnl);
            array.AccountPnl(holdings.Reverse().ToArray(), turned);
            turned.ShouldBe(pnl);
            for (var s = 0; s < pnl.Length; s++)
            {
                var exact = holdings.Aggregate(BigInteger.Zero, (sum, h) => sum + ((BigInteger)h.Lots * array.Rows[h.Row].Ticks[s]));
                new BigInteger(pnl[s]).ShouldBe(exact);
            }

            // one by one
            var parts = new long[97];
            var sums = new long[97];
            foreach (var holding in holdings)
            {
                array.AccountPnl([holding], parts);
                for (var s = 0; s < parts.Length; s++)
                {
                    sums[s] += parts[s];
                }
            }

            sums.ShouldBe(pnl);
        }
    }

    [Fact]
    public void AccountPnl_AtTheEndOfTheRange_ExactOrRefused()
    {
        var array = ArrayMarkets.MakeArray(scenarios: 40);
        var row = array.RowOf(RowKey.Of(ArrayMarkets.Btc));
        long most = array.Rows[row].MostTicks;
        var pnl = new long[40];
        var largest = long.MaxValue / most;
        array.AccountPnl([new RowLots(row, largest)], pnl);
        pnl.Max(Math.Abs).ShouldBe(largest * most);
        // Beyond 64 bits on the way, back inside at the end: the wide way.
        array.GainBound([new RowLots(row, largest), new RowLots(row, largest), new RowLots(row, -largest)]).ShouldBe((Int128)3 * largest * most);
        var wide = new long[40];
        array.AccountPnl([new RowLots(row, largest), new RowLots(row, largest), new RowLots(row, -largest)], wide);
        wide.ShouldBe(pnl);
        Should.Throw<InvalidInputException>(() => array.AccountPnl([new RowLots(row, largest), new RowLots(row, largest)], pnl)).Code.ShouldBe("pnl-overflow");
        Should.Throw<InvalidInputException>(() => array.AccountPnl([new RowLots(array.Rows.Length, 1)], pnl)).Code.ShouldBe("row-missing");
        Should.Throw<ArgumentException>(() => array.AccountPnl([], new long[39]));
    }

    [Fact]
    public void RoundingBound_RandomAccounts_CoversTheExactGains()
    {
        // The same scenarios with a tick a million times finer are the exact gains, to a millionth of what is proven.
        var market = ArrayMarkets.Market();
        var set = ArrayMarkets.Scenarios(60);
        var coarse = RiskArray.Build(market, set, [], [ArrayMarkets.Btc, ArrayMarkets.Usdc, ArrayMarkets.Wbtc]);
        for (var c = 0; c < 300; c++)
        {
            var draw = new Pms.Numerics.RandomStream(500 + (ulong)c);
            var holdings = coarse.Rows.Select((_, r) => new RowLots(r, (long)((draw.Uniform((ulong)r) - 0.5) * 1_000_000))).ToArray();
            var pnl = new long[60];
            coarse.AccountPnl(holdings, pnl);
            var bound = (decimal)RiskArray.RoundingBound(holdings);
            for (var s = 0; s < pnl.Length; s++)
            {
                var exact = 0m;
                foreach (var (row, lots) in holdings)
                {
                    var key = coarse.Rows[row].Key.Asset!.Value;
                    var r = set.SpotLogReturn(0)[s];
                    var move = key.Code switch { "BTC" => r, "USDC" => set.PegLogChange(0)[s], _ => r + set.PegLogChange(1)[s] };
                    exact += lots * LotRulePower(coarse.Rows[row].LotExponent) * (decimal)(market.UsdPrice(key) * Math.Exp(move)) * 1_000_000m;
                    exact -= lots * LotRulePower(coarse.Rows[row].LotExponent) * (decimal)market.UsdPrice(key) * 1_000_000m;
                }

                Math.Abs(exact - pnl[s]).ShouldBeLessThanOrEqualTo(bound * 1.000001m, $"case {c}, scenario {s}");
            }
        }

        RiskArray.RoundingBound([]).ShouldBe(0);
        RiskArray.RoundingBound([new RowLots(0, 1)]).ShouldBe(1);
        RiskArray.RoundingBound([new RowLots(0, long.MinValue), new RowLots(0, 2)]).ShouldBe((Int128)4_611_686_018_427_387_905);
    }

    [Fact]
    public void Build_AnyThreads_SameArray()
    {
        var one = ArrayMarkets.MakeArray(scenarios: 130);
        var three = ArrayMarkets.MakeArray(scenarios: 130, options: RiskArrayOptions.Default with { MaxThreads = 3 });
        three.Hash.ShouldBe(one.Hash);
        one.Prove(3).Verify(one.Rows[3].LeafHash, one.Root).ShouldBeTrue();
        one.Prove(3).Verify(one.Rows[4].LeafHash, one.Root).ShouldBeFalse();
    }

    [Fact]
    public void Build_Previous_OnlyChangedRowsAreRevalued()
    {
        var set = ArrayMarkets.Scenarios(80);
        var assets = new[] { ArrayMarkets.Btc, ArrayMarkets.Usdc };
        var first = RiskArray.Build(ArrayMarkets.Market(), set, ArrayMarkets.Instruments(), assets);
        first.Revalued.ShouldBe(first.Rows.Length);
        var again = RiskArray.Build(ArrayMarkets.Market(), set, ArrayMarkets.Instruments(), assets, previous: first);
        again.Revalued.ShouldBe(0);
        again.Hash.ShouldBe(first.Hash);
        // The peg's price moves: linear contracts and USDC feel it, inverse ones and BTC do not.
        var moved = RiskArray.Build(ArrayMarkets.Market(usdc: 0.9991), set, ArrayMarkets.Instruments(), assets, previous: first);
        var fresh = RiskArray.Build(ArrayMarkets.Market(usdc: 0.9991), set, ArrayMarkets.Instruments(), assets);
        moved.Hash.ShouldBe(fresh.Hash);
        moved.Reused.ShouldBe(moved.Rows.Count(r => r.Key.Asset == ArrayMarkets.Btc || r.Key.Instrument?.Underlying == ArrayMarkets.Inverse));
        moved.Revalued.ShouldBeGreaterThan(20);
        RiskArray.Build(ArrayMarkets.Market(), ArrayMarkets.Scenarios(80, seed: 12), ArrayMarkets.Instruments(), assets, previous: first).Reused.ShouldBe(0);
        RiskArray.Build(ArrayMarkets.Market(), set, ArrayMarkets.Instruments(), assets, RiskArrayOptions.Default with { PerpetualBasisYears = 0.01 }, first).Revalued.ShouldBe(2);
    }

    [Fact]
    public void Build_WhatCannotBeValued_Refuses()
    {
        var market = ArrayMarkets.Market();
        var set = ArrayMarkets.Scenarios(4);
        void Refuses(string code, Instrument[] instruments, Asset[] assets) =>
            Should.Throw<InvalidInputException>(() => RiskArray.Build(market, set, instruments, assets)).Code.ShouldBe(code);
        Refuses("risk-array-empty", [], []);
        Refuses("instrument-expired", [new EuropeanOption(ArrayMarkets.Inverse, ArrayMarkets.At.AddHours(-1), 60_000, OptionType.Call)], []);
        Refuses("instrument-expired", [new DatedFuture(ArrayMarkets.Linear, ArrayMarkets.At.AddHours(-1))], []);
        Refuses("underlying-missing", [new Perpetual(UnderlyingId.Inverse(new Asset("ETH")))], []);
        Refuses("asset-price-missing", [], [new Asset("DOGE")]);
    }

    [Fact]
    public void Hash_Vector_IsThatOfTheSecondWriting()
    {
        var path = Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "risk-array.json");
        using var vector = JsonDocument.Parse(File.ReadAllText(path));
        var rows = vector.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        var leaves = new List<ContentHash>();
        foreach (var made in rows)
        {
            var name = made.GetProperty("name").GetString()!;
            var key = made.GetProperty("kind").GetInt32() == 0 ? RowKey.Of(DeribitNames.Parse(name)) : RowKey.Of(new Asset(name));
            var ticks = made.GetProperty("ticks").EnumerateArray().Select(t => t.GetInt32()).ToArray();
            var row = new RiskRow(key, made.GetProperty("lotExponent").GetInt32(), made.GetProperty("unitValueTicks").GetInt64(), ticks, ticks.Max(t => t == int.MinValue ? int.MaxValue : Math.Abs(t)), default);
            row.TickExponent.ShouldBe(made.GetProperty("tickExponent").GetInt32());
            row.LeafHash.ToString().ShouldBe(made.GetProperty("leafHash").GetString());
            leaves.Add(row.LeafHash);
        }

        new MerkleTree(leaves).Root.ToString().ShouldBe(vector.RootElement.GetProperty("root").GetString());
        var header = vector.RootElement.GetProperty("header");
        RiskArray.HashOf(
            header.GetProperty("at").GetDateTimeOffset(),
            ContentHash.Parse(header.GetProperty("snapshotHash").GetString()!),
            ContentHash.Parse(header.GetProperty("scenarioSetHash").GetString()!),
            header.GetProperty("scenarioCount").GetInt32(),
            header.GetProperty("tailCount").GetInt32(),
            rows.Length,
            new MerkleTree(leaves).Root).ToString().ShouldBe(vector.RootElement.GetProperty("hash").GetString());
    }

    private static decimal LotRulePower(int exponent)
    {
        var power = 1m;
        for (var i = 0; i < -exponent; i++)
        {
            power /= 10;
        }

        return power;
    }
}
