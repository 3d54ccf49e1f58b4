using System.Runtime.InteropServices;
using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Margin.Portfolios;
using Pms.Primitives;

namespace Pms.Margin.Requirement;

/// <summary>One account kept at hand, so that the margin that it would have with other holdings takes tens of microseconds.</summary>
/// <remarks>
/// The margins are those of <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/> to the last digit: the same code, which asks for the worst scenarios of a few sums of holdings and is
/// told them from gains kept at hand and the rows that change. Sums are kept from when they are first asked for: the first margin takes as long as without. Not safe for several threads at once.
/// </remarks>
public sealed class LiveMargin
{
    // Sums are kept under the number of their coin, or one of these.
    private const int Contracts = -1;
    private const int WithCollateral = -2;

    private readonly MarginEngine _engine;
    private readonly MarginContext _context;
    private readonly Dictionary<int, Kept> _kept = [];
    private readonly long[] _changeOfRow;
    private readonly List<RowLots> _changes = [];
    private MarginEngine.AccountLines _lines;
    private readonly LiveRoom _room;
    private MarginResult? _current;
    private (Account Account, MarginEngine.AccountLines Lines, MarginResult Margin)? _asked;

    /// <param name="engine">market, array, parameters</param>
    /// <param name="account">as it is</param>
    /// <param name="context">as in <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/>, the same for every margin asked for</param>
    /// <param name="known">its margin by this engine in this context, where it was worked out before; null: it is worked out when it is asked for</param>
    /// <param name="room">to work in, of this engine; null: its own</param>
    /// <exception cref="InvalidInputException">as <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/></exception>
    public LiveMargin(MarginEngine engine, Account account, MarginContext? context = null, MarginResult? known = null, LiveRoom? room = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        (_engine, _context, _current, _room) = (engine, context ?? MarginContext.Normal, known, room ?? new LiveRoom(engine));
        if (!ReferenceEquals(_room.Engine, engine))
        {
            throw new ArgumentException("the room is of another engine", nameof(room));
        }

        _lines = engine.LinesOf(account, _context);
        _changeOfRow = new long[engine.Array.Rows.Length];
        Account = account;
    }

    public MarginEngine Engine => _engine;

    /// <summary>The account as it is.</summary>
    public Account Account { get; private set; }

    /// <summary>Its margin.</summary>
    public MarginResult Current => _current ??= Evaluate(Account, _lines);

    /// <summary>The margin that the account would have with other holdings; it stays as it is.</summary>
    /// <param name="changed">any holdings: the fewer differ, the faster</param>
    /// <exception cref="InvalidInputException">as <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/></exception>
    public MarginResult Evaluate(Account changed)
    {
        var lines = _engine.LinesOf(changed, _context);
        var margin = Evaluate(changed, lines);
        _asked = (changed, lines, margin);
        return margin;
    }

    /// <summary>From now on the account is another; where its margin was the last one asked for, that is not worked out again.</summary>
    /// <param name="changed">a margin of it can be had</param>
    /// <returns>its margin</returns>
    /// <exception cref="InvalidInputException">as <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/>; the account then stays as it was</exception>
    public MarginResult Move(Account changed)
    {
        if (!ReferenceEquals(_asked?.Account, changed))
        {
            _ = Evaluate(changed);
        }

        var (_, lines, margin) = _asked!.Value;
        foreach (var (key, kept) in _kept.ToArray())
        {
            if (NumberOf(key, lines.Vectors) is not { } vector || !kept.TryMove(Changes(kept, lines.Vectors.Of(vector)), lines.Vectors.Of(vector)))
            {
                _kept.Remove(key);
            }
        }

        (Account, _lines, _current) = (changed, lines, margin);
        return margin;
    }

    private MarginResult Evaluate(Account account, MarginEngine.AccountLines lines) => _engine.Evaluate(account, _context, lines, new Losses(this, lines.Vectors));

    private int? KeyOf(int vector, AccountVectors vectors) =>
        vector < vectors.Coins ? _engine.CoinRank(vectors.Of(vector)[0].Row)
        : vector == vectors.Contracts ? Contracts
        : vectors.HasCollateral && vector == vectors.WithCollateral ? WithCollateral
        : null;

    private int? NumberOf(int key, AccountVectors vectors)
    {
        for (var vector = 0; vector <= vectors.WithCollateral; vector++)
        {
            if ((vector < vectors.WithCollateral || vectors.HasCollateral) && KeyOf(vector, vectors) == key)
            {
                return vector;
            }
        }

        return null;
    }

    /// <summary>The sum of the account as it is that one of another account is to be worked out from; null: none.</summary>
    private Kept? KeptFor(int vector, AccountVectors vectors)
    {
        if (KeyOf(vector, vectors) is not { } key)
        {
            return null;
        }

        if (!_kept.TryGetValue(key, out var kept) && NumberOf(key, _lines.Vectors) is { } own)
        {
            var holdings = _lines.Vectors.Of(own).ToArray();
            if (_engine.Array.GainBound(holdings) * _engine.Array.TailCount <= long.MaxValue)
            {
                kept = new Kept(new LiveAccount(_engine.Array, _engine.Deepest, holdings, _room.Buffers), holdings);
                _kept.Add(key, kept);
            }
        }

        return kept;
    }

    /// <summary>What a coin's contracts need alone, where they are those of the account as it is and its margin is known; else null.</summary>
    private StandAlone? KnownAlone(ReadOnlySpan<RowLots> contracts)
    {
        if (_current is null || _current.StandAlone.IsEmpty || NumberOf(_engine.CoinRank(contracts[0].Row), _lines.Vectors) is not { } own)
        {
            return null;
        }

        // Coins are in the order of their vectors.
        return _lines.Vectors.Of(own).SequenceEqual(contracts) ? _current.StandAlone[own] : null;
    }

    /// <summary>What is held more and less. Valid until the next call.</summary>
    private ReadOnlySpan<RowLots> Changes(Kept kept, ReadOnlySpan<RowLots> holdings)
    {
        foreach (var (row, lots) in kept.Holdings)
        {
            _changeOfRow[row] -= lots;
        }

        foreach (var (row, lots) in holdings)
        {
            _changeOfRow[row] += lots;
        }

        _changes.Clear();
        Collect(holdings);
        Collect(kept.Holdings);
        return CollectionsMarshal.AsSpan(_changes);
    }

    private void Collect(ReadOnlySpan<RowLots> holdings)
    {
        foreach (var (row, _) in holdings)
        {
            if (_changeOfRow[row] is not 0 and var lots)
            {
                _changes.Add(new RowLots(row, lots));
                _changeOfRow[row] = 0;
            }
        }
    }

    /// <summary>The gains of a sum of the account as it is.</summary>
    private sealed class Kept(LiveAccount gains, RowLots[] holdings)
    {
        public LiveAccount Gains { get; } = gains;

        public RowLots[] Holdings { get; private set; } = holdings;

        public bool TryMove(ReadOnlySpan<RowLots> changes, ReadOnlySpan<RowLots> holdings)
        {
            if (!Gains.Fits(changes))
            {
                return false;
            }

            foreach (var (row, lots) in changes)
            {
                Gains.Add(row, lots);
            }

            Holdings = holdings.ToArray();
            return true;
        }
    }

    /// <summary>Losses of an account from what is kept; from all scenarios where nothing is.</summary>
    private sealed class Losses(LiveMargin live, AccountVectors vectors) : IVectorLosses
    {
        private WholeLosses? _whole;

        private WholeLosses Whole => _whole ??= new WholeLosses(live._engine.Array, live._engine.Design, live._engine.Deepest, vectors);

        public ReadOnlySpan<TailEntry> Worst(int vector) => Find(vector, out var changes) is { } gains ? gains.Worst(changes) : Whole.Worst(vector);

        public ReadOnlySpan<long> Stress(int vector) => Find(vector, out var changes) is { } gains ? gains.Stress(changes) : Whole.Stress(vector);

        public StandAlone? KnownAlone(int coin) => live.KnownAlone(vectors.Of(coin));

        private LiveAccount? Find(int vector, out ReadOnlySpan<RowLots> changes)
        {
            changes = default;
            if (live.KeptFor(vector, vectors) is not { } kept)
            {
                return null;
            }

            changes = live.Changes(kept, vectors.Of(vector));
            return kept.Gains.Fits(changes) ? kept.Gains : null;
        }
    }
}
