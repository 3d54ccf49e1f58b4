using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Ledgers;
using Pms.Microstructure.Procedures;
using Pms.Microstructure.Waterfalls;

namespace Pms.Microstructure.Cascades;

/// <summary>One venue while the market moves: its ledger, its margin rule and what its procedure may do.</summary>
internal sealed class VenueRun
{
    // Margins are looked at again where a price has moved by this log, or a vol by ten times it.
    private const double LookAgain = 0.002;

    private readonly decimal[] _lots; // [row] units
    private readonly double[] _settled; // [row] price that profit was last settled at
    private readonly int[] _settlementAsset; // [row] -1: none
    private readonly double[] _seenPrice;
    private readonly double[] _seenVol;
    private readonly Queue<(Margin.Market.MarginMarket Market, Margin.Requirement.MarketLiquidity Liquidity)> _delayed = [];
    private readonly MarginFigures[] _figures; // [owner]
    private readonly HashSet<int> _touched = [];
    private bool _hasSeen;

    public VenueRun(CascadeScene scene, IMarginRule rule, IReadOnlyList<Account> accounts, double fundUsd)
    {
        (Scene, Rule) = (scene, rule);
        Market = new ImpactMarket(scene.Start, scene.Liquidity, scene.Instruments, scene.Assets, scene.Coins, scene.Risk, scene.Impact);
        Keepers = scene.MakeKeepers();
        Ledger = new VenueLedger(scene.Instruments, scene.Assets, accounts);
        Ledger.PayUsd(VenueLedger.Makers, VenueLedger.Insurance, fundUsd);
        var exponents = EngineRule.LotExponentsOf(scene.Start);
        _lots = [.. scene.Instruments.Select(i => PowerOfTen(i.IsCountedInQuote ? 0 : exponents[i.Underlying.Base])), .. scene.Assets.Select(_ => 1e-8m)];
        _settled = new double[scene.Instruments.Length];
        _settlementAsset = [.. scene.Instruments.Select(i => i is Perpetual or DatedFuture ? scene.Assets.IndexOf(i.Underlying.SettlementAsset) : -1)];
        for (var row = 0; row < _settled.Length; row++)
        {
            _settled[row] = Market.FuturePriceOf(row);
        }

        (_seenPrice, _seenVol) = (new double[Market.Coins.Length], new double[Market.Coins.Length]);
        _figures = new MarginFigures[Ledger.Owners];
        StartValues = new double[Ledger.Owners];
        for (var owner = 0; owner < Ledger.Owners; owner++)
        {
            StartValues[owner] = ValueOf(owner);
        }

        Waterfall = new LossWaterfall(this);
    }

    public CascadeScene Scene { get; }

    public IMarginRule Rule { get; }

    public ImpactMarket Market { get; }

    public IKeeperPool Keepers { get; }

    public VenueLedger Ledger { get; }

    public LossWaterfall Waterfall { get; }

    public Tally Tally { get; } = new();

    public int Minute { get; private set; }

    /// <summary>[owner] value at the start, USD.</summary>
    public double[] StartValues { get; }

    public IEnumerable<int> AccountOwners => Enumerable.Range(VenueLedger.FirstAccount, Ledger.Owners - VenueLedger.FirstAccount);

    /// <summary>Value of all that an owner has, at the marks. USD.</summary>
    public double ValueOf(int owner) => Ledger.ValueOf(owner, Market.Marks);

    public MarginFigures FiguresOf(int owner) => _figures[owner];

    /// <summary>A minute passes: prices move, profit is settled, margins are looked at.</summary>
    public void Begin(int minute, ReadOnlySpan<double> path)
    {
        var passed = minute - Minute;
        Minute = minute;
        Market.Advance(passed, path);
        Settle();
        Keepers.Begin(minute);
        Look();
    }

    /// <summary>Accounts below their maintenance margin, the worst first.</summary>
    public List<int> Due()
    {
        foreach (var owner in _touched)
        {
            _figures[owner] = Ledger.HasPositions(owner) ? Rule.Of(Ledger.AccountOf(owner)) : default;
        }

        _touched.Clear();
        return
        [
            .. AccountOwners.Where(o => Ledger.HasPositions(o) && _figures[o].Equity < _figures[o].Maintenance)
                .OrderBy(o => _figures[o].Equity / Math.Max(_figures[o].Maintenance, 1e-9)).ThenBy(o => o),
        ];
    }

    /// <summary>Something of an account has changed: its margin is worked out anew before it is next asked for.</summary>
    public void Touch(int owner) => _touched.Add(owner);

    /// <summary>The changes that close a share of every position, in whole lots, rounded down; all of it from 1 on.</summary>
    public Fill[] Closing(int owner, double share) =>
        [.. Ledger.PositionsOf(owner).Select(p => new Fill(p.Row, -Part(p, share))).Where(f => f.Units != 0)];

    /// <summary>A share of units in whole lots, towards zero.</summary>
    public decimal Part(Fill of, double share) => share >= 1 ? of.Units : decimal.Truncate(of.Units * (decimal)Math.Max(share, 0) / _lots[of.Row]) * _lots[of.Row];

    /// <summary>The same away from zero, at most all.</summary>
    public decimal PartUp(Fill of, double share)
    {
        var lot = _lots[of.Row];
        var size = Math.Min(decimal.Ceiling(Math.Abs(of.Units) * (decimal)Math.Clamp(share, 0, 1) / lot) * lot, Math.Abs(of.Units));
        return of.Units < 0 ? -size : size;
    }

    /// <summary>Whole lots of a contract, towards zero.</summary>
    public decimal Whole(int row, double units) => decimal.Truncate((decimal)units / _lots[row]) * _lots[row];

    public double NotionalOf(ReadOnlySpan<Fill> fills)
    {
        var sum = 0.0;
        foreach (var (row, units) in fills)
        {
            sum += Math.Abs((double)units) * Market.Marks[row].Notional;
        }

        return sum;
    }

    /// <summary>[coin] delta of changes or holdings, USD.</summary>
    public double[] DeltaOf(IEnumerable<Fill> fills)
    {
        var delta = new double[Market.Coins.Length];
        foreach (var (row, units) in fills)
        {
            var mark = Market.Marks[row];
            if (mark.Coin >= 0)
            {
                delta[mark.Coin] += (double)units * mark.Delta;
            }
        }

        return delta;
    }

    /// <summary>Value at the marks of what is bought, less that of what is sold. USD.</summary>
    public double PriceOf(ReadOnlySpan<Fill> fills)
    {
        var sum = 0.0;
        foreach (var (row, units) in fills)
        {
            sum += (double)units * Market.Marks[row].Value;
        }

        return sum;
    }

    /// <summary>Offers changes of an account to keepers: they take the positions at the marks for a reward from the account, close them in the market and pay what that costs.</summary>
    public KeeperAnswer Offer(int owner, Fill[] fills, double reward)
    {
        var notional = NotionalOf(fills);
        var answer = Ask(new KeeperOffer(reward, Market.CostOf(fills), notional, fills.Length));
        if (answer == KeeperAnswer.Taken)
        {
            // From account to makers by way of the keeper, whose book is even again at once.
            Exchange(owner, VenueLedger.Makers, fills);
            Ledger.PayUsd(owner, VenueLedger.Keepers, reward);
            Hedge(fills);
            CountLiquidation(owner, notional);
        }

        return answer;
    }

    public KeeperAnswer Ask(in KeeperOffer offer)
    {
        var answer = Keepers.Ask(offer);
        if (answer == KeeperAnswer.Unprofitable)
        {
            Tally.Unprofitable++;
        }
        else if (answer == KeeperAnswer.Taken)
        {
            var gas = Keepers.GasOf(offer.Legs);
            Ledger.PayUsd(VenueLedger.Keepers, VenueLedger.Network, gas);
            Tally.Gas += gas;
            Tally.Rewards += offer.Reward;
        }

        return answer;
    }

    /// <summary>Moves positions at the marks from the account to another owner, or from it where units are above 0.</summary>
    public void Exchange(int owner, int other, ReadOnlySpan<Fill> fills)
    {
        foreach (var (row, units) in fills)
        {
            Ledger.Transfer(other, owner, row, units);
        }

        Ledger.PayUsd(owner, other, PriceOf(fills));
        Touch(owner);
    }

    /// <summary>The keeper trades in the market what it has taken, and pays for it.</summary>
    public void Hedge(Fill[] fills)
    {
        var cost = Market.Trade(fills);
        Ledger.PayUsd(VenueLedger.Keepers, VenueLedger.Makers, cost);
        Tally.Slippage += cost;
    }

    public void CountLiquidation(int owner, double notional)
    {
        Tally.Liquidated += notional;
        Tally.Liquidations++;
        Tally.ByOwner[owner] = Tally.ByOwner.GetValueOrDefault(owner) + notional;
    }

    private void Settle()
    {
        for (var row = 0; row < _settled.Length; row++)
        {
            var price = Market.FuturePriceOf(row);
            if (_settlementAsset[row] >= 0 && price != _settled[row])
            {
                // Coins a USD for inverse contracts, quote a coin for linear ones; rounded once for all owners.
                var perUnit = Scene.Instruments[row].IsCountedInQuote ? (1 / _settled[row]) - (1 / price) : price - _settled[row];
                Ledger.Settle(row, _settlementAsset[row], decimal.Round((decimal)perUnit, 14));
                _settled[row] = price;
            }
        }
    }

    private void Look()
    {
        _delayed.Enqueue((Market.Market, Market.Liquidity));
        while (_delayed.Count > Scene.OracleDelayMinutes + 1)
        {
            _delayed.Dequeue();
        }

        var hasMoved = !_hasSeen;
        for (var coin = 0; coin < _seenPrice.Length; coin++)
        {
            hasMoved |= Math.Abs(Market.Path[coin] + Market.ImpactOf(coin) - _seenPrice[coin]) > LookAgain || Math.Abs(Market.LogVolOf(coin) - _seenVol[coin]) > 10 * LookAgain;
        }

        if (!hasMoved && Scene.OracleDelayMinutes == 0 && !Scene.HasPegs)
        {
            return;
        }

        for (var coin = 0; coin < _seenPrice.Length; coin++)
        {
            (_seenPrice[coin], _seenVol[coin]) = (Market.Path[coin] + Market.ImpactOf(coin), Market.LogVolOf(coin));
        }

        _hasSeen = true;
        var (market, liquidity) = _delayed.Peek();
        Rule.See(market, Scene.MarginSeesStress ? liquidity : Scene.Liquidity);
        var holders = AccountOwners.Where(Ledger.HasPositions).ToArray();
        var figures = Rule.OfAll([.. holders.Select(Ledger.AccountOf)]);
        for (var i = 0; i < holders.Length; i++)
        {
            _figures[holders[i]] = figures[i];
        }

        _touched.Clear();
    }

    private static decimal PowerOfTen(int exponent)
    {
        var power = 1m;
        for (var i = Math.Abs(exponent); i > 0; i--)
        {
            power *= 10m;
        }

        return exponent < 0 ? 1 / power : power;
    }
}
