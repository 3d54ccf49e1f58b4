using Pms.Margin.Arrays;
using Pms.Margin.Measures;

namespace Pms.Margin.Requirement;

/// <summary>The sums of an account's holdings whose losses its margin asks for, by number: coins alone (where there are several), all contracts, contracts with collateral, and in degraded mode each contract alone.</summary>
internal sealed class AccountVectors
{
    private readonly RowLots[] _byCoin;
    private readonly int[] _coinStarts;
    private readonly RowLots[] _collateral;
    private readonly bool _isDegraded;
    private RowLots[]? _withCollateral;

    /// <param name="holdings">contracts, by row</param>
    /// <param name="collateral">assets, by row</param>
    /// <param name="coinRanks">[row] contracts of one coin have one number</param>
    /// <param name="isDegraded">each contract alone is asked for too</param>
    public AccountVectors(ReadOnlySpan<RowLots> holdings, ReadOnlySpan<RowLots> collateral, int[] coinRanks, bool isDegraded)
    {
        (_collateral, _isDegraded) = (collateral.ToArray(), isDegraded);
        _byCoin = holdings.ToArray();
        var isByCoin = true;
        for (var h = 1; h < _byCoin.Length; h++)
        {
            isByCoin &= coinRanks[_byCoin[h].Row] >= coinRanks[_byCoin[h - 1].Row];
        }

        // Rows are by name, which all but groups them by coin: BTC_USDC comes after BTCX.
        if (!isByCoin)
        {
            Array.Sort(_byCoin, (a, b) => coinRanks[a.Row] != coinRanks[b.Row] ? coinRanks[a.Row].CompareTo(coinRanks[b.Row]) : a.Row.CompareTo(b.Row));
        }

        var starts = new List<int> { 0 };
        for (var h = 1; h < _byCoin.Length; h++)
        {
            if (coinRanks[_byCoin[h].Row] != coinRanks[_byCoin[h - 1].Row])
            {
                starts.Add(h);
            }
        }

        _coinStarts = [.. starts, _byCoin.Length];
    }

    /// <summary>Coins that have vectors of their own, the first ones: none where there is but one coin.</summary>
    public int Coins => _coinStarts.Length > 2 ? _coinStarts.Length - 1 : 0;

    public int Contracts => Coins;

    public int WithCollateral => Contracts + 1;

    public bool HasCollateral => _collateral.Length > 0;

    /// <summary>Number of a contract alone.</summary>
    /// <param name="holding">place in the holdings by coin</param>
    public int Alone(int holding) => Contracts + (HasCollateral ? 2 : 1) + holding;

    /// <summary>The holdings whose sum a vector is.</summary>
    public ReadOnlySpan<RowLots> Of(int vector) =>
        vector < Coins ? _byCoin.AsSpan(_coinStarts[vector].._coinStarts[vector + 1])
        : vector == Contracts ? _byCoin
        : HasCollateral && vector == WithCollateral ? _withCollateral ??= [.. _byCoin, .. _collateral]
        : _byCoin.AsSpan(vector - Alone(0), 1);

    /// <summary>The vectors as an account of a plan, under the same numbers.</summary>
    public void AddTo(BookPlan plan)
    {
        var coins = _coinStarts.Length - 1;
        for (var coin = 0; coin < coins; coin++)
        {
            // One coin is all contracts; the last of several completes them.
            plan.Add(
                _byCoin.AsSpan(_coinStarts[coin].._coinStarts[coin + 1]),
                PartUse.Own | (coin == 0 ? PartUse.Restart : PartUse.None) | (coin > 0 && coin == coins - 1 ? PartUse.Running : PartUse.None));
        }

        if (HasCollateral)
        {
            plan.Add(_collateral, PartUse.Running);
        }

        for (var holding = 0; _isDegraded && holding < _byCoin.Length; holding++)
        {
            plan.Add(_byCoin.AsSpan(holding, 1), PartUse.Restart | PartUse.Own);
        }
    }
}

/// <summary>Losses of an account's vectors. A result is valid until the next call of the same method.</summary>
internal interface IVectorLosses
{
    /// <summary>The worst scenarios with probability, worst first, down to the deepest level that the margin asks for.</summary>
    ReadOnlySpan<TailEntry> Worst(int vector);

    /// <summary>[stress scenario] gains.</summary>
    ReadOnlySpan<long> Stress(int vector);

    /// <summary>What the contracts of a coin's vector need alone, where that is known already; null: it is to be worked out.</summary>
    StandAlone? KnownAlone(int coin) => null;
}
