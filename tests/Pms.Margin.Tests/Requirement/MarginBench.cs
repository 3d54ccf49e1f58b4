using System.Globalization;
using System.Text;
using Pms.Margin.Arrays;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Margin.Tests.Requirement;

/// <summary>One small market with scenarios of all three families, and random accounts on it.</summary>
internal static class MarginBench
{
    private const int MonteCarlo = 160;
    private const int Historical = 60;

    public static Instrument[] Instruments { get; } = AllInstruments();

    public static ScenarioSet Set { get; } = MakeSet();

    public static RiskArray Array { get; } = RiskArray.Build(HandMarket.Market, Set, Instruments, [HandMarket.Btc, HandMarket.Eth, HandMarket.Usdc, HandMarket.Steth]);

    public static MarginEngine Engine { get; } = new(HandMarket.Market, Array, Set, RiskParameters.Default);

    public static MarginEngine With(RiskParameters parameters, MarketLiquidity? liquidity = null) => new(HandMarket.Market, Array, Set, parameters, liquidity);

    public static Account Account(IEnumerable<Position> positions, IEnumerable<CollateralHolding>? collateral = null) => new("a", [.. positions], [.. collateral ?? []]);

    /// <summary>One to twelve contracts, long and short, small and large.</summary>
    public static Account Random(RandomStream stream, bool longOptionsOnly = false)
    {
        var count = 1 + (int)(stream.Uniform(0) * 12);
        var positions = new Dictionary<Instrument, decimal>();
        for (ulong i = 1; i <= (ulong)count; i++)
        {
            var pool = longOptionsOnly ? [.. Instruments.Where(x => x is EuropeanOption)] : Instruments;
            var instrument = pool[(int)(stream.Uniform(10 * i) * pool.Length)];
            positions[instrument] = Quantity(stream, i, instrument, longOptionsOnly);
        }

        return Account(positions.Where(p => p.Value != 0).Select(p => new Position(p.Key, p.Value)), Collateral(stream));
    }

    public static decimal Quantity(RandomStream stream, ulong i, Instrument instrument, bool longOnly = false)
    {
        var size = Math.Pow(10, (stream.Uniform((10 * i) + 1) * 4) - 1);
        var sign = longOnly || stream.Uniform((10 * i) + 2) < 0.5 ? 1 : -1;
        return sign * (instrument.IsCountedInQuote ? 10 * (decimal)Math.Ceiling(size * 1000) : 0.1m * (decimal)Math.Ceiling(size * 10));
    }

    public static IEnumerable<CollateralHolding> Collateral(RandomStream stream)
    {
        ulong i = 5_000;
        foreach (var (asset, most) in new[] { (HandMarket.Btc, 20.0), (HandMarket.Eth, 200.0), (HandMarket.Usdc, 1e6), (HandMarket.Steth, 100.0), (Asset.Usd, 1e6) })
        {
            if (stream.Uniform(i++) < 0.4)
            {
                // A debt now and then.
                yield return new CollateralHolding(asset, Math.Round((decimal)((stream.Uniform(i++) - 0.1) * most), 7));
            }
        }
    }

    /// <summary>Every number of a result as text.</summary>
    public static string Text(MarginResult r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r.AccountId} {r.Equity} {r.Maintenance} {r.Initial} {r.MarginRatio} {r.Binding} {r.Deferred} {r.MeasureUpper} {r.Grid}");
        text.Append(CultureInfo.InvariantCulture, $" {r.Tail.Var} {r.Tail.Es} {r.Tail.EsExact:R} {r.Tail.StandardError:R} {r.Tail.EffectiveTail:R}");
        text.AppendJoin(' ', r.Components).AppendJoin(' ', r.EquityLines).AppendJoin(' ', r.Collateral).AppendJoin(' ', r.StandAlone).AppendJoin(' ', r.Tail.Tail);
        return text.AppendJoin(' ', r.Holdings).ToString();
    }

    private static Instrument[] AllInstruments()
    {
        var result = new List<Instrument>
        {
            new Perpetual(HandMarket.BtcInverse), new Perpetual(HandMarket.BtcUsdc), new Perpetual(HandMarket.EthInverse),
            new DatedFuture(HandMarket.BtcInverse, HandMarket.Expiry(25)), new DatedFuture(HandMarket.BtcInverse, HandMarket.Expiry(116)), new Spot(HandMarket.BtcUsdc),
        };
        foreach (var days in HandMarket.ExpiryDays)
        {
            foreach (var moneyness in new[] { 0.7m, 0.9m, 1m, 1.1m, 1.5m })
            {
                result.Add(HandMarket.Call(HandMarket.BtcInverse, days, 60_000 * moneyness));
                result.Add(HandMarket.Put(HandMarket.BtcInverse, days, 60_000 * moneyness));
                result.Add(HandMarket.Put(HandMarket.BtcUsdc, days, 60_000 * moneyness));
                result.Add(HandMarket.Call(HandMarket.EthInverse, days, 3_000 * moneyness));
            }
        }

        return [.. result];
    }

    private static ScenarioSet MakeSet()
    {
        var stream = new RandomStream(33);
        var monteCarlo = Random(stream.Derive(1), MonteCarlo, 1);
        var history = Random(stream.Derive(2), Historical, 1.5);
        var moves = new (double Spot, double Vol, double Peg, double Share)[]
        {
            (0, 0, 0, 1), (-0.13, 0.4, 0, 1), (0.13, 0.4, 0, 1), (-0.13, -0.25, 0, 1), (0.13, -0.25, 0, 1), (0, 0.4, 0, 1), (0, -0.25, 0, 1),
            (-1.08, 1.2, 0, 0.05), (-0.4, 0.7, -0.03, 0.3), (0.41, 0.7, 0, 0.2), (0.69, 1, 0, 0.06), (1.1, 1.2, 0, 0.02), (1.79, 1.3, 0, 0.008), (0, 0, -0.105, 0.5),
        };
        var stress = new ScenarioColumns(HandMarket.Factors, moves.Length);
        for (var s = 0; s < moves.Length; s++)
        {
            for (var c = 0; c < 2; c++)
            {
                stress.SpotLogReturn(c)[s] = moves[s].Spot * (c == 0 ? 1 : 1.2);
                for (var t = 0; t < RiskFactors.VolTenorDays.Length; t++)
                {
                    stress.VolLogChange(c, t)[s] = moves[s].Vol;
                }
            }

            stress.PegLogChange(0)[s] = moves[s].Peg;
            stress.PegLogChange(1)[s] = moves[s].Peg;
        }

        return new ScenarioSet(
            HandMarket.Factors,
            1.0 / 365,
            33,
            ContentHash.Of("bench"u8),
            [
                (new ScenarioBatch(ScenarioFamily.MonteCarlo, "test/1", monteCarlo, Weights(stream, MonteCarlo), []) { Replicates = [.. Enumerable.Range(0, MonteCarlo).Select(i => (ushort)(1 + (i % 8)))] }, 0.75),
                (new ScenarioBatch(ScenarioFamily.Historical, "test/1", history, Weights(stream, Historical), []), 0.25),
                (new ScenarioBatch(ScenarioFamily.Stress, "test/1", stress, [.. moves.Select(m => m.Share)], [.. moves.Select(m => $"spot {m.Spot}, vol {m.Vol}, peg {m.Peg}")]), 0),
            ]);
    }

    private static double[] Weights(RandomStream stream, int count) => [.. Enumerable.Range(0, count).Select(i => 0.2 + stream.Uniform((ulong)(9_000 + i)))];

    private static ScenarioColumns Random(RandomStream stream, int count, double width)
    {
        var columns = new ScenarioColumns(HandMarket.Factors, count);
        ulong next = 0;
        double Normal() => NormalDistribution.InverseCdf((stream.Bits(next++) + 1.0) / (ulong.MaxValue + 2.0));
        for (var s = 0; s < count; s++)
        {
            // Common clock of fat tails; vol against spot.
            var clock = width * Math.Exp(0.4 * Normal());
            var common = Normal();
            for (var c = 0; c < 2; c++)
            {
                var spot = 0.03 * clock * ((0.85 * common) + (0.53 * Normal()));
                columns.SpotLogReturn(c)[s] = spot;
                for (var t = 0; t < RiskFactors.VolTenorDays.Length; t++)
                {
                    columns.VolLogChange(c, t)[s] = ((-1.2 * spot) + (0.05 * Normal())) / (1 + (0.3 * t));
                }

                columns.SkewChange(c)[s] = 0.005 * Normal();
                columns.BasisChange(c)[s] = 0.02 * Normal();
            }

            columns.PegLogChange(0)[s] = 0.001 * Normal();
            columns.PegLogChange(1)[s] = 0.003 * Normal();
        }

        return columns;
    }
}
