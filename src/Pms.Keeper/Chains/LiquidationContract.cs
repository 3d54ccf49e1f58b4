using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Chain.Logs;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Auctions;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Keeper.Chains;

/// <summary>The liquidation contract of a deployment, through its ABI. Events say which auctions run and which claims are open; the contract says what they are worth.</summary>
/// <remarks>After a reorganisation everything is read again, as the readers of the book do. Not safe for several threads.</remarks>
public sealed class LiquidationContract : ILiquidationChain
{
    private const int GasHeadroomPercent = 20;

    private readonly EthereumNode _node;
    private readonly EthereumNode _relay;
    private readonly ProtocolContracts _contracts;
    private readonly EngineReader _engine;
    private readonly HouseReader _reader;
    private readonly string _keyFile;
    private readonly string _address;
    private readonly ulong _payer;
    private readonly HashSet<ulong> _running = [];
    private readonly HashSet<(ulong Account, ulong Claim)> _claims = [];
    private readonly Dictionary<ulong, ulong> _foundInsolvent = []; // block of the last time, by account
    private LogFollower _follower;
    private HouseBook? _book;

    /// <param name="node">of the chain</param>
    /// <param name="contracts">of the deployment</param>
    /// <param name="reader">of the house's book</param>
    /// <param name="keyFile">signs and pays</param>
    /// <param name="address">of the key</param>
    /// <param name="payer">the keeper's account at the house</param>
    /// <param name="relay">takes transactions instead of the node; null: the node does</param>
    public LiquidationContract(EthereumNode node, ProtocolContracts contracts, HouseReader reader, string keyFile, string address, ulong payer, EthereumNode? relay)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        (_node, _contracts, _reader, _keyFile, _address, _payer, _relay) = (node, contracts, reader, keyFile, address, payer, relay ?? node);
        _engine = new EngineReader(node, contracts);
        _follower = NewFollower();
    }

    public Task<BlockRef> HeadAsync(CancellationToken cancel) => _node.LatestAsync(cancel);

    public async Task<ImmutableArray<AuctionView>> AccountsAsync(BatchDocument? batch, CancellationToken cancel)
    {
        _book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        await FollowAsync(cancel).ConfigureAwait(false);
        var now = new UnixSeconds((await _node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp);
        var views = ImmutableArray.CreateBuilder<AuctionView>();
        var told = new HashSet<ulong>();
        if (batch is not null)
        {
            var current = KeccakHash.Parse((string)(await _node.CallAsync(_contracts.Registry, "current", [], cancel).ConfigureAwait(false))[0]!);
            var outdated = current == batch.Header.StructHash() ? null : new Refusal("batch-current", $"batch {batch.Header.Sequence} is not the current one");
            var marks = batch.Rows.ToDictionary(r => r.Row.Instrument, r => (BigInteger)r.Row.Mark.Units);
            var accounts = _book.Accounts.ToDictionary(a => a.Number);
            var known = batch.Leaves.Where(l => accounts.ContainsKey(l.Account)).ToArray();
            var collateral = await CollateralAsync([.. known.Select(l => l.Account)], cancel).ConfigureAwait(false);
            foreach (var (leaf, held) in known.Zip(collateral))
            {
                var account = accounts[leaf.Account];
                var (initial, maintenance) = leaf.At(batch.Header.ObservedAt, now);
                var equity = held is { } h ? h + leaf.MarkValue.Units : (BigInteger?)null;
                var isRunning = _running.Contains(leaf.Account.Value);
                var own = OwnClaims(leaf.Account.Value);
                if (equity is null || (!isRunning && own.IsEmpty && equity >= initial.Units))
                {
                    continue;
                }

                told.Add(leaf.Account.Value);
                var view = new AuctionView
                {
                    Account = leaf.Account.Value,
                    Money = new AuctionedAccount(equity.Value, equity.Value, initial.Units, maintenance.Units),
                    OwnClaims = own,
                    GrossMarkWad = account.Legs.Select(l => BigInteger.Abs(l.Quantity.Units) * marks.GetValueOrDefault(l.Instrument) / BigInteger.Pow(10, 18)).Aggregate(BigInteger.Zero, (a, b) => a + b),
                    Stale = leaf.Positions != account.Positions || leaf.Sequence != account.Sequence ? new Refusal("leaf-stale", $"the leaf is of sequence {leaf.Sequence}, the account is at {account.Sequence}: a later batch is needed") : outdated,
                };
                view = view with { CallRanOut = await CallRanOutAsync(leaf.Account, now, cancel).ConfigureAwait(false) };
                views.Add(isRunning ? await AuctionOfAsync(view, batch, cancel).ConfigureAwait(false) : view);
            }
        }

        foreach (var account in _claims.Select(c => c.Account).Distinct().Where(a => !told.Contains(a)).Order())
        {
            views.Add(new AuctionView { Account = account, Money = default, OwnClaims = OwnClaims(account), Stale = new Refusal("leaf-missing", $"account {account} has no leaf in the batch") });
        }

        return views.ToImmutable();
    }

    public async Task<BigInteger> CashAsync(CancellationToken cancel) => Big((await _node.CallAsync(_contracts.House, "summary", [Text(_payer)], cancel).ConfigureAwait(false))[0]);

    public async Task<FeeHistory> FeesAsync(int blocks, CancellationToken cancel)
    {
        double[] percentiles = [5];
        var (fees, tips) = await _node.FeeHistoryAsync(blocks, percentiles, cancel).ConfigureAwait(false);
        return new FeeHistory([.. fees], [.. percentiles], tips.Length == fees.Length - 1 ? [.. tips.Select(t => t.ToImmutableArray())] : []);
    }

    public Task<ulong> NonceAsync(CancellationToken cancel) => _node.NonceAsync(_address, pending: false, cancel);

    public async Task<PreparedCall> PrepareAsync(KeeperAction action, BatchDocument? batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(action);
        var (account, payer) = (new AccountNumber(action.Account), new AccountNumber(_payer));
        var call = action.Kind switch
        {
            ActionKind.Start => EngineCalls.Start(_contracts, account, Proof(batch, account)),
            ActionKind.End or ActionKind.Restart => EngineCalls.End(_contracts, account, Proof(batch, account)),
            ActionKind.Share => EngineCalls.TakeShare(_contracts, account, payer, Unsigned(action.CashWad), Unsigned(action.LeastUnitsWad), Proof(batch, account)),
            ActionKind.TakeOver => EngineCalls.TakeOver(_contracts, account, payer, Unsigned(action.CashWad), Proof(batch, account)),
            ActionKind.Divide => EngineCalls.Divide(_contracts, account, action.Claim, Legs(account)),
            _ => throw new InvalidOperationException($"{action.Kind} has no call"),
        };
        var (engine, data) = (call.Contract, await _node.EncodeCallAsync(call.Contract.Artifact, call.Function, call.Args, cancel).ConfigureAwait(false));
        var gas = await _node.EstimateAsync(_address, engine.Address, data, engine.Artifact, cancel).ConfigureAwait(false);
        return new PreparedCall(engine.Address, data, gas * (100 + GasHeadroomPercent) / 100);
    }

    public async Task<SignedTransaction> SignAsync(PreparedCall call, ulong nonce, FeeOffer offer, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(call);
        return await _node.SignTransactionAsync(
            _keyFile,
            new JsonObject
            {
                ["chainId"] = _contracts.Addresses.ChainId,
                ["nonce"] = nonce,
                ["to"] = call.To.Length == 0 ? _address : call.To,
                ["data"] = call.Data,
                ["gas"] = Text(call.Gas),
                ["maxFeePerGas"] = Text(offer.MaxFeeWei),
                ["maxPriorityFeePerGas"] = Text(offer.TipWei),
            },
            cancel).ConfigureAwait(false);
    }

    public Task<string?> SendAsync(string raw, CancellationToken cancel) => _relay.SendRawAsync(raw, cancel);

    public Task<TransactionReceipt?> ReceiptAsync(string hash, CancellationToken cancel) => _node.ReceiptAsync(hash, cancel);

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private static BigInteger Big(JsonNode? value) => BigInteger.Parse(value!.ToString(), CultureInfo.InvariantCulture);

    private static ulong ULong(JsonNode? value) => ulong.Parse(value!.ToString(), CultureInfo.InvariantCulture);

    private static UnsignedWad Unsigned(BigInteger wad) => new((UInt128)wad);

    private static ProvenLeaf Proof(BatchDocument? batch, AccountNumber account) => batch?.Prove(account) is { } proven
        ? new ProvenLeaf(batch.Header, proven.Leaf, proven.Place, proven.Path)
        : throw new ChainException("leaf-missing", $"account {account} has no leaf in the batch");

    private LogFollower NewFollower() => new(_node, [_contracts.Engine], _contracts.Addresses.Block);

    private ImmutableArray<ulong> OwnClaims(ulong account) => [.. _claims.Where(c => c.Account == account).Select(c => c.Claim).Order()];

    private IEnumerable<InstrumentId> Legs(AccountNumber account) => (_book?.Accounts.FirstOrDefault(a => a.Number == account)?.Legs ?? []).Select(l => l.Instrument);

    private async Task FollowAsync(CancellationToken cancel)
    {
        var advance = await _follower.AdvanceAsync(cancel).ConfigureAwait(false);
        if (advance.RewoundTo is not null)
        {
            _running.Clear();
            _claims.Clear();
            _foundInsolvent.Clear();
            _follower = NewFollower();
            advance = await _follower.AdvanceAsync(cancel).ConfigureAwait(false);
        }

        foreach (var log in advance.Logs)
        {
            switch (log.Event)
            {
                case "AuctionStarted":
                    _running.Add(ULong(log.Args["account"]));
                    break;
                case "AuctionEnded":
                    _running.Remove(ULong(log.Args["account"]));
                    break;
                case "FoundInsolvent":
                    _foundInsolvent[ULong(log.Args["account"])] = log.BlockNumber;
                    break;
                case "TakenOver":
                    _running.Remove(ULong(log.Args["account"]));
                    Void(ULong(log.Args["account"]));
                    break;
                case "Deleveraged":
                    Void(ULong(log.Args["account"]));
                    break;
                case "ShareTaken" when string.Equals((string?)log.Args["holder"], _address, StringComparison.OrdinalIgnoreCase):
                    _claims.Add((ULong(log.Args["account"]), ULong(log.Args["claim"])));
                    break;
                case "Divided":
                    _claims.Remove((ULong(log.Args["account"]), ULong(log.Args["claim"])));
                    break;
            }
        }
    }

    /// <summary>Shares of an account end with its owner's part.</summary>
    private void Void(ulong account) => _claims.RemoveWhere(c => c.Account == account);

    /// <summary>Cash and coins at their haircuts; null where the house cannot tell (a price is missing).</summary>
    private async Task<BigInteger?[]> CollateralAsync(AccountNumber[] accounts, CancellationToken cancel)
    {
        try
        {
            return [.. (await _node.CallManyAsync([.. accounts.Select(Call)], cancel).ConfigureAwait(false)).Select(a => (BigInteger?)Big(a[0]))];
        }
        catch (RevertException)
        {
            var each = new BigInteger?[accounts.Length];
            for (var i = 0; i < accounts.Length; i++)
            {
                try
                {
                    each[i] = Big((await _node.CallManyAsync([Call(accounts[i])], cancel).ConfigureAwait(false))[0][0]);
                }
                catch (RevertException)
                {
                    each[i] = null;
                }
            }

            return each;
        }

        ContractCall Call(AccountNumber account) => new(_contracts.House, "collateralWad", [$"{account}"]);
    }

    private async Task<bool> CallRanOutAsync(AccountNumber account, UnixSeconds now, CancellationToken cancel)
    {
        var summary = await _node.CallAsync(_contracts.House, "summary", [$"{account}"], cancel).ConfigureAwait(false);
        // A deadline stands until the account is healthy again; what the house recorded last says nothing of how it would find the account now.
        var deadline = ULong(summary[5]);
        return deadline != 0 && now.Value > deadline;
    }

    private async Task<AuctionView> AuctionOfAsync(AuctionView view, BatchDocument batch, CancellationToken cancel)
    {
        var account = Text(view.Account);
        var answers = await _node.CallManyAsync(
            [new ContractCall(_contracts.Engine, "termsOf", [account]), new ContractCall(_contracts.Engine, "unitsOf", [account]), new ContractCall(_contracts.Hooks, "insuranceAccount", []), .. view.OwnClaims.Select(c => new ContractCall(_contracts.Engine, "claimOf", [account, Text(c)]))], cancel).ConfigureAwait(false);
        var t = answers[0][0]!;
        if (!(bool)t["running"]!)
        {
            return view;
        }

        view = view with
        {
            Terms = new AuctionTerms
            {
                StartedAtSeconds = ULong(t["startedAt"]),
                FastSeconds = (uint)ULong(t["fastSeconds"]),
                SlowSeconds = (uint)ULong(t["slowSeconds"]),
                StartRateE6 = (uint)ULong(t["startRate"]),
                KneeRateE6 = (uint)ULong(t["kneeRate"]),
                EndRateE6 = (uint)ULong(t["endRate"]),
                TargetE6 = (uint)ULong(t["target"]),
                // Without an insurance account nobody takes the fee.
                FeeE6 = ULong(answers[2][0]) == 0 ? 0 : (uint)ULong(t["fee"]),
            },
            AllUnitsWad = Big(answers[1][0]),
            OpenClaims = (int)ULong(answers[1][1]),
            OwnUnitsWad = answers.Skip(3).Select(a => Big(a[0]!["unitsWad"])).Aggregate(BigInteger.Zero, (a, b) => a + b),
        };
        try
        {
            var number = new AccountNumber(view.Account);
            var need = await _engine.NeedAsync(number, Proof(batch, number), cancel).ConfigureAwait(false);
            view = view with { Money = new AuctionedAccount(need.Equity, need.Worth, need.Initial, need.Maintenance) };
            return need.Worth.Sign > 0 || !await IsMarkedAsync(number, batch, cancel).ConfigureAwait(false)
                ? view
                : view with { IsMarked = true, InsuredWad = await InsuredAsync(view, ULong(answers[2][0]), cancel).ConfigureAwait(false) };
        }
        catch (RevertException e)
        {
            return view with { Stale = view.Stale ?? new Refusal($"refused-{e.Error}", e.Message) };
        }
    }

    /// <summary>The debt, and a share of the maintenance margin that rises from 0 to all in the auction's fast seconds; no more than the insurance account has. Whether its hour allows that much, the contract says when it is asked.</summary>
    private async Task<BigInteger> InsuredAsync(AuctionView view, ulong insurance, CancellationToken cancel)
    {
        if (insurance == 0)
        {
            return BigInteger.Zero;
        }

        var has = Big((await _node.CallAsync(_contracts.House, "summary", [Text(insurance)], cancel).ConfigureAwait(false))[0]);
        var now = (await _node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp;
        var since = _foundInsolvent.TryGetValue(view.Account, out var block) && await _node.BlockAsync(block, cancel).ConfigureAwait(false) is { } found ? found.Timestamp : now;
        var fast = view.Terms!.FastSeconds;
        return BigInteger.Max(BigInteger.Min(has, (view.Money.MaintenanceWad * Math.Min(now - since, fast) / fast) - view.Money.WorthWad), 0);
    }

    /// <summary>Asks by a take-over without cash: the contract refuses that of an account that is not marked before it looks at the cash.</summary>
    private async Task<bool> IsMarkedAsync(AccountNumber account, BatchDocument batch, CancellationToken cancel)
    {
        var call = EngineCalls.TakeOver(_contracts, account, new AccountNumber(_payer), new UnsignedWad(0), Proof(batch, account));
        try
        {
            await _node.CallAsync(call.Contract, call.Function, call.Args, cancel, from: _address).ConfigureAwait(false);
            return true;
        }
        catch (RevertException e)
        {
            return e.Error != "Unmarked";
        }
    }
}
