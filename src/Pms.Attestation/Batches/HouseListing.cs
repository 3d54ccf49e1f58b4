using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Messages;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>How the house's ids and the engine's names meet: families by price id, coins by index.</summary>
/// <remarks>The house settles in its cash token, so every contract of it is linear in that token.</remarks>
public sealed class HouseListing
{
    private readonly Dictionary<UnderlyingId, PriceId> _ids;
    private readonly Dictionary<InstrumentId, (InstrumentTerms Terms, Instrument Instrument, BlockNumber ListedAt)> _instruments = [];

    /// <param name="cash">what the settlement token is, as in USDC</param>
    /// <param name="underlyings">coin of each underlying, by price id</param>
    /// <param name="coins">collateral, by coin index, each with the price id it is valued at</param>
    /// <exception cref="InvalidInputException"><c>house-listing</c>: a price id above 15, a coin twice</exception>
    public HouseListing(Asset cash, ImmutableSortedDictionary<byte, Asset> underlyings, ImmutableSortedDictionary<byte, (Asset Asset, PriceId PriceId)> coins)
    {
        ArgumentNullException.ThrowIfNull(underlyings);
        ArgumentNullException.ThrowIfNull(coins);
        if (underlyings.Keys.Concat(coins.Values.Select(c => c.PriceId.Value)).Any(id => id > 15))
        {
            throw new InvalidInputException("house-listing", "price ids are 0 to 15");
        }

        (Cash, Underlyings, Coins) = (cash, underlyings, coins);
        _ids = underlyings.ToDictionary(u => UnderlyingId.Linear(u.Value, cash), u => new PriceId(u.Key));
    }

    public Asset Cash { get; }

    public ImmutableSortedDictionary<byte, Asset> Underlyings { get; }

    public ImmutableSortedDictionary<byte, (Asset Asset, PriceId PriceId)> Coins { get; }

    /// <summary>Families whose contracts the house lists.</summary>
    public IEnumerable<UnderlyingId> Families => Underlyings.Values.Select(coin => UnderlyingId.Linear(coin, Cash));

    /// <summary>Contracts made known by <see cref="Add"/>, by id.</summary>
    public IEnumerable<(InstrumentId Id, InstrumentTerms Terms, Instrument Instrument)> Instruments =>
        _instruments.OrderBy(i => i.Key).Select(i => (i.Key, i.Value.Terms, i.Value.Instrument));

    /// <summary>Contracts that were listed at a block: what an epoch of that block values, so that a listing between the proposer's look at the chain and an attester's changes nothing.</summary>
    public IEnumerable<(InstrumentId Id, Instrument Instrument)> InstrumentsAt(BlockNumber block) =>
        _instruments.Where(i => i.Value.ListedAt.Value <= block.Value).OrderBy(i => i.Key).Select(i => (i.Key, i.Value.Instrument));

    /// <summary>Prices that a batch carries: the highest price id and one.</summary>
    public int PriceCount => Underlyings.Keys.Concat(Coins.Values.Select(c => c.PriceId.Value)).DefaultIfEmpty((byte)0).Max() + 1;

    /// <summary>Asset behind a price id; null where the id is not used.</summary>
    public Asset? AssetOf(PriceId id)
    {
        if (Underlyings.TryGetValue(id.Value, out var coin))
        {
            return coin;
        }

        foreach (var (_, listed) in Coins)
        {
            if (listed.PriceId == id)
            {
                return listed.Asset;
            }
        }

        return null;
    }

    /// <summary>Makes a contract known.</summary>
    /// <param name="terms">of the contract</param>
    /// <param name="listedAt">block that listed it; after a reorganisation the later word counts</param>
    /// <exception cref="InvalidInputException"><c>house-listing</c>: its underlying is not listed, or the terms fit no contract</exception>
    public InstrumentId Add(InstrumentTerms terms, BlockNumber listedAt = default)
    {
        var id = terms.Id();
        _instruments[id] = _instruments.TryGetValue(id, out var known) ? (known.Terms, known.Instrument, listedAt) : (terms, InstrumentOf(terms), listedAt);
        return id;
    }

    /// <exception cref="InvalidInputException"><c>instrument-unknown</c></exception>
    public Instrument InstrumentOf(InstrumentId id) => _instruments.TryGetValue(id, out var found)
        ? found.Instrument
        : throw new InvalidInputException("instrument-unknown", $"no contract of the house has the id {id}");

    /// <summary>The house's terms of a contract.</summary>
    /// <exception cref="InvalidInputException"><c>house-listing</c>: not linear in the cash token, or its underlying is not listed; spot has no terms</exception>
    public InstrumentTerms TermsOf(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        if (!_ids.TryGetValue(instrument.Underlying, out var priceId))
        {
            throw new InvalidInputException("house-listing", $"{instrument.Name} is not of a family that the house lists: {string.Join(", ", _ids.Keys)}");
        }

        return instrument switch
        {
            EuropeanOption o => new InstrumentTerms(o.Type == OptionType.Call ? InstrumentKind.Call : InstrumentKind.Put, priceId, UnixSeconds.Floor(o.Expiry), new UnitPriceWad((UInt128)QuantityWad.Of(o.Strike).Units)),
            DatedFuture f => new InstrumentTerms(InstrumentKind.Future, priceId, UnixSeconds.Floor(f.Expiry), default),
            Perpetual => new InstrumentTerms(InstrumentKind.Perpetual, priceId, default, default),
            _ => throw new InvalidInputException("house-listing", $"{instrument.Name} is a {instrument.GetType().Name}, which the house does not hold"),
        };
    }

    private Instrument InstrumentOf(InstrumentTerms terms)
    {
        if (!Underlyings.TryGetValue(terms.PriceId.Value, out var coin))
        {
            throw new InvalidInputException("house-listing", $"no underlying has price id {terms.PriceId}");
        }

        var family = UnderlyingId.Linear(coin, Cash);
        return terms.Kind switch
        {
            InstrumentKind.Call => new EuropeanOption(family, terms.Expiry.ToInstant(), StrikeOf(terms), OptionType.Call),
            InstrumentKind.Put => new EuropeanOption(family, terms.Expiry.ToInstant(), StrikeOf(terms), OptionType.Put),
            InstrumentKind.Future => new DatedFuture(family, terms.Expiry.ToInstant()),
            InstrumentKind.Perpetual => new Perpetual(family),
            _ => throw new InvalidInputException("house-listing", $"kind {terms.Kind} is no contract"),
        };
    }

    private static decimal StrikeOf(InstrumentTerms terms) => terms.Strike.Units <= (UInt128)Int128.MaxValue
        ? new QuantityWad((Int128)terms.Strike.Units).ToDecimal()
        : throw new InvalidInputException("house-listing", $"strike {terms.Strike} wad is out of range");
}
