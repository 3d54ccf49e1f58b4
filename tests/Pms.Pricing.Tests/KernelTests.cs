using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Pricing.Tests;

/// <summary>The span kernels: the same bits at every width and length, and the accuracy they promise against Black76 and ImpliedVol.</summary>
public sealed class KernelTests
{
    [Fact]
    public void PriceAndGreeks_EveryLengthAndWidth_SameBits()
    {
        for (var n = 0; n <= 256; n++)
        {
            var book = Book.Mixed(n, seed: 930 + (ulong)n);
            var one = book.Price<Lanes1>();
            Same(book.Price<Lanes4>(), one, $"{n} options, four lanes");
            Same(book.Price<Lanes8>(), one, $"{n} options, eight lanes");
            Same(book.PriceDefault(), one, $"{n} options, default width");
        }
    }

    [Fact]
    public void PriceAndGreeks_LargeBook_SameBitsAsInPieces()
    {
        // beyond the length from which lines are prefetched
        var book = Book.Mixed(10_000, seed: 931);
        var whole = book.PriceDefault();
        Same(book.Price<Lanes1>(), whole, "one lane");
        var halves = new double[whole.Length][];
        for (var c = 0; c < whole.Length; c++)
        {
            halves[c] = new double[10_000];
        }

        // two threads, each with slots of its own, split inside a chunk
        Parallel.Invoke(() => book.PriceInto(halves, 0, 4_321), () => book.PriceInto(halves, 4_321, 10_000));
        Same(halves, whole, "two threads");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void PriceAndGreeks_AlignedColumns_SameBitsAsInPieces(int skip)
    {
        // long enough for results that bypass the caches, with an end inside a chunk; skipping one entry leaves the columns unaligned
        const int Length = 140_003;
        var book = Book.Mixed(Length, seed: 934);
        var columns = AlignedColumns.Allocate(5, Length + skip).Select(c => c[skip..]).ToArray();
        BlackKernels.PriceAndGreeks(
            new BlackColumns(book.Columns[0], book.Columns[1], book.Columns[2], book.Columns[3], book.Columns[4], book.Columns[5]),
            new GreekColumns(columns[0].Span, columns[1].Span, columns[2].Span, columns[3].Span, columns[4].Span));
        var pieces = Enumerable.Range(0, 5).Select(_ => new double[Length]).ToArray();
        for (var begin = 0; begin < Length; begin += 1_001)
        {
            book.PriceInto(pieces, begin, Math.Min(begin + 1_001, Length));
        }

        Same([.. columns.Select(c => c.ToArray())], pieces, $"{skip} skipped");
        Same(book.Price<Lanes1>(), pieces, "one lane");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(4_096)]
    public void AlignedColumns_AnyLength_ZerosOnCacheLinesApartInThePage(int length)
    {
        var columns = AlignedColumns.Allocate(11, length);
        var places = new HashSet<long>();
        foreach (var column in columns)
        {
            column.Length.ShouldBe(length);
            column.ToArray().ShouldAllBe(x => x == 0.0);
            column.Span.Fill(1.0);
            MemoryMarshal.TryGetArray<double>(column, out var segment).ShouldBeTrue();
            var address = (long)Marshal.UnsafeAddrOfPinnedArrayElement(segment.Array!, segment.Offset);
            (address % 64).ShouldBe(0);
            places.Add(address % 4096).ShouldBeTrue();
        }

        Should.Throw<ArgumentOutOfRangeException>(() => AlignedColumns.Allocate(-1, 1));
        Should.Throw<ArgumentOutOfRangeException>(() => AlignedColumns.Allocate(1, -1));
        Should.Throw<OverflowException>(() => AlignedColumns.Allocate(3, int.MaxValue));
    }

    [Fact]
    public void PriceAndGreeks_AgainstBlack76_WithinStatedError()
    {
        var book = Book.Board(200_000, seed: 932);
        var columns = book.PriceDefault();
        var worst = new double[5];
        for (var i = 0; i < book.Length; i++)
        {
            var g = Black76.Greeks(book.Option(i));
            worst[0] = Math.Max(worst[0], Relative.Error(columns[0][i], g.Price));
            worst[1] = Math.Max(worst[1], Relative.Error(columns[1][i], g.Delta));
            worst[2] = Math.Max(worst[2], Relative.Error(columns[2][i], g.Gamma));
            worst[3] = Math.Max(worst[3], Relative.Error(columns[3][i], g.Vega));
            worst[4] = Math.Max(worst[4], Math.Abs(columns[4][i] - g.ThetaPerYear) / Math.Max(Math.Abs(g.ThetaPerYear), g.Vega * book.Option(i).Vol / book.Option(i).Years));
        }

        TestContext.Current.SendDiagnosticMessage($"price {worst[0]:E1} delta {worst[1]:E1} gamma {worst[2]:E1} vega {worst[3]:E1} theta {worst[4]:E1}");
        worst[0].ShouldBeLessThan(2e-13);
        worst.Skip(1).Max().ShouldBeLessThan(1e-13);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1.0)]
    public void PriceAndGreeks_BadInputInAnyColumn_NaNThereOnly(double bad)
    {
        for (var column = 0; column < 6; column++)
        {
            for (var at = 0; at < 9; at++)
            {
                var book = Book.Board(19, seed: 933);
                var good = book.PriceDefault();
                // -1 is a fine rate and a fine sign; 0.5 is no sign
                var value = bad == -1.0 && column == 4 ? double.NaN : bad == -1.0 && column == 5 ? 0.5 : bad;
                book.Columns[column][at] = value;
                var columns = book.PriceDefault(out var refused);
                refused.ShouldBe(1);
                for (var c = 0; c < 5; c++)
                {
                    for (var i = 0; i < 19; i++)
                    {
                        if (i == at)
                        {
                            columns[c][i].ShouldBe(double.NaN);
                        }
                        else
                        {
                            columns[c][i].ShouldBe(good[c][i]);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void PriceAndGreeks_ColumnsOfUnequalLength_Refuses()
    {
        var five = new double[5];
        var four = new double[4];
        Should.Throw<InvalidInputException>(() => { _ = new BlackColumns(five, five, five, four, five, five).Length; }).Code.ShouldBe("column-length");
        Should.Throw<InvalidInputException>(() => { _ = new GreekColumns(five, five, five, five, four).Length; }).Code.ShouldBe("column-length");
        Should.Throw<InvalidInputException>(() => BlackKernels.PriceAndGreeks(new BlackColumns(five, five, five, five, five, five), new GreekColumns(four, four, four, four, four)))
            .Code.ShouldBe("column-length");
        Should.Throw<InvalidInputException>(() => ImpliedVolKernels.Solve(new QuoteColumns(five, five, five, five, five), four)).Code.ShouldBe("column-length");
    }

    [Fact]
    public void Solve_EveryLengthAndWidth_SameBits()
    {
        for (var n = 0; n <= 256; n++)
        {
            var book = Book.Mixed(n, seed: 940 + (ulong)n);
            var prices = book.PriceDefault()[0];
            var one = book.Solve<Lanes1>(prices);
            Same([book.Solve<Lanes4>(prices)], [one], $"{n} quotes, four lanes");
            Same([book.Solve<Lanes8>(prices)], [one], $"{n} quotes, eight lanes");
        }
    }

    [Theory]
    [InlineData(3.0)]
    [InlineData(8.0)]
    [InlineData(14.0)]
    public void Solve_OutOfTheMoney_RecoversTheVol(double deviations)
    {
        var book = Book.Quotes(100_000, deviations, seed: 941);
        var prices = Enumerable.Range(0, book.Length).Select(i => Black76.Price(book.Option(i))).ToArray();
        var vols = new double[book.Length];
        ImpliedVolKernels.Solve(new QuoteColumns(book.Columns[0], book.Columns[1], book.Columns[2], prices, book.Columns[5]), vols).ShouldBe(0);
        var worst = 0.0;
        for (var i = 0; i < book.Length; i++)
        {
            worst = Math.Max(worst, Relative.Error(vols[i], book.Columns[3][i]));
        }

        TestContext.Current.SendDiagnosticMessage($"|z| <= {deviations}: worst {worst:E2}");
        worst.ShouldBeLessThan(1e-13);
    }

    [Fact]
    public void Solve_AnythingElse_AgreesWithTheRobustForm()
    {
        // in the money, tiny and huge total vol, refused prices: the kernel's fallback and its own answers against ImpliedVol
        var book = Book.Mixed(50_000, seed: 942);
        var stream = new RandomStream(943);
        var prices = book.PriceDefault()[0];
        for (var i = 0; i < prices.Length; i += 7)
        {
            prices[i] *= 4.0 * stream.Uniform((ulong)i);
        }

        var vols = book.Solve<Lanes8>(prices, out var refused);
        var expectedRefusals = 0;
        for (var i = 0; i < prices.Length; i++)
        {
            var option = book.Option(i);
            if (!ImpliedVol.TrySolve(new ImpliedVolInputs(option.Type, option.Forward, option.Strike, option.Years, prices[i]), out var vol))
            {
                expectedRefusals++;
                vols[i].ShouldBe(double.NaN);
                continue;
            }

            Relative.ShouldBeClose(vols[i], vol, 1e-12, $"{option} price {prices[i]:R}");
        }

        refused.ShouldBe(expectedRefusals);
        expectedRefusals.ShouldBeInRange(100, 40_000);
    }

    [Fact]
    public void OutputHash_FixedInputs_IsTheCommittedOne()
    {
        // What attesters compare: kernels at the machine's width, and the scalar forms. Run again by the child-process test.
        var book = Book.Mixed(1_000, seed: 950);
        var columns = book.PriceDefault();
        var outputs = new List<double>(columns.SelectMany(c => c));
        outputs.AddRange(book.Solve<Lanes8>(columns[0]));
        for (var i = 0; i < book.Length; i++)
        {
            var g = Black76.Greeks(book.Option(i));
            outputs.AddRange([g.Price, g.NetDelta, g.Vanna, g.Volga, g.Rho, g.StrikeDelta]);
        }

        Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(outputs.ToArray().AsSpan())))[..32].ShouldBe("56839D6BF5CB1EC8730D6B1EA4C90718");
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableFMA=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public void OutputHash_InstructionSetsOff_SameBits(string setting) =>
        ChildProcess.RunTest(typeof(KernelTests), nameof(OutputHash_FixedInputs_IsTheCommittedOne), setting);

    private static void Same(double[][] actual, double[][] expected, string what)
    {
        for (var c = 0; c < expected.Length; c++)
        {
            for (var i = 0; i < expected[c].Length; i++)
            {
                if (BitConverter.DoubleToInt64Bits(actual[c][i]) != BitConverter.DoubleToInt64Bits(expected[c][i]))
                {
                    Assert.Fail($"{what}: column {c}, row {i}: {actual[c][i]:R} against {expected[c][i]:R}");
                }
            }
        }
    }

    /// <summary>Options as columns: forward, strike, years, vol, rate, sign.</summary>
    private sealed class Book(double[][] columns)
    {
        internal double[][] Columns { get; } = columns;

        internal int Length => Columns[0].Length;

        /// <summary>A crypto board: days to two years, vols of 20 to 150 %, within five deviations.</summary>
        internal static Book Board(int count, ulong seed) => Make(count, seed, 5.0, (u, v) => ((1.0 / 365) + (2.0 * u), 0.2 + (1.3 * v)), bothSides: true);

        internal static Book Quotes(int count, double deviations, ulong seed) =>
            Make(count, seed, deviations, (u, v) => ((1.0 / 365) + (2.0 * u), 0.2 + (1.3 * v)), bothSides: false);

        /// <summary>Decades of time and vol, so that fast lanes and every kind of exception stand side by side.</summary>
        internal static Book Mixed(int count, ulong seed) =>
            Make(count, seed, 12.0, (u, v) => (u < 0.02 ? 0.0 : ElementaryMath.Exp((12.0 * u) - 9.0), v < 0.02 ? 0.0 : ElementaryMath.Exp((4.0 * v) - 2.5)), bothSides: true);

        internal BlackInputs Option(int i) => new(
            Columns[5][i] > 0 ? OptionType.Call : OptionType.Put, Columns[0][i], Columns[1][i], Columns[2][i], Columns[3][i], Columns[4][i]);

        internal double[][] PriceDefault() => PriceDefault(out _);

        internal double[][] PriceDefault(out int refused)
        {
            var results = Results();
            refused = BlackKernels.PriceAndGreeks(Inputs(0, Length), Outputs(results, 0, Length));
            return results;
        }

        internal double[][] Price<T>()
            where T : struct, ILanes<T>
        {
            var results = Results();
            BlackKernels.PriceAndGreeks<T>(Inputs(0, Length), Outputs(results, 0, Length));
            return results;
        }

        internal void PriceInto(double[][] results, int begin, int end) =>
            BlackKernels.PriceAndGreeks(Inputs(begin, end - begin), Outputs(results, begin, end - begin));

        internal double[] Solve<T>(double[] prices)
            where T : struct, ILanes<T> => Solve<T>(prices, out _);

        internal double[] Solve<T>(double[] prices, out int refused)
            where T : struct, ILanes<T>
        {
            var vols = new double[Length];
            refused = ImpliedVolKernels.Solve<T>(new QuoteColumns(Columns[0], Columns[1], Columns[2], prices, Columns[5]), vols);
            return vols;
        }

        private static Book Make(int count, ulong seed, double deviations, Func<double, double, (double Years, double Vol)> draw, bool bothSides)
        {
            var columns = Enumerable.Range(0, 6).Select(_ => new double[count]).ToArray();
            var stream = new RandomStream(seed);
            for (var i = 0; i < count; i++)
            {
                var n = (ulong)i;
                var (years, vol) = draw(stream.Derive(1).Uniform(n), stream.Derive(2).Uniform(n));
                columns[0][i] = 20_000 + (80_000 * stream.Derive(3).Uniform(n));
                var z = deviations * ((2.0 * stream.Derive(4).Uniform(n)) - 1.0);
                columns[1][i] = i % 17 == 0 ? columns[0][i] : columns[0][i] * ElementaryMath.Exp(Math.Clamp(z * vol * Math.Sqrt(years), -80.0, 80.0));
                columns[2][i] = years;
                columns[3][i] = vol;
                columns[4][i] = bothSides ? (0.2 * stream.Derive(5).Uniform(n)) - 0.02 : 0.0;
                columns[5][i] = bothSides ? (stream.Bits(n) & 1) == 0 ? 1.0 : -1.0 : columns[1][i] >= columns[0][i] ? 1.0 : -1.0;
            }

            return new Book(columns);
        }

        private double[][] Results() => [.. Enumerable.Range(0, 5).Select(_ => new double[Length])];

        private BlackColumns Inputs(int start, int n) => new(
            Columns[0].AsSpan(start, n), Columns[1].AsSpan(start, n), Columns[2].AsSpan(start, n), Columns[3].AsSpan(start, n), Columns[4].AsSpan(start, n), Columns[5].AsSpan(start, n));

        private static GreekColumns Outputs(double[][] results, int start, int n) => new(
            results[0].AsSpan(start, n), results[1].AsSpan(start, n), results[2].AsSpan(start, n), results[3].AsSpan(start, n), results[4].AsSpan(start, n));
    }
}
