using System.Collections.Immutable;
using System.Numerics;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Auctions;
using Pms.Liquidation.Gas;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Keeper.Contests;

/// <summary>How a keeper did, USD.</summary>
public sealed record KeeperResult(string Name, int Starts, int Bids, int Lost, int Divisions, double CashInBids, double GainBeforeGas, double Gas, double Net, IReadOnlyDictionary<string, int> Skips);

/// <summary>What became of an account, USD and seconds since the start.</summary>
/// <param name="Account">number</param>
/// <param name="Outcome">restored, open, notStarted, insolvent</param>
/// <param name="StartedAt">of its auction; null: none</param>
/// <param name="RestoredAt">when its shortfall was gone; null: it is not</param>
/// <param name="Shortfall">at the start</param>
/// <param name="Removed">of it</param>
/// <param name="Bonus">paid out of its equity</param>
/// <param name="Fee">to insurance</param>
/// <param name="Bids">that hit it</param>
public sealed record AccountResult(ulong Account, string Outcome, double? StartedAt, double? RestoredAt, double Shortfall, double Removed, double Bonus, double Fee, int Bids);

/// <summary>A contest's end.</summary>
public sealed record ContestResult(int Blocks, ImmutableArray<KeeperResult> Keepers, ImmutableArray<AccountResult> Accounts)
{
    /// <summary>Share of all shortfall that was removed.</summary>
    public double RemovedShare => Accounts.Sum(a => a.Removed) / Math.Max(Accounts.Sum(a => a.Shortfall), double.Epsilon);

    /// <summary>Bonus for a USD of shortfall removed.</summary>
    public double MeanRate => Accounts.Sum(a => a.Bonus) / Math.Max(Accounts.Sum(a => a.Removed), double.Epsilon);

    public double? MedianRestoredAt
    {
        get
        {
            var times = Accounts.Where(a => a.RestoredAt is not null).Select(a => a.RestoredAt!.Value).Order().ToArray();
            return times.Length > 0 ? times[times.Length / 2] : null;
        }
    }
}

/// <summary>Several keepers on the same accounts: the real decision, the real arithmetic, a made-up chain. Equal setups give equal results.</summary>
/// <remarks>
/// Each block: everybody decides on the state of the block before; then the transactions happen, higher tips first, equal ones in drawn order. Who comes too late pays the gas of a refusal. Prices and
/// base fee do not move; shares are divided once it is worth it, and what is taken is got rid of at the costs that the keeper's own rules state.
/// </remarks>
public static class KeeperContest
{
    /// <summary>Of its gas, that a refused transaction still burns.</summary>
    private const double RefusedShare = 0.3;

    /// <exception cref="InvalidInputException"><c>contest</c>, <c>keeper-config</c>, <c>auction-terms</c></exception>
    public static ContestResult Run(ContestSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        setup.Validate();
        var accounts = setup.Accounts.Select(a => new Live(a, setup.Terms)).ToArray();
        var keepers = setup.Keepers.Select((k, i) => new Player(k, i)).ToArray();
        var blocks = setup.Minutes * 60 / setup.BlockSeconds;
        for (var block = 1; block <= blocks; block++)
        {
            var now = (ulong)((block - 1) * setup.BlockSeconds);
            var sent = keepers.Where(k => k.Setup.PresentFromSeconds <= now)
                .SelectMany(k => Decide(k, accounts, setup, now, (ulong)block).Select(a => (Player: k, Action: a)))
                .OrderByDescending(s => s.Player.Setup.TipGwei).ThenBy(s => new RandomStream(setup.Seed).Derive((ulong)block).Bits((ulong)s.Player.Place)).ToArray();
            foreach (var (player, action) in sent)
            {
                Execute(player, action, accounts.First(a => a.Number == action.Account), setup, (ulong)(block * setup.BlockSeconds));
            }

            if (Array.TrueForAll(accounts, a => a.IsFinished))
            {
                break;
            }
        }

        return new ContestResult(blocks, [.. keepers.Select(k => k.Result())], [.. accounts.Select(a => a.Result())]);
    }

    private static KeeperAction[] Decide(Player player, Live[] accounts, ContestSetup setup, ulong now, ulong block)
    {
        var wei = new BigInteger(setup.BaseFeeGwei * 1e9);
        var actions = KeeperDecision.Decide(
            new KeeperSnapshot
            {
                NowSeconds = now,
                Block = block,
                BatchSequence = block,
                BatchObservedAt = now,
                BatchValidUntil = now + 60,
                CashWad = player.Cash,
                GasSpentTodayUsd = player.GasToday(now),
                Gas = new GasNow(wei, wei, new BigInteger(player.Setup.TipGwei * 1e9), setup.EtherUsd),
                Accounts = [.. accounts.Where(a => !a.IsFinished).Select(a => a.View(player.Place))],
            },
            player.Setup.Rules);
        foreach (var code in actions.Where(a => !a.IsChosen).Select(a => a.Skip!.Code))
        {
            player.Skips[code] = player.Skips.GetValueOrDefault(code) + 1;
        }

        return [.. actions.Where(a => a.IsChosen)];
    }

    private static void Execute(Player player, KeeperAction action, Live account, ContestSetup setup, ulong now)
    {
        var gas = BidEconomics.GasCostUsd(action.GasUnits, new BigInteger((setup.BaseFeeGwei + player.Setup.TipGwei) * 1e9), setup.EtherUsd);
        var happened = action.Kind switch
        {
            ActionKind.Start => Start(player, account, now),
            ActionKind.End => account.End(now),
            ActionKind.Share => Take(player, action, account, now),
            ActionKind.Divide => Divide(player, action, account),
            _ => false,
        };
        player.Pay(happened ? gas : gas * RefusedShare, now);
        player.Lost += happened ? 0 : 1;
    }

    private static bool Start(Player player, Live account, ulong now)
    {
        if (!account.Start(now))
        {
            return false;
        }

        player.Starts++;
        return true;
    }

    private static bool Take(Player player, KeeperAction action, Live account, ulong now)
    {
        if (account.Take(player.Place, action, now) is not { } bid)
        {
            return false;
        }

        player.Bids++;
        player.Cash -= bid.CashWad;
        player.CashInBids += (double)bid.CashWad / 1e18;
        return true;
    }

    private static bool Divide(Player player, KeeperAction action, Live account)
    {
        if (account.Divide(action.Claim) is not { } taken)
        {
            return false;
        }

        var rules = player.Setup.Rules.Costs;
        var cost = (rules.RiskShare * taken.Maintenance) + (rules.SpreadShare * taken.Gross) + (rules.ImpactFactor * taken.Gross * Math.Sqrt(taken.Gross / rules.DailyVolumeUsd));
        player.Divisions++;
        player.Cash += ContestSetup.Wad(Math.Max(taken.Worth - cost, 0));
        player.Gain += taken.Worth - taken.Cash - cost;
        return true;
    }

    private sealed class Player(ContestKeeper setup, int place)
    {
        private readonly Dictionary<ulong, double> _gasOfDay = [];

        public ContestKeeper Setup { get; } = setup;

        public int Place { get; } = place;

        public BigInteger Cash { get; set; } = ContestSetup.Wad(setup.CashUsd);

        public double CashInBids { get; set; }

        public double Gain { get; set; }

        public int Starts { get; set; }

        public int Bids { get; set; }

        public int Lost { get; set; }

        public int Divisions { get; set; }

        public SortedDictionary<string, int> Skips { get; } = new(StringComparer.Ordinal);

        public double GasToday(ulong now) => _gasOfDay.GetValueOrDefault(now / 86_400);

        public void Pay(double usd, ulong now) => _gasOfDay[now / 86_400] = GasToday(now) + usd;

        public KeeperResult Result()
        {
            var gas = _gasOfDay.Values.Sum();
            return new KeeperResult(Setup.Name, Starts, Bids, Lost, Divisions, CashInBids, Gain, gas, Gain - gas, Skips);
        }
    }

    /// <summary>An account as the contract would hold it.</summary>
    private sealed class Live
    {
        private readonly ContestAccount _first;
        private readonly AuctionTerms _frozen;
        private readonly double _shortfall;
        private readonly SortedDictionary<ulong, (int Owner, BigInteger Units, BigInteger Cash)> _claims = [];
        private AuctionedAccount _money;
        private BigInteger _gross;
        private BigInteger _units = ShareBid.OwnerUnits;
        private AuctionTerms? _terms;
        private ulong _lastClaim;
        private ulong? _startedAt;
        private ulong? _restoredAt;
        private BigInteger _bonus;
        private BigInteger _fee;
        private int _bids;

        public Live(ContestAccount account, AuctionTerms terms)
        {
            (_first, _frozen) = (account, terms);
            _money = new AuctionedAccount(ContestSetup.Wad(account.Equity), ContestSetup.Wad(account.Worth), ContestSetup.Wad(account.Initial), ContestSetup.Wad(account.Maintenance));
            _gross = ContestSetup.Wad(account.GrossMark);
            _shortfall = Math.Max(0, (double)terms.ShortfallWad(_money.EquityWad, _money.InitialWad, _money.MaintenanceWad) / 1e18);
        }

        public ulong Number => _first.Account;

        public bool IsFinished => _restoredAt is not null && _terms is null && _claims.Count == 0;

        private BigInteger Shortfall => _frozen.ShortfallWad(_money.EquityWad, _money.InitialWad, _money.MaintenanceWad);

        public AuctionView View(int player) => new()
        {
            Account = Number,
            Money = _money,
            Terms = _terms,
            AllUnitsWad = _units,
            OpenClaims = _claims.Count,
            OwnClaims = [.. _claims.Where(c => c.Value.Owner == player).Select(c => c.Key)],
            OwnUnitsWad = _claims.Values.Where(c => c.Owner == player).Aggregate(BigInteger.Zero, (sum, c) => sum + c.Units),
            GrossMarkWad = _gross,
        };

        public bool Start(ulong now)
        {
            if (_terms is not null || _money.EquityWad >= _money.MaintenanceWad)
            {
                return false;
            }

            (_terms, _startedAt) = (_frozen with { StartedAtSeconds = now }, _startedAt ?? now);
            return true;
        }

        public bool End(ulong now)
        {
            if (_terms is null || Shortfall.Sign > 0)
            {
                return false;
            }

            (_terms, _restoredAt) = (null, _restoredAt ?? now);
            return true;
        }

        public ShareBid? Take(int player, KeeperAction action, ulong now)
        {
            try
            {
                if (_terms is null)
                {
                    return null;
                }

                // Cut to what restores the account, and the least units in proportion, as on the chain.
                var cash = BigInteger.Min(action.CashWad, ShareBid.MostCash(Shortfall, _terms.FeeE6));
                var bid = ShareBid.Take(_terms, now, _money, _units, cash);
                if (bid.UnitsWad * action.CashWad < action.LeastUnitsWad * cash)
                {
                    return null;
                }

                _claims.Add(++_lastClaim, (player, bid.UnitsWad, bid.CashWad));
                (_units, _money, _bonus, _fee, _bids) = (bid.AllUnitsWad, _money with { EquityWad = bid.EquityAfterWad, WorthWad = bid.WorthAfterWad }, _bonus + bid.BonusWad, _fee + bid.FeeWad, _bids + 1);
                _restoredAt = Shortfall.Sign <= 0 ? now : null;
                return bid;
            }
            catch (InvalidInputException)
            {
                // the contract refuses, too: somebody was faster
                return null;
            }
        }

        /// <summary>Takes a claim's share of everything out; requirements go with it.</summary>
        public (double Worth, double Cash, double Maintenance, double Gross)? Divide(ulong claim)
        {
            if (!_claims.Remove(claim, out var c))
            {
                return null;
            }

            BigInteger Of(BigInteger whole) => whole * c.Units / _units;
            var (worth, maintenance, gross) = (Of(_money.WorthWad), Of(_money.MaintenanceWad), Of(_gross));
            _money = new AuctionedAccount(_money.EquityWad - Of(_money.EquityWad), _money.WorthWad - worth, _money.InitialWad - Of(_money.InitialWad), _money.MaintenanceWad - maintenance);
            (_gross, _units) = (_gross - gross, _units - c.Units);
            return ((double)worth / 1e18, (double)c.Cash / 1e18, (double)maintenance / 1e18, (double)gross / 1e18);
        }

        public AccountResult Result() => new(
            Number, _restoredAt is not null ? "restored" : _money.WorthWad.Sign <= 0 ? "insolvent" : _startedAt is null ? "notStarted" : "open", _startedAt, _restoredAt, _shortfall, Math.Clamp(_shortfall - Math.Max((double)Shortfall / 1e18, 0), 0, _shortfall), (double)_bonus / 1e18,
            (double)_fee / 1e18, _bids);
    }
}
