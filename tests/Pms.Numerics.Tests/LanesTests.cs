using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pms.Testing;

namespace Pms.Numerics.Tests;

/// <summary>One lane is the definition; four and eight lanes must give its bits, special values included.</summary>
public sealed class LanesTests
{
    private static readonly double[] Special =
    [
        0.0, -0.0, 1.0, -1.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue,
        2.2250738585072014e-308, 1e-310, 709.78271289338397, 709.7827128933842, -708.4, -745.13321910194122, -745.2, 0.34, -0.34, 0.75, 1.5, 1e-300, 1e300,
    ];

    [Fact]
    public void ExpAndLog_AnyWidth_SameBits()
    {
        var inputs = Inputs(20_000, AnyDouble);
        SameBits<Exp1, Exp4, Exp8>(inputs);
        SameBits<Log1, Log4, Log8>(inputs);
    }

    [Fact]
    public void InRangeForms_AnyWidth_SameBits()
    {
        var inputs = Inputs(20_000, u => (u * 80.0) - 40.0);
        SameBits<Kernel1, Kernel4, Kernel8>(inputs);
    }

    [Fact]
    public void ExpInRange_ItsRange_SameBitsAsExp()
    {
        var stream = new RandomStream(71);
        for (ulong i = 0; i < 20_000; i++)
        {
            var x = (stream.Uniform(i) * 1416.0) - 708.0;
            Bits(ElementaryMath.ExpInRange(new Lanes1(x)).Value).ShouldBe(Bits(ElementaryMath.Exp(x)), $"x = {x:R}");
            var small = (stream.Uniform(i) * 0.68) - 0.34;
            Bits(ElementaryMath.ExpNearZero(new Lanes1(small)).Value).ShouldBe(Bits(ElementaryMath.Exp(small)), $"x = {small:R}");
        }
    }

    [Fact]
    public void OutputHash_FixedInputs_IsTheCommittedOne()
    {
        // What attesters compare. The child-process test runs this one with instruction sets switched off.
        var inputs = Inputs(2_000, AnyDouble);
        var outputs = new List<double>();
        foreach (var x in inputs)
        {
            outputs.Add(ElementaryMath.Exp(x));
            outputs.Add(ElementaryMath.Log(x));
            outputs.Add(ElementaryMath.Tanh(x));
            outputs.Add(NormalDistribution.Cdf(x));
            outputs.Add(NormalDistribution.InverseCdf(Math.Abs(x)));
            outputs.Add(ElementaryMath.LogRatio(Math.Abs(x), 3.0));
        }

        Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(outputs.ToArray().AsSpan())))[..32].ShouldBe("6E1E8C5D507F9E23F05B8B91D98A6DF5");
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableFMA=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public void OutputHash_InstructionSetsOff_SameBits(string setting)
    {
        ChildProcess.RunTest(typeof(LanesTests), nameof(OutputHash_FixedInputs_IsTheCommittedOne), setting);
        ChildProcess.RunTest(typeof(LanesTests), nameof(InRangeForms_AnyWidth_SameBits), setting);
    }

    private static double AnyDouble(double u) => BitConverter.UInt64BitsToDouble(new RandomStream(5).Bits((ulong)(u * (1UL << 53))));

    private static double[] Inputs(int count, Func<double, double> draw)
    {
        var stream = new RandomStream(20240617);
        return [.. Special, .. Enumerable.Range(0, count - Special.Length).Select(i => i % 2 == 0 ? draw(stream.Uniform((ulong)i)) : (stream.Uniform((ulong)i) * 60.0) - 30.0)];
    }

    private static long Bits(double x) => BitConverter.DoubleToInt64Bits(x);

    private static void SameBits<T1, T4, T8>(double[] inputs)
        where T1 : IFormula<Lanes1>
        where T4 : IFormula<Lanes4>
        where T8 : IFormula<Lanes8>
    {
        var one = Apply<Lanes1, T1>(inputs);
        var four = Apply<Lanes4, T4>(inputs);
        var eight = Apply<Lanes8, T8>(inputs);
        for (var i = 0; i < inputs.Length; i++)
        {
            Bits(four[i]).ShouldBe(Bits(one[i]), $"four lanes at {inputs[i]:R}: {four[i]:R} against {one[i]:R}");
            Bits(eight[i]).ShouldBe(Bits(one[i]), $"eight lanes at {inputs[i]:R}: {eight[i]:R} against {one[i]:R}");
        }
    }

    private static double[] Apply<T, TFormula>(double[] inputs)
        where T : struct, ILanes<T>
        where TFormula : IFormula<T>
    {
        (inputs.Length % 8).ShouldBe(0);
        var outputs = new double[inputs.Length];
        for (nuint i = 0; i < (nuint)inputs.Length; i += (nuint)T.Count)
        {
            T.Store(TFormula.Of(T.Load(ref inputs[0], i)), ref outputs[0], i);
        }

        return outputs;
    }

    private interface IFormula<T>
        where T : struct, ILanes<T>
    {
        static abstract T Of(T x);
    }

    private abstract class Exp<T> : IFormula<T>
        where T : struct, ILanes<T>
    {
        public static T Of(T x) => ElementaryMath.Exp(x);
    }

    private abstract class Log<T> : IFormula<T>
        where T : struct, ILanes<T>
    {
        public static T Of(T x) => ElementaryMath.Log(x);
    }

    /// <summary>Every other lane operation, on arguments inside the ranges of the kernel forms; NaN compares as NaN only where it is our own.</summary>
    private abstract class Kernel<T> : IFormula<T>
        where T : struct, ILanes<T>
    {
        public static T Of(T x)
        {
            var y = T.Min(T.Abs(x), T.Create(40.0));
            var ratio = ElementaryMath.LogRatioInRange(T.Max(y, T.Create(0.001)), T.Create(3.0));
            var denominator = MillsRatio.PairInRange(T.Max(T.Min(x, y), T.Create(-1.0)), y, out var first, out var second);
            var mills = (first - second) / denominator + MillsRatio.InRange(y);
            var flipped = T.Select(T.And(T.Less(x, y), T.Equal(y, y)), -mills, T.Sqrt(y));
            var result = T.Fma(flipped, ratio, T.Xor(T.LessOrEqual(x, y), T.Equal(x, y)));
            return T.Select(T.Equal(result, result), result, T.Create(double.NaN));
        }
    }

    private abstract class Exp1 : Exp<Lanes1>, IFormula<Lanes1>;

    private abstract class Exp4 : Exp<Lanes4>, IFormula<Lanes4>;

    private abstract class Exp8 : Exp<Lanes8>, IFormula<Lanes8>;

    private abstract class Log1 : Log<Lanes1>, IFormula<Lanes1>;

    private abstract class Log4 : Log<Lanes4>, IFormula<Lanes4>;

    private abstract class Log8 : Log<Lanes8>, IFormula<Lanes8>;

    private abstract class Kernel1 : Kernel<Lanes1>, IFormula<Lanes1>;

    private abstract class Kernel4 : Kernel<Lanes4>, IFormula<Lanes4>;

    private abstract class Kernel8 : Kernel<Lanes8>, IFormula<Lanes8>;
}
