using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;

namespace Pms.Liquidation.Planning;

/// <summary>What a tangent bounds from below.</summary>
internal enum CutPart
{
    /// <summary>The core of one coin's contracts alone.</summary>
    Coin,

    /// <summary>The core of all contracts together.</summary>
    Whole,

    /// <summary>Liquidity and concentration add-ons.</summary>
    AddOns,
}

/// <summary>A tangent to a part of the requirement: at least <paramref name="Constant"/> plus the sum of slopes times extents. Money units.</summary>
/// <param name="Part">of what</param>
/// <param name="Coin">number of the coin, where it is of one</param>
/// <param name="IsTail">an ES: the error bar comes on top</param>
/// <param name="Value">where it touches</param>
/// <param name="Constant">where nothing is done</param>
/// <param name="Slopes">[action] where it is done in full</param>
internal sealed record RequirementCut(CutPart Part, int Coin, bool IsTail, double Value, double Constant, double[] Slopes);

/// <summary>The part of a maintenance margin that is convex in the quantities, with its subgradients.</summary>
/// <remarks>
/// (1 + buffer) x the larger of core and (1 - benefit cap) x the sum of the coins' cores alone, plus liquidity and concentration add-ons; a core is the larger of ES with its error bar and
/// worst counted stress loss. Error bars are taken from a book nearby. ES is the largest mean loss over any 1 - a of probability (Rockafellar and Uryasev 2002), so the mean over the
/// tail of one book, as a function of the quantities, bounds the ES of every other from below; so does the loss in one stress scenario.
/// Everything else of a margin (basis, minima, rounding) is left to the caller's correction.
/// </remarks>
internal sealed class RequirementModel
{
    private const int AllCoins = -1;

    private readonly MarginEngine _engine;
    private readonly ImmutableArray<LiquidationAction> _actions;
    private readonly int[] _places; // [action] place of its row
    private readonly int[] _rows; // of the account and the hedges; what follows is by place in it
    private readonly long[] _before; // lots
    private readonly long[] _now; // lots of the book looked at
    private readonly double[] _change; // from the one to the other, before it is rounded
    private readonly int[] _coins; // contracts of one coin have one number
    private readonly int _coinCount;
    private readonly Asset[] _coinNames; // [coin]
    private readonly RiskRow[] _risk;
    private readonly LotLiquidity[] _liquidity;
    private readonly double[] _addOnSlopes; // money units a lot
    private readonly long[] _pnl;
    private readonly double[] _errorBars; // [coin], the last one for all together; money units
    private readonly List<RequirementCut> _cuts = [];

    /// <param name="engine">of the margin</param>
    /// <param name="before">margin of the account as it is</param>
    /// <param name="actions">that extents are of</param>
    public RequirementModel(MarginEngine engine, MarginResult before, ImmutableArray<LiquidationAction> actions)
    {
        (_engine, _actions) = (engine, actions);
        (Buffer, KeptShare) = (1 + engine.Parameters.AntiProcyclicality.Buffer, 1 - engine.Parameters.Diversification.BenefitCap);
        _rows = [.. before.Holdings.Select(h => h.Row).Concat(actions.Select(a => a.Row)).Distinct().Order()];
        _places = [.. actions.Select(a => Array.BinarySearch(_rows, a.Row))];
        _before = new long[_rows.Length];
        foreach (var (row, lots) in before.Holdings)
        {
            _before[Array.BinarySearch(_rows, row)] = lots;
        }

        var coins = _rows.Select(r => engine.Array.Rows[r].Key.Instrument!.Underlying.Base).ToArray();
        var distinct = coins.Distinct().ToList();
        (_coins, _coinCount, _coinNames) = ([.. coins.Select(c => distinct.IndexOf(c))], distinct.Count, [.. distinct]);
        _risk = [.. _rows.Select(r => engine.Array.Rows[r])];
        _liquidity = [.. _rows.Select(engine.LiquidityOf)];
        (_now, _change, _addOnSlopes, _pnl) = (new long[_rows.Length], new double[_rows.Length], new double[_rows.Length], new long[engine.Set.Count]);
        _errorBars = new double[_coinCount + 1];
        TakeErrorBars(before);
    }

    /// <summary>Coins that have a core of their own; 0 where there is but one.</summary>
    public int Coins => _coinCount > 1 ? _coinCount : 0;

    /// <summary>Factor of the core.</summary>
    public double Buffer { get; }

    /// <summary>Share of the sum of the coins' cores that is asked for at least.</summary>
    public double KeptShare { get; }

    /// <summary>What the margin charges above the ES that a cut is of, at the book that was last taken for it. Money units.</summary>
    public double ErrorBar(RequirementCut cut) => !cut.IsTail ? 0 : cut.Coin == AllCoins ? _errorBars[^1] : _errorBars[cut.Coin];

    /// <summary>Takes the error bars of another book: they change little from plan to plan.</summary>
    public void TakeErrorBars(MarginResult at)
    {
        _errorBars[^1] = at.MeasureUpper - TailOf(at.Holdings.AsSpan()).EsExact;
        foreach (var alone in at.StandAlone)
        {
            var coin = Array.IndexOf(_coinNames, alone.Coin);
            _errorBars[coin] = alone.EsUpper - TailOf([.. at.Holdings.Where(h => CoinOf(h.Row) == coin)]).EsExact;
        }
    }

    /// <summary>Requirement at some extents.</summary>
    /// <param name="extents">[action] 0 to 1</param>
    /// <param name="cuts">tangents there to each of its parts; valid until the next call</param>
    public double At(ReadOnlySpan<double> extents, out IReadOnlyList<RequirementCut> cuts)
    {
        var holdings = BookAt(extents);
        _cuts.Clear();
        var core = Math.Max(AddCuts(CutPart.Whole, AllCoins, holdings), KeptShare * Enumerable.Range(0, Coins).Sum(c => AddCuts(CutPart.Coin, c, Array.FindAll(holdings, h => CoinOf(h.Row) == c))));
        var addOns = AddOns();
        _cuts.Add(ToCut(CutPart.AddOns, AllCoins, false, addOns, _addOnSlopes));
        cuts = _cuts;
        return (Buffer * core) + addOns;
    }

    /// <summary>Rows and lots at some extents, to the nearest lot, none of them zero.</summary>
    private RowLots[] BookAt(ReadOnlySpan<double> extents)
    {
        Array.Clear(_change);
        for (var a = 0; a < extents.Length; a++)
        {
            _change[_places[a]] += extents[a] * _actions[a].Lots;
        }

        var holdings = new List<RowLots>(_rows.Length);
        for (var i = 0; i < _rows.Length; i++)
        {
            _now[i] = _before[i] + (long)Math.Round(_change[i]);
            if (_now[i] != 0)
            {
                holdings.Add(new RowLots(_rows[i], _now[i]));
            }
        }

        return [.. holdings];
    }

    /// <summary>Adds a cut for the tail and one for the worst stress scenario of the contracts of a coin, or of all, where these lose.</summary>
    /// <returns>the larger of the two, at least 0</returns>
    private double AddCuts(CutPart part, int coin, ReadOnlySpan<RowLots> holdings)
    {
        var tail = TailOf(holdings);
        var stress = _engine.Grid(_pnl);
        var measure = tail.EsExact + (coin == AllCoins ? _errorBars[^1] : _errorBars[coin]);
        if (measure > 0)
        {
            _cuts.Add(ToCut(part, coin, true, tail.EsExact, [.. _risk.Select(r => -MeanGain(r, tail.Tail))]));
        }

        if (stress.Counted > 0)
        {
            _cuts.Add(ToCut(part, coin, false, stress.Counted, [.. _risk.Select(r => -stress.LossShare * r.Ticks[stress.Scenario])]));
        }

        return Math.Max(Math.Max(measure, stress.Counted), 0);
    }

    private static double MeanGain(RiskRow row, TailScenarios tail)
    {
        var ticks = row.Ticks;
        var sum = 0.0;
        for (var i = 0; i < tail.Count; i++)
        {
            var (scenario, _, share) = tail[i];
            sum += share * ticks[scenario];
        }

        return sum;
    }

    private TailEstimate TailOf(ReadOnlySpan<RowLots> holdings)
    {
        _engine.Array.AccountPnl(holdings, _pnl);
        return TailMeasure.Of(_pnl.AsSpan(0, _engine.Design.Count), _engine.Design, _engine.Parameters.Measure.CoherentLevel);
    }

    private double AddOns()
    {
        var sum = 0.0;
        for (var i = 0; i < _rows.Length; i++)
        {
            var (charge, slope) = _liquidity[i].AddOn(Math.Abs(_now[i]), _engine.Parameters.Concentration.Factor);
            sum += charge;
            _addOnSlopes[i] = slope * Math.Sign(_now[i]);
        }

        return sum;
    }

    private int CoinOf(int row) => _coins[Array.BinarySearch(_rows, row)];

    /// <summary>value + slopes x (book - book looked at), as a function of the extents.</summary>
    /// <param name="part">of what</param>
    /// <param name="coin">whose contracts alone count</param>
    /// <param name="isTail">an ES</param>
    /// <param name="value">at the book looked at</param>
    /// <param name="slopes">money units a lot</param>
    private RequirementCut ToCut(CutPart part, int coin, bool isTail, double value, double[] slopes)
    {
        var constant = value;
        for (var i = 0; i < slopes.Length; i++)
        {
            constant += IsOf(coin, i) ? slopes[i] * (_before[i] - _now[i]) : 0;
        }

        return new RequirementCut(part, coin, isTail, value, constant, [.. _actions.Select((action, a) => IsOf(coin, _places[a]) ? slopes[_places[a]] * action.Lots : 0)]);
    }

    private bool IsOf(int coin, int place) => coin == AllCoins || coin == _coins[place];
}
