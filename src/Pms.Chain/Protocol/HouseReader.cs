using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Logs;
using Pms.Chain.Nodes;

namespace Pms.Chain.Protocol;

/// <summary>Reads the clearing house's book from the chain: events say what changed, the contract says what it is now.</summary>
/// <remarks>
/// Positions come from the events and must hash to what the contract stores, so a missed event cannot pass. After a reorganisation everything is read again: rare, and simpler than undoing.
/// Not safe for several threads.
/// </remarks>
public sealed class HouseReader : IBookView
{
    private readonly EthereumNode _node;
    private readonly ProtocolContracts _contracts;
    private readonly HouseListing _listing;
    private readonly ImmutableSortedDictionary<byte, int> _coinDecimals;
    private readonly int _confirmations;
    private readonly Dictionary<ulong, Entry> _accounts = [];
    private readonly Dictionary<InstrumentId, Wad> _funding = [];
    private readonly HashSet<ulong> _changed = [];
    private LogFollower _follower;
    private ulong _head;

    /// <param name="node">of the chain</param>
    /// <param name="contracts">of the deployment</param>
    /// <param name="listing">is told of every contract that the house lists</param>
    /// <param name="coinDecimals">of each coin's token, by index</param>
    /// <param name="confirmations">blocks above the one that is read</param>
    public HouseReader(EthereumNode node, ProtocolContracts contracts, HouseListing listing, ImmutableSortedDictionary<byte, int> coinDecimals, int confirmations = 0)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        (_node, _contracts, _listing, _coinDecimals, _confirmations) = (node, contracts, listing, coinDecimals, confirmations);
        _follower = NewFollower();
    }

    /// <inheritdoc/>
    /// <exception cref="ChainException"><c>chain-unreachable</c>, <c>chain-reorg</c>; <c>chain-mismatch</c>: events and contract disagree</exception>
    public Task<HouseBook> ReadAsync(CancellationToken cancel) => ReadUntilAsync(null, cancel);

    /// <inheritdoc/>
    /// <remarks>A block that was passed already is read by another reader from the start; the next one costs what changed since.</remarks>
    public async Task<HouseBook?> ReadAtAsync(BlockNumber block, CancellationToken cancel)
    {
        var reader = block.Value + 1 >= _follower.Next ? this : new HouseReader(_node, _contracts, _listing, _coinDecimals, _confirmations);
        var book = await reader.ReadUntilAsync(block.Value, cancel).ConfigureAwait(false);
        return book.Block == block ? book : null;
    }

    private async Task<HouseBook> ReadUntilAsync(ulong? until, CancellationToken cancel)
    {
        var advance = await _follower.AdvanceAsync(cancel, until).ConfigureAwait(false);
        if (advance.RewoundTo is not null)
        {
            _accounts.Clear();
            _funding.Clear();
            _changed.Clear();
            _follower = NewFollower();
            advance = await _follower.AdvanceAsync(cancel, until).ConfigureAwait(false);
        }

        foreach (var log in advance.Logs)
        {
            Apply(log);
        }

        _head = advance.Head.Number;
        await RefreshAsync(cancel).ConfigureAwait(false);
        return new HouseBook(new BlockNumber(_head), [.. _accounts.OrderBy(a => a.Key).Select(a => a.Value.Now!)], _funding.ToImmutableDictionary()) { BlockHash = KeccakHash.Parse(advance.Head.Hash) };
    }

    private LogFollower NewFollower() => new(_node, [_contracts.House, _contracts.Instruments], _contracts.Addresses.Block, _confirmations);

    private void Apply(ChainLog log)
    {
        switch (log.Event)
        {
            case "InstrumentListed":
                _listing.Add(new InstrumentTerms(
                    (InstrumentKind)EthereumNode.ULong(log.Args["kind"]),
                    new PriceId((byte)EthereumNode.ULong(log.Args["priceId"])),
                    new UnixSeconds(EthereumNode.ULong(log.Args["expiry"])),
                    new UnitPriceWad((UInt128)EthereumNode.Big(log.Args["strikeWad"]))), new BlockNumber(log.BlockNumber));
                break;
            case "FundingIndexSet":
                _funding[new InstrumentId(Hash(log.Args["instrument"]))] = new Wad((Int128)EthereumNode.Big(log.Args["indexWad"]));
                break;
            case "AccountOpened":
                _accounts[Account(log)] = new Entry();
                _changed.Add(Account(log));
                break;
            case "LegChanged":
                var entry = _accounts[Account(log)];
                var instrument = new InstrumentId(Hash(log.Args["instrument"]));
                var to = new QuantityWad((Int128)EthereumNode.Big(log.Args["toWad"]));
                entry.Hash = entry.Hash.After(instrument, new QuantityWad((Int128)EthereumNode.Big(log.Args["fromWad"])), to);
                if (to.Units == 0)
                {
                    entry.Legs.Remove(instrument);
                }
                else
                {
                    entry.Legs[instrument] = to;
                }

                _changed.Add(Account(log));
                break;
            case "CoinMoved":
                _changed.Add(EthereumNode.ULong(log.Args["from"]));
                _changed.Add(EthereumNode.ULong(log.Args["to"]));
                break;
            case "CashDeposited" or "CashWithdrawn" or "CashMoved" or "CoinDeposited" or "CoinWithdrawn" or "FeesCollected" or "HandedOver":
                _changed.Add(Account(log));
                break;
        }
    }

    /// <summary>Asks the contract for every account that changed, all at the block of the events.</summary>
    private async Task RefreshAsync(CancellationToken cancel)
    {
        var changed = _changed.Order().ToArray();
        var answers = await _node.CallManyAsync([.. changed.SelectMany(n => CallsOf(n, _accounts[n]))], cancel, _head).ConfigureAwait(false);
        var next = 0;
        foreach (var number in changed)
        {
            _accounts[number].Now = AccountOf(number, _accounts[number], () => answers[next++]);
            _changed.Remove(number);
        }
    }

    /// <summary>What is asked of one account, in the order in which <see cref="AccountOf"/> takes the answers.</summary>
    private IEnumerable<ContractCall> CallsOf(ulong number, Entry entry)
    {
        var account = EthereumNode.Text(number);
        yield return new ContractCall(_contracts.House, "summary", [account]);
        foreach (var instrument in entry.Legs.Keys.Where(_funding.ContainsKey))
        {
            yield return new ContractCall(_contracts.House, "position", [account, $"{instrument}"]);
        }

        foreach (var coin in _listing.Coins.Keys)
        {
            yield return new ContractCall(_contracts.House, "coinBalance", [account, coin]);
        }
    }

    private HouseAccount AccountOf(ulong number, Entry entry, Func<JsonArray> next)
    {
        var summary = next();
        var hash = new PositionsHash(Hash(summary[3]));
        if (hash != entry.Hash)
        {
            throw new ChainException("chain-mismatch", $"account {number}: events give the positions hash {entry.Hash}, the contract has {hash}");
        }

        var legs = ImmutableArray.CreateBuilder<HouseLeg>(entry.Legs.Count);
        foreach (var (instrument, quantity) in entry.Legs)
        {
            legs.Add(new HouseLeg(instrument, quantity, _funding.ContainsKey(instrument) ? new Wad((Int128)EthereumNode.Big(next()[0]!["fundingIndexWad"])) : Wad.Zero));
        }

        var coins = ImmutableSortedDictionary.CreateBuilder<byte, decimal>();
        foreach (var coin in _listing.Coins.Keys)
        {
            var held = new TokenAmount(EthereumNode.Big(next()[0]));
            if (held.Units.Sign > 0)
            {
                coins[coin] = held.ToDecimal(_coinDecimals[coin]);
            }
        }

        return new HouseAccount(
            new AccountNumber(number), new AccountSequence(EthereumNode.ULong(summary[1])), hash, new Wad((Int128)EthereumNode.Big(summary[0])), legs.MoveToImmutable(), coins.ToImmutable());
    }

    private static ulong Account(ChainLog log) => EthereumNode.ULong(log.Args["account"]);

    private static KeccakHash Hash(JsonNode? hex) => KeccakHash.Parse((string)hex!);

    private sealed class Entry
    {
        public PositionsHash Hash { get; set; }

        public SortedDictionary<InstrumentId, QuantityWad> Legs { get; } = [];

        public HouseAccount? Now { get; set; }
    }
}
