using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Impact;

namespace Pms.Microstructure.Ledgers;

/// <summary>Who owns what of a simulated venue: exact amounts, every change a transfer from one owner to another, so that nothing can appear or be lost.</summary>
/// <remarks>The makers hold the other side of every account from the start; profit of futures is settled between owners in the settlement asset, exactly.</remarks>
public sealed class VenueLedger
{
    /// <summary>Whoever trades with the accounts: the other side of all positions, without limit.</summary>
    public const int Makers = 0;

    /// <summary>All keepers together.</summary>
    public const int Keepers = 1;

    /// <summary>Whoever gas is paid to.</summary>
    public const int Network = 2;

    /// <summary>The fund.</summary>
    public const int Insurance = 3;

    /// <summary>The book of what was taken over.</summary>
    public const int Backstop = 4;

    /// <summary>Where withdrawals go.</summary>
    public const int Outside = 5;

    /// <summary>The first account.</summary>
    public const int FirstAccount = 6;

    private readonly SortedList<int, decimal>[] _positions;
    private readonly decimal[][] _cash; // [owner][asset]
    private readonly Account?[] _accounts;
    private readonly string[] _ids;
    private readonly Dictionary<Instrument, int> _rows;

    /// <param name="instruments">by name</param>
    /// <param name="assets">by code, USD among them</param>
    /// <param name="accounts">with what they hold</param>
    public VenueLedger(ImmutableArray<Instrument> instruments, ImmutableArray<Asset> assets, IReadOnlyList<Account> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        (Instruments, Assets) = (instruments, assets);
        Usd = assets.IndexOf(Asset.Usd);
        var owners = FirstAccount + accounts.Count;
        _positions = new SortedList<int, decimal>[owners];
        _cash = new decimal[owners][];
        _accounts = new Account?[owners];
        _ids = ["makers", "keepers", "network", "insurance", "backstop", "outside", .. accounts.Select(a => a.Id)];
        _rows = instruments.Select((i, row) => (i, row)).ToDictionary(p => p.i, p => p.row);
        for (var owner = 0; owner < owners; owner++)
        {
            (_positions[owner], _cash[owner]) = ([], new decimal[assets.Length]);
        }

        for (var a = 0; a < accounts.Count; a++)
        {
            foreach (var (instrument, quantity) in accounts[a].Positions)
            {
                Transfer(Makers, FirstAccount + a, _rows[instrument], quantity);
            }

            foreach (var (asset, amount) in accounts[a].Collateral)
            {
                _cash[FirstAccount + a][assets.IndexOf(asset)] += amount;
            }
        }
    }

    public ImmutableArray<Instrument> Instruments { get; }

    public ImmutableArray<Asset> Assets { get; }

    /// <summary>Number of USD.</summary>
    public int Usd { get; }

    public int Owners => _positions.Length;

    public int RowOf(Instrument instrument) => _rows[instrument];

    public string IdOf(int owner) => _ids[owner];

    /// <summary>By instrument, none of them zero.</summary>
    public IEnumerable<Fill> PositionsOf(int owner) => _positions[owner].Select(p => new Fill(p.Key, p.Value));

    public bool HasPositions(int owner) => _positions[owner].Count > 0;

    public decimal PositionOf(int owner, int row) => _positions[owner].GetValueOrDefault(row);

    public decimal CashOf(int owner, int asset) => _cash[owner][asset];

    /// <summary>As the margin reads it; the same object until something changes.</summary>
    public Account AccountOf(int owner) => _accounts[owner] ??= new Account(
        _ids[owner],
        [.. _positions[owner].Select(p => new Position(Instruments[p.Key], p.Value))],
        [.. _cash[owner].Select((amount, asset) => new CollateralHolding(Assets[asset], amount)).Where(c => c.Amount != 0)]);

    /// <summary>Moves an amount of an asset; below 0 the other way.</summary>
    public void Pay(int from, int to, int asset, decimal amount)
    {
        _cash[from][asset] -= amount;
        _cash[to][asset] += amount;
        (_accounts[from], _accounts[to]) = (null, null);
    }

    /// <summary>Moves USD, rounded to the money unit of 1e-6.</summary>
    public void PayUsd(int from, int to, double usd) => Pay(from, to, Usd, RoundUsd(usd));

    /// <summary>Moves units of a contract; below 0 the other way.</summary>
    public void Transfer(int from, int to, int row, decimal units)
    {
        Add(from, row, -units);
        Add(to, row, units);
    }

    /// <summary>Pays the profit of a future to all who hold it.</summary>
    /// <param name="row">contract</param>
    /// <param name="asset">settlement asset</param>
    /// <param name="perUnit">profit of one unit long, in the asset</param>
    public void Settle(int row, int asset, decimal perUnit)
    {
        if (perUnit == 0)
        {
            return;
        }

        for (var owner = 0; owner < Owners; owner++)
        {
            if (_positions[owner].TryGetValue(row, out var units))
            {
                _cash[owner][asset] += units * perUnit;
                _accounts[owner] = null;
            }
        }
    }

    /// <summary>Value of everything an owner has, at the marks. USD.</summary>
    public double ValueOf(int owner, ReadOnlySpan<UnitMark> marks)
    {
        var sum = 0.0;
        foreach (var (row, units) in _positions[owner])
        {
            sum += (double)units * marks[row].Value;
        }

        for (var asset = 0; asset < Assets.Length; asset++)
        {
            sum += (double)_cash[owner][asset] * marks[Instruments.Length + asset].Value;
        }

        return sum;
    }

    /// <summary>Notional of the positions. USD.</summary>
    public double NotionalOf(int owner, ReadOnlySpan<UnitMark> marks)
    {
        var sum = 0.0;
        foreach (var (row, units) in _positions[owner])
        {
            sum += Math.Abs((double)units) * marks[row].Notional;
        }

        return sum;
    }

    /// <summary>Sums over all owners: of every asset, then of every contract. They never change; those of contracts are 0.</summary>
    public decimal[] Totals()
    {
        var totals = new decimal[Assets.Length + Instruments.Length];
        for (var owner = 0; owner < Owners; owner++)
        {
            for (var asset = 0; asset < Assets.Length; asset++)
            {
                totals[asset] += _cash[owner][asset];
            }

            foreach (var (row, units) in _positions[owner])
            {
                totals[Assets.Length + row] += units;
            }
        }

        return totals;
    }

    public static decimal RoundUsd(double usd) => decimal.Round((decimal)usd, 6, MidpointRounding.AwayFromZero);

    private void Add(int owner, int row, decimal units)
    {
        var sum = _positions[owner].GetValueOrDefault(row) + units;
        if (sum == 0)
        {
            _positions[owner].Remove(row);
        }
        else
        {
            _positions[owner][row] = sum;
        }

        _accounts[owner] = null;
    }
}
