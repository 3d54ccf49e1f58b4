using Pms.Margin.Measures;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>The tail of one account's gains.</summary>
/// <param name="Var">loss, money units: <see cref="TailEstimate.Var"/></param>
/// <param name="Es">loss, money units, rounded up: <see cref="TailEstimate.Es"/></param>
/// <param name="LossMass">sum of loss times mass over the tail: the ES is exactly this over <see cref="BookTails.EsMass"/></param>
public readonly record struct BookTail(long Var, long Es, Int128 LossMass);

/// <summary>Tails of a whole book.</summary>
/// <param name="Accounts">[account]</param>
/// <param name="EsMass">mass of the ES tail, in parts of which a scenario of weight 1 has 1e9</param>
/// <param name="Recomputed">accounts whose tail the estimate from a few scenarios missed, or whose gains are too large for it, worked out from all scenarios</param>
public sealed record BookTails(BookTail[] Accounts, long EsMass, int Recomputed);

/// <summary>VaR and ES of every account of a book: the same numbers as <see cref="TailMeasure"/> on <see cref="RiskArray.AccountPnl"/>, to the last digit.</summary>
public static class BookKernel
{
    /// <param name="array">rows</param>
    /// <param name="book">holdings over these rows</param>
    /// <param name="weights">[array.TailCount] weights of the scenarios with probability; empty: all equal</param>
    /// <param name="es">level of the ES</param>
    /// <param name="var">level of the VaR</param>
    /// <param name="maxThreads">the result does not depend on it</param>
    /// <exception cref="InvalidInputException"><c>sample-design</c>, <c>pnl-overflow</c>, <c>row-missing</c></exception>
    public static BookTails Tails(RiskArray array, AccountBook book, ReadOnlySpan<int> weights, TailLevel es, TailLevel var, int maxThreads = 1)
    {
        ArgumentNullException.ThrowIfNull(array);
        return Tails(array.TickRows, array.MostTicks, array.TailCount, book, weights, es, var, maxThreads);
    }

    /// <summary>The same of any integer rows.</summary>
    /// <param name="rows">[row][scenario], all of one length</param>
    /// <param name="most">[row] largest |entry|: what the bounds of the sums rest on</param>
    /// <param name="count">scenarios that have probability; the first ones of each row</param>
    /// <param name="book">holdings over these rows</param>
    /// <param name="weights">[count]; empty: all equal</param>
    /// <param name="es">level of the ES</param>
    /// <param name="var">level of the VaR</param>
    /// <param name="maxThreads">the result does not depend on it</param>
    public static BookTails Tails(int[][] rows, int[] most, int count, AccountBook book, ReadOnlySpan<int> weights, TailLevel es, TailLevel var, int maxThreads = 1)
    {
        var design = weights.IsEmpty ? SampleDesign.Equal(count) : SampleDesign.Weighted(weights);
        var reader = new TailReader(rows, most, count, book, design, es, var);
        reader.Run(maxThreads);
        return new BookTails(reader.Tails, TailMeasure.TailMass(design, es), reader.Recomputed);
    }

    /// <summary>The whole estimates instead: standard errors and the scenarios of the tails too.</summary>
    /// <param name="rows">[row][scenario], all of one length</param>
    /// <param name="most">[row] largest |entry|</param>
    /// <param name="book">holdings over these rows</param>
    /// <param name="design">of the scenarios with probability, the first ones of each row</param>
    /// <param name="level">of both ES and VaR</param>
    /// <param name="maxThreads">the result does not depend on it</param>
    public static TailEstimate[] Estimates(int[][] rows, int[] most, AccountBook book, SampleDesign design, TailLevel level, int maxThreads = 1)
    {
        var reader = new EstimateReader(rows, most, book, design, level);
        reader.Run(maxThreads);
        return reader.Estimates;
    }

    /// <summary>Accounts as lists of holdings, each one vector of gains; those that the pass gives up are worked out from all scenarios.</summary>
    private abstract class HoldingsReader : IBookReader
    {
        private readonly int[][] _rows;
        private readonly int[] _most;
        private readonly AccountBook _book;
        private readonly BookPass _pass;
        private int _recomputed;

        protected HoldingsReader(int[][] rows, int[] most, int count, AccountBook book, SampleDesign design, TailLevel deepest)
        {
            ArgumentNullException.ThrowIfNull(rows);
            ArgumentNullException.ThrowIfNull(most);
            ArgumentNullException.ThrowIfNull(book);
            if (design.Count != count)
            {
                throw new InvalidInputException("sample-design", $"{design.Count} weights for {count} scenarios");
            }

            (_rows, _most, _book, Design, Deepest) = (rows, most, book, design, deepest);
            var plan = new BookPlan(most, count);
            for (var account = 0; account < book.Count; account++)
            {
                plan.Add(book.Holdings(account), PartUse.Restart | PartUse.Own);
                plan.EndAccount();
            }

            _pass = new BookPass(rows, plan, design, deepest);
        }

        public int Recomputed => _recomputed;

        protected SampleDesign Design { get; }

        /// <summary>Down to which the worst scenarios are found.</summary>
        protected TailLevel Deepest { get; }

        public void Run(int maxThreads) => _pass.Run(maxThreads, this);

        public void Read(int account, BookVectors vectors)
        {
            if (!_pass.Plan.IsBeyond(account) && vectors.TryWorst(0, out var worstFirst))
            {
                Take(account, worstFirst);
                return;
            }

            var gains = new long[Design.Count];
            RiskArray.Gains(_rows, _most, _book.Holdings(account), gains);
            Take(account, TailMeasure.Worst(gains, Design, Deepest, new TailEntry[gains.Length]));
            Interlocked.Increment(ref _recomputed);
        }

        protected abstract void Take(int account, ReadOnlySpan<TailEntry> worstFirst);
    }

    private sealed class TailReader(int[][] rows, int[] most, int count, AccountBook book, SampleDesign design, TailLevel es, TailLevel var)
        : HoldingsReader(rows, most, count, book, design, es.PartsPerBillion < var.PartsPerBillion ? es : var)
    {
        public BookTail[] Tails { get; } = new BookTail[book.Count];

        protected override void Take(int account, ReadOnlySpan<TailEntry> worstFirst)
        {
            var sum = TailMeasure.Sum(worstFirst, Design, es);
            Tails[account] = new BookTail(es == var ? sum.Var : TailMeasure.VarOf(worstFirst, Design, var), sum.Es, sum.LossMass);
        }
    }

    private sealed class EstimateReader(int[][] rows, int[] most, AccountBook book, SampleDesign design, TailLevel level)
        : HoldingsReader(rows, most, design.Count, book, design, level)
    {
        public TailEstimate[] Estimates { get; } = new TailEstimate[book.Count];

        protected override void Take(int account, ReadOnlySpan<TailEntry> worstFirst) => Estimates[account] = TailMeasure.FromSorted(worstFirst, Design, Deepest);
    }
}
