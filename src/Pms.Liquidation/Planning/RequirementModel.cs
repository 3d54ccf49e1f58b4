using System.Collections.Immutable;
using Pms.Margin.Arrays;
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
    private readonly Asset[] _coinNames; // [coin]
    private readonly LotLiquidity[] _liquidity;
    private readonly double[] _addOnSlopes; // money units a lot
    private readonly LossSlopes _tail;
    private readonly Losses?[] _losses; // [coin], the last one of all together: of the book last looked at
    private readonly double[] _errorBars; // as the losses; money units
    private readonly List<RequirementCut> _cuts = [];

    /// <param name="engine">of the margin</param>
    /// <param name="before">margin of the account as it is</param>
    /// <param name="actions">that extents are of</param>
    /// <param name="near">whose error bars are taken; null: of the account as it is</param>
    public RequirementModel(MarginEngine engine, MarginResult before, ImmutableArray<LiquidationAction> actions, MarginResult? near = null)
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
        _coinNames = [.. coins.Distinct()];
        _coins = [.. coins.Select(c => Array.IndexOf(_coinNames, c))];
        _liquidity = [.. _rows.Select(engine.LiquidityOf)];
        (_now, _change, _addOnSlopes, _tail) = (new long[_rows.Length], new double[_rows.Length], new double[_rows.Length], new LossSlopes(engine));
        (_losses, _errorBars) = (new Losses?[_coinNames.Length + 1], new double[_coinNames.Length + 1]);
        TakeErrorBars(near ?? before);
    }

    /// <summary>Coins that have a core of their own; 0 where there is but one.</summary>
    public int Coins => _coinNames.Length > 1 ? _coinNames.Length : 0;

    /// <summary>Factor of the core.</summary>
    public double Buffer { get; }

    /// <summary>Share of the sum of the coins' cores that is asked for at least.</summary>
    public double KeptShare { get; }

    /// <summary>What the margin charges above the ES that a cut is of, at the book that was last taken for it. Money units.</summary>
    public double ErrorBar(RequirementCut cut) => cut.IsTail ? _errorBars[PlaceOf(cut.Coin)] : 0;

    /// <summary>Takes the error bars of another book: they change little from plan to plan.</summary>
    public void TakeErrorBars(MarginResult at)
    {
        _errorBars[^1] = at.MeasureUpper - LossesOf(AllCoins, at.Holdings.AsSpan()).Es;
        foreach (var alone in at.StandAlone)
        {
            var coin = Array.IndexOf(_coinNames, alone.Coin);
            _errorBars[coin] = alone.EsUpper - LossesOf(coin, [.. at.Holdings.Where(h => CoinOf(h.Row) == coin)]).Es;
        }
    }

    /// <summary>Requirement at some extents.</summary>
    /// <param name="extents">[action] 0 to 1</param>
    /// <param name="cuts">tangents there to each of its parts; valid until the next call</param>
    public double At(ReadOnlySpan<double> extents, out IReadOnlyList<RequirementCut> cuts)
    {
        var holdings = BookAt(extents);
        _cuts.Clear();
        var core = AddCuts(CutPart.Whole, AllCoins, holdings);
        var kept = 0.0;
        for (var coin = 0; coin < Coins; coin++)
        {
            kept += KeptShare * AddCuts(CutPart.Coin, coin, Array.FindAll(holdings, h => CoinOf(h.Row) == coin));
        }

        var addOns = AddOns();
        _cuts.Add(ToCut(CutPart.AddOns, AllCoins, false, addOns, _addOnSlopes));
        cuts = _cuts;
        return (Buffer * Math.Max(core, kept)) + addOns;
    }

    /// <summary>Slopes of the requirement at some extents: of that tangent which is the whole of it there.</summary>
    /// <param name="extents">[action] 0 to 1</param>
    /// <returns>[action] money units where it is done in full</returns>
    public double[] SlopesAt(ReadOnlySpan<double> extents)
    {
        _ = At(extents, out _);
        double Core(RequirementCut cut) => cut.Value + ErrorBar(cut);
        var whole = _cuts.Where(c => c.Part == CutPart.Whole).MaxBy(Core);
        RequirementCut[] coins = [.. _cuts.Where(c => c.Part == CutPart.Coin).GroupBy(c => c.Coin).Select(g => g.MaxBy(Core)!)];
        var isKept = KeptShare * coins.Sum(Core) > (whole is null ? 0 : Core(whole));
        var slopes = _cuts.Single(c => c.Part == CutPart.AddOns).Slopes.ToArray();
        foreach (var cut in isKept ? coins : whole is null ? [] : [whole])
        {
            for (var a = 0; a < slopes.Length; a++)
            {
                slopes[a] += Buffer * (isKept ? KeptShare : 1) * cut.Slopes[a];
            }
        }

        return slopes;
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
        var losses = LossesOf(coin, holdings);
        var measure = losses.Es + _errorBars[PlaceOf(coin)];
        if (measure > 0)
        {
            _cuts.Add(ToCut(part, coin, true, losses.Es, losses.EsSlopes));
        }

        if (losses.Stress > 0)
        {
            _cuts.Add(ToCut(part, coin, false, losses.Stress, losses.StressSlopes));
        }

        return Math.Max(Math.Max(measure, losses.Stress), 0);
    }

    /// <summary>A search comes back to the book that it looked at last, and leaves most coins as they are.</summary>
    private Losses LossesOf(int coin, ReadOnlySpan<RowLots> holdings)
    {
        ref var losses = ref _losses[PlaceOf(coin)];
        if (losses is not null && holdings.SequenceEqual(losses.Holdings))
        {
            return losses;
        }

        _tail.Take(holdings);
        var (es, stress) = (new double[_rows.Length], new double[_rows.Length]);
        for (var i = 0; i < _rows.Length; i++)
        {
            if (coin == AllCoins || coin == _coins[i])
            {
                (es[i], stress[i]) = (_tail.EsSlope(_rows[i]), _tail.StressSlope(_rows[i]));
            }
        }

        return losses = new Losses(holdings.ToArray(), _tail.Es, es, _tail.Stress.Counted, stress);
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

    private int PlaceOf(int coin) => coin == AllCoins ? _coinNames.Length : coin;

    /// <summary>value + slopes x (book - book looked at), as a function of the extents.</summary>
    /// <param name="part">of what</param>
    /// <param name="coin">whose contracts alone count</param>
    /// <param name="isTail">an ES</param>
    /// <param name="value">at the book looked at</param>
    /// <param name="slopes">[place] money units a lot; 0 where a contract does not count</param>
    private RequirementCut ToCut(CutPart part, int coin, bool isTail, double value, double[] slopes)
    {
        var constant = value;
        for (var i = 0; i < slopes.Length; i++)
        {
            constant += slopes[i] * (_before[i] - _now[i]);
        }

        var byAction = new double[_actions.Length];
        for (var a = 0; a < byAction.Length; a++)
        {
            byAction[a] = slopes[_places[a]] * _actions[a].Lots;
        }

        return new RequirementCut(part, coin, isTail, value, constant, byAction);
    }

    /// <summary>Losses of some holdings, and what one more lot adds to them.</summary>
    /// <param name="Holdings">by row</param>
    /// <param name="Es">money units</param>
    /// <param name="EsSlopes">[place] money units a lot</param>
    /// <param name="Stress">counted, money units</param>
    /// <param name="StressSlopes">[place] money units a lot</param>
    private sealed record Losses(RowLots[] Holdings, double Es, double[] EsSlopes, double Stress, double[] StressSlopes);
}
