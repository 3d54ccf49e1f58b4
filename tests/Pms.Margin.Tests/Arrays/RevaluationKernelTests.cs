using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pms.Margin.Arrays;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Testing;
using Pms.Volatility.Svi;

namespace Pms.Margin.Tests.Arrays;

/// <summary>The revaluation kernel: one lane is the definition, Black76 the independent second writing.</summary>
public sealed class RevaluationKernelTests
{
    [Fact]
    public void Ticks_EveryLengthWidthAndShape_SameBits()
    {
        for (var n = 0; n <= 256; n++)
        {
            var shape = (Shape)(n % 32);
            var option = Option(7, shape, n % 2 == 0 ? OptionType.Call : OptionType.Put, 1.0 + (0.01 * (n % 7)));
            var columns = new Columns(n, seed: 900 + (ulong)n, shape);
            var one = new int[n];
            var four = new int[n];
            var eight = new int[n];
            var gains = new double[n];
            var wide = new double[n];
            var most = RevaluationKernel.Ticks<Lanes1>(option, columns.Moves, 100.0, one);
            RevaluationKernel.Ticks<Lanes4>(option, columns.Moves, 100.0, four).ShouldBe(most);
            RevaluationKernel.Ticks<Lanes8>(option, columns.Moves, 100.0, eight).ShouldBe(most);
            RevaluationKernel.Gains<Lanes1>(option, columns.Moves, 100.0, gains).ShouldBe(most);
            RevaluationKernel.Gains<Lanes8>(option, columns.Moves, 100.0, wide);
            four.ShouldBe(one, $"{n} scenarios, {shape}, four lanes");
            eight.ShouldBe(one, $"{n} scenarios, {shape}, eight lanes");
            MemoryMarshal.AsBytes(wide.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(gains.AsSpan())).ShouldBeTrue($"{n} scenarios, {shape}");
            gains.Select(g => (int)Math.Round(g, MidpointRounding.ToEven)).ShouldBe(one);
            most.ShouldBe(n == 0 ? 0 : gains.Max(Math.Abs));
        }
    }

    [Fact]
    public void Gains_AnyShape_IsBlack76OnTheMovedSmile()
    {
        var cases = FuzzBudget.Cases(20_000) / 100;
        var worst = 0.0;
        for (var c = 0; c < cases; c++)
        {
            var shape = (Shape)(c % 32);
            var draw = new RandomStream(4000 + (ulong)c);
            var strike = ElementaryMath.Exp((draw.Uniform(0) - 0.5) * 4);
            var option = Option(c, shape, c % 3 == 0 ? OptionType.Put : OptionType.Call, strike);
            var columns = new Columns(100, seed: 8000 + (ulong)c, shape);
            var gains = new double[100];
            RevaluationKernel.Gains(option, columns.Moves, 1.0, gains);
            var now = Plain(option, columns, null);
            RevaluationKernel.Value(option).ShouldBe(now, 1e-12 * option.Forward);
            for (var s = 0; s < gains.Length; s++)
            {
                worst = Math.Max(worst, Math.Abs(gains[s] - (Plain(option, columns, s) - now)) / (option.Forward * Math.Max(1, columns.Growth[s])));
            }
        }

        TestContext.Current.SendDiagnosticMessage($"worst error {worst:E2} of the forward");
        worst.ShouldBeLessThan(2e-14);
    }

    [Fact]
    public void Gains_DeepWing_KeepsRelativeAccuracyAndIsNeverNegative()
    {
        // One day, 50 % vol: strikes out to where a price is 1e-290 of the forward.
        foreach (var strike in new[] { 1.05, 1.2, 1.5, 2.0, 2.5 })
        {
            var option = new OptionTerms(OptionType.Call, 60_000, 60_000 * strike, ElementaryMath.LogRatio(strike, 1), RawSvi.Flat(0.25 / 365));
            var value = RevaluationKernel.Value(option);
            var exact = Black76.Price(new BlackInputs(OptionType.Call, 60_000, 60_000 * strike, 1.0 / 365, 0.5));
            value.ShouldBeGreaterThanOrEqualTo(0);
            if (exact > 1e-250)
            {
                Math.Abs((value / exact) - 1).ShouldBeLessThan(1e-12, $"strike {strike}: {value:E3}");
            }
        }

        for (var c = 0; c < 2_000; c++)
        {
            var draw = new RandomStream(77);
            var k = (draw.Uniform((ulong)c) - 0.5) * 20;
            var w = ElementaryMath.Exp((draw.Uniform((ulong)(c + 5_000)) - 0.8) * 60);
            var type = c % 2 == 0 ? OptionType.Call : OptionType.Put;
            var strike = ElementaryMath.Exp(k);
            var value = RevaluationKernel.Value(new OptionTerms(type, 1, strike, k, RawSvi.Flat(w)));
            var intrinsic = Math.Max(type == OptionType.Call ? 1 - strike : strike - 1, 0);
            value.ShouldBeInRange(intrinsic, type == OptionType.Call ? 1 : Math.Max(strike, intrinsic), $"k {k}, variance {w}");
        }
    }

    [Fact]
    public void Gains_PutAndCall_MeetParity()
    {
        var columns = new Columns(500, seed: 5, Shape.Line | Shape.Settlement);
        var call = Option(3, Shape.Line, OptionType.Call, 1.1);
        var calls = new double[500];
        var puts = new double[500];
        RevaluationKernel.Gains(call, columns.Moves, 1.0, calls);
        RevaluationKernel.Gains(call with { Type = OptionType.Put }, columns.Moves, 1.0, puts);
        for (var s = 0; s < calls.Length; s++)
        {
            var forward = columns.Settlement[s] * ((call.Forward * columns.Growth[s]) - call.Strike);
            (calls[s] - puts[s]).ShouldBe(forward - (call.Forward - call.Strike), 1e-9);
        }
    }

    [Fact]
    public void Gains_PaysAtTheHorizon_IsIntrinsicValue()
    {
        var columns = new Columns(300, seed: 6, Shape.Pays);
        var option = Option(3, Shape.Pays, OptionType.Put, 1.02);
        var gains = new double[300];
        RevaluationKernel.Gains(option, columns.Moves, 1.0, gains);
        var now = RevaluationKernel.Value(option);
        for (var s = 0; s < gains.Length; s++)
        {
            gains[s].ShouldBe(Math.Max(option.Strike - (option.Forward * columns.Growth[s]), 0) - now, 1e-9);
        }
    }

    [Fact]
    public void Ticks_ColumnsOfUnlikeLength_Refuses()
    {
        var option = Option(3, Shape.None, OptionType.Put, 1.02);
        Should.Throw<ArgumentException>(() => RevaluationKernel.Ticks(option, new ExpiryMoves { LogReturn = new double[3], Growth = new double[2] }, 1, new int[3]));
        Should.Throw<ArgumentException>(() => RevaluationKernel.Ticks(option, new ExpiryMoves { LogReturn = new double[3], Growth = new double[3] }, 1, new int[2]));
        Should.Throw<ArgumentException>(
            () => RevaluationKernel.Ticks(option, new ExpiryMoves { LogReturn = new double[3], Growth = new double[3], VarianceFactor = new double[3], Lift = new double[2] }, 1, new int[3]));
    }

    [Fact]
    public void OutputHash_FixedInputs_IsTheCommittedOne()
    {
        // What attesters compare. The child-process test runs this one with instruction sets switched off.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var c = 0; c < 16; c++)
        {
            var shape = (Shape)c;
            var ticks = new int[333];
            RevaluationKernel.Ticks(Option(c, shape, c % 2 == 0 ? OptionType.Call : OptionType.Put, 0.8 + (0.03 * c)), new Columns(333, 60 + (ulong)c, shape).Moves, 1e4, ticks);
            hash.AppendData(MemoryMarshal.AsBytes(ticks.AsSpan()));
        }

        Convert.ToHexString(hash.GetHashAndReset())[..32].ShouldBe("25C119625E89B416727625F4E3C0B338");
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public void OutputHash_WithoutInstructionSet_IsTheSame(string setting) =>
        ChildProcess.RunTest(typeof(RevaluationKernelTests), nameof(OutputHash_FixedInputs_IsTheCommittedOne), setting);

    private static OptionTerms Option(int seed, Shape shape, OptionType type, double strike)
    {
        var draw = new RandomStream(100 + (ulong)seed);
        var theta = 0.0005 + (0.3 * draw.Uniform(0) * draw.Uniform(1));
        var rho = draw.Uniform(2) - 0.6;
        var phi = 1.0 / Math.Sqrt(theta);
        var smile = new RawSvi(0.5 * theta * (1 - (rho * rho)), 0.5 * theta * phi, rho, -rho / phi, Math.Sqrt(1 - (rho * rho)) / phi);
        return new OptionTerms(
            type, 60_000, 60_000 * strike, ElementaryMath.LogRatio(strike, 1), shape.HasFlag(Shape.Blend) ? smile.Scale(0.3) : smile, shape.HasFlag(Shape.Blend) ? smile.Scale(0.8) with { M = 0.1 } : default);
    }

    private static double Plain(OptionTerms option, Columns columns, int? scenario)
    {
        var growth = scenario is { } a ? columns.Growth[a] : 1;
        var settlement = scenario is { } b && columns.Settlement.Length > 0 ? columns.Settlement[b] : 1;
        var forward = option.Forward * growth;
        var k = Math.Log(option.Strike / forward);
        var w = option.Smile.TotalVariance(k) + (option.Second == default ? 0 : option.Second.TotalVariance(k));
        if (scenario is { } s)
        {
            w = columns.Factor.Length == 0 ? 0 : (columns.Factor[s] * w) + (columns.Line.Length == 0 ? 0 : columns.Line[s] * k) + (columns.Lift.Length == 0 ? 0 : columns.Lift[s]);
        }

        return settlement * Black76.Price(new BlackInputs(option.Type, forward, option.Strike, 1.0, Math.Sqrt(Math.Max(w, 0))));
    }

    [Flags]
    private enum Shape
    {
        None = 0,
        Line = 1,
        Settlement = 2,
        Blend = 4,
        Pays = 8,

        /// <summary>A lift with or without a line; a line alone has one too.</summary>
        Lift = 16,
    }

    private sealed class Columns
    {
        public Columns(int count, ulong seed, Shape shape)
        {
            var draw = new RandomStream(seed);
            LogReturn = Fill(count, s => 1.2 * Math.Pow((2 * draw.Uniform(s)) - 1, 3));
            Growth = [.. LogReturn.Select(ElementaryMath.Exp)];
            Factor = shape.HasFlag(Shape.Pays) ? [] : Fill(count, s => ElementaryMath.Exp(3 * (draw.Uniform(s + 10_000) - 0.5)));
            Line = shape.HasFlag(Shape.Line) && !shape.HasFlag(Shape.Pays) ? Fill(count, s => 0.002 * (draw.Uniform(s + 20_000) - 0.5)) : [];
            Lift = Line.Length == 0 && (!shape.HasFlag(Shape.Lift) || shape.HasFlag(Shape.Pays)) ? [] : Fill(count, s => 0.01 * draw.Uniform(s + 30_000));
            Settlement = shape.HasFlag(Shape.Settlement) ? Fill(count, s => 0.9 + (0.2 * draw.Uniform(s + 40_000))) : [];
        }

        public double[] LogReturn { get; }

        public double[] Growth { get; }

        public double[] Factor { get; }

        public double[] Line { get; }

        public double[] Lift { get; }

        public double[] Settlement { get; }

        public ExpiryMoves Moves => new() { LogReturn = LogReturn, Growth = Growth, VarianceFactor = Factor, SkewLine = Line, Lift = Lift, Settlement = Settlement };

        private static double[] Fill(int count, Func<ulong, double> value) => [.. Enumerable.Range(0, count).Select(s => value((ulong)s))];
    }
}
