using Pms.Margin.Arrays;
using Pms.Margin.Measures;

namespace Pms.Margin.Requirement;

/// <summary>ES and worst stress loss of one book after another, and what one more lot of a row adds to each: for searches that look at many books.</summary>
/// <remarks>
/// The ES is that of <see cref="TailMeasure"/> at the coherent level. Its tail is found without putting it in order, so that a book of twenty rows takes tens of microseconds. Not safe for
/// several threads at once.
/// </remarks>
public sealed class LossSlopes
{
    private readonly MarginEngine _engine;
    private readonly LiveAccount _gains;
    private readonly long[] _whole;
    private readonly int[] _scenarios; // of the tail
    private readonly double[] _shares; // [scenario of the tail] of the ES
    private int _count;

    /// <param name="engine">array, scenarios, level</param>
    public LossSlopes(MarginEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _gains = new LiveAccount(engine.Array, engine.Parameters.Measure.CoherentLevel, [], new LiveBuffers(engine.Design, engine.Set.Count - engine.Set.TailCount));
        (_whole, _scenarios, _shares) = (new long[engine.Set.Count], new int[engine.Design.Count], new double[engine.Design.Count]);
        Stress = GridLoss.None;
    }

    /// <summary>Mean loss over the tail, money units.</summary>
    public double Es { get; private set; }

    public GridLoss Stress { get; private set; }

    /// <summary>Looks at a book.</summary>
    /// <param name="holdings">rows and lots, each row once</param>
    /// <exception cref="Primitives.InvalidInputException"><c>pnl-overflow</c>: its gains leave 64 bits</exception>
    public void Take(ReadOnlySpan<RowLots> holdings)
    {
        if (_engine.Array.GainBound(holdings) * _engine.Set.TailCount > long.MaxValue)
        {
            TakeWide(holdings);
            return;
        }

        var (quotient, remainder) = Int128.DivRem(_gains.Reset(holdings, _scenarios, _shares, out _count).LossMass, _gains.EsMass);
        Es = (double)(long)quotient + ((double)(long)remainder / _gains.EsMass);
        Stress = _engine.GridOf(_gains.Stress([]));
    }

    /// <summary>What one more lot adds to the ES, money units: the row's mean loss over the tail.</summary>
    /// <param name="row">of the risk array</param>
    public double EsSlope(int row)
    {
        var ticks = _engine.Array.Rows[row].Ticks;
        var sum = 0.0;
        for (var i = 0; i < _count; i++)
        {
            sum += _shares[i] * ticks[_scenarios[i]];
        }

        return -sum;
    }

    /// <summary>What one more lot adds to the worst counted stress loss, money units; 0 where no scenario loses.</summary>
    /// <param name="row">of the risk array</param>
    public double StressSlope(int row) => Stress.Scenario < 0 ? 0 : -Stress.LossShare * _engine.Array.Rows[row].Ticks[Stress.Scenario];

    /// <summary>A book whose gains, added up, may leave 64 bits.</summary>
    private void TakeWide(ReadOnlySpan<RowLots> holdings)
    {
        _engine.Array.AccountPnl(holdings, _whole);
        var tail = TailMeasure.Of(_whole.AsSpan(0, _engine.Design.Count), _engine.Design, _engine.Parameters.Measure.CoherentLevel);
        (Es, Stress, _count) = (tail.EsExact, _engine.Grid(_whole), tail.Tail.Count);
        for (var i = 0; i < _count; i++)
        {
            (_scenarios[i], _, _shares[i]) = tail.Tail[i];
        }
    }
}
