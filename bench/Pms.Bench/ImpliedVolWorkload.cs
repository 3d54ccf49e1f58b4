using System.Globalization;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;

namespace Pms.Bench;

/// <summary>W2: a million out-of-the-money quotes back to vols; core within 3 deviations of the forward, wide within 8.</summary>
internal sealed class ImpliedVolWorkload : IWorkload
{
    private const int Quotes = 1_000_000;

    public string Name => "W2";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var passed = true;
        foreach (var (variant, deviations) in new[] { ("core", 3.0), ("wide", 8.0) })
        {
            var quotes = new QuoteSet(deviations);
            foreach (var count in threads)
            {
                Array.Clear(quotes.Solved);
                var timing = Timing.Measure(7, () => Timing.Parallel(count, Quotes, quotes.SolveKernel));
                passed &= quotes.Report(report, variant, count, timing);
            }

            if (threads.Contains(1))
            {
                Array.Clear(quotes.Solved);
                var timing = Timing.Measure(2, () => quotes.SolveScalar(0, Quotes), warmUps: 1);
                passed &= quotes.Report(report, $"{variant}-robust-scalar", 1, timing);
            }
        }

        return passed;
    }

    private sealed class QuoteSet
    {
        private readonly double[] _forward = new double[Quotes];
        private readonly double[] _strike = new double[Quotes];
        private readonly double[] _years = new double[Quotes];
        private readonly double[] _vol = new double[Quotes];
        private readonly double[] _sign = new double[Quotes];
        private readonly double[] _price = new double[Quotes];

        internal QuoteSet(double deviations)
        {
            for (var i = 0; i < Quotes; i++)
            {
                var n = (ulong)i;
                _forward[i] = 20000 + (80000 * new RandomStream(200).Uniform(n));
                _years[i] = (1.0 / 365) + (2 * new RandomStream(201).Uniform(n));
                _vol[i] = 0.2 + (1.3 * new RandomStream(202).Uniform(n));
                var z = deviations * ((2 * new RandomStream(203).Uniform(n)) - 1);
                _strike[i] = _forward[i] * ElementaryMath.Exp(z * (_vol[i] * Math.Sqrt(_years[i])));
                _sign[i] = _strike[i] >= _forward[i] ? 1 : -1;
                _price[i] = Black76.Price(new BlackInputs(Type(i), _forward[i], _strike[i], _years[i], _vol[i]));
            }
        }

        internal double[] Solved { get; } = new double[Quotes];

        internal void SolveKernel(int begin, int end)
        {
            var n = end - begin;
            ImpliedVolKernels.Solve(
                new QuoteColumns(
                    _forward.AsSpan(begin, n), _strike.AsSpan(begin, n), _years.AsSpan(begin, n), _price.AsSpan(begin, n), _sign.AsSpan(begin, n)),
                Solved.AsSpan(begin, n));
        }

        internal void SolveScalar(int begin, int end)
        {
            for (var i = begin; i < end; i++)
            {
                Solved[i] = ImpliedVol.Solve(new ImpliedVolInputs(Type(i), _forward[i], _strike[i], _years[i], _price[i])).Vol;
            }
        }

        internal bool Report(BenchReport report, string variant, int threads, Timing timing)
        {
            var worst = 0.0;
            for (var i = 0; i < Quotes; i++)
            {
                var error = Math.Abs((Solved[i] / _vol[i]) - 1);
                if (!(error <= worst))
                {
                    worst = error;
                }
            }

            report.Line(variant, threads, Quotes, timing, string.Create(CultureInfo.InvariantCulture, $"\"max_rel_err\":{worst:E2}"));
            return worst <= 1e-12;
        }

        private OptionType Type(int i) => _sign[i] > 0 ? OptionType.Call : OptionType.Put;
    }
}
