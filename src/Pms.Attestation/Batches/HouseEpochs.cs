using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Volatility;

namespace Pms.Attestation.Batches;

/// <summary>A listed contract without a row, and why: accounts that hold it get no leaf.</summary>
public sealed record UnvaluedInstrument(InstrumentId Id, Instrument Instrument, Refusal Reason);

/// <summary>Rows of one snapshot, and what could not be valued in it.</summary>
public sealed record HouseEpoch(HouseRows Rows, ImmutableArray<UnvaluedInstrument> Unvalued);

/// <summary>From a snapshot to the rows of all contracts of the house: the same for the proposer and every attester.</summary>
/// <param name="listing">contracts and coins of the house</param>
/// <param name="parameters">document in force</param>
/// <param name="prices">USD prices that no snapshot shows</param>
/// <param name="history">filtered history; null: none</param>
/// <param name="threads">1 or more; the result does not depend on it</param>
public sealed class HouseEpochs(HouseListing listing, RiskParameters parameters, ImmutableDictionary<Asset, double> prices, FactorHistory? history = null, int threads = 1)
{
    private readonly ContentHash _parameterHash = parameters.Hash();

    public HouseListing Listing => listing;

    /// <summary>Threads for the work; no result depends on them.</summary>
    public int Threads => threads;

    /// <summary>Of the document.</summary>
    public ContentHash ParameterHash => _parameterHash;

    /// <summary>The market that a snapshot shows, with fitted surfaces: what is compared before anything is computed from it.</summary>
    public MarginMarket MarketOf(MarketSnapshot snapshot) => MarginEpoch.MarketOf(InputsOf(snapshot, 0, out _), CoinAssets(), out _);

    /// <summary>Fits the surfaces and values every listed contract that can be valued.</summary>
    /// <param name="snapshot">sealed quotes</param>
    /// <param name="seed">from <see cref="EpochSeed"/></param>
    /// <param name="previous">an earlier epoch, whose unchanged rows are taken over</param>
    /// <param name="at">block of the book: contracts listed later are left out; null: all that are known</param>
    /// <exception cref="InvalidInputException">codes of market, scenarios and array</exception>
    public HouseEpoch Make(MarketSnapshot snapshot, ulong seed, HouseRows? previous = null, BlockNumber? at = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var inputs = InputsOf(snapshot, seed, out var isDegraded);
        var valuation = new ScenarioValuation(MarginEpoch.MarketOf(inputs, CoinAssets(), out _), parameters.Array.PerpetualBasisDays / 365);
        var valued = new List<Instrument>();
        var unvalued = ImmutableArray.CreateBuilder<UnvaluedInstrument>();
        foreach (var (id, instrument) in listing.InstrumentsAt(at ?? new BlockNumber(ulong.MaxValue)))
        {
            try
            {
                valuation.Of(instrument);
                valued.Add(instrument);
            }
            catch (InvalidInputException e)
            {
                unvalued.Add(new UnvaluedInstrument(id, instrument, e.ToRefusal()));
            }
        }

        var epoch = MarginEpoch.Make(inputs, valued, CoinAssets(), threads, previous?.Epoch);
        return new HouseEpoch(new HouseRows(epoch, listing, MarginContext.Normal with { IsDegraded = isDegraded }), unvalued.ToImmutable());
    }

    /// <summary>The batch of a book: its rows, then its leaves.</summary>
    /// <param name="snapshot">sealed quotes</param>
    /// <param name="book">accounts, and the block that the scenarios' seed comes from</param>
    /// <param name="terms">set, sequence, life</param>
    /// <exception cref="InvalidInputException">codes of <see cref="Make"/> and <see cref="BatchBuilder.Build"/></exception>
    public Batch BatchOf(MarketSnapshot snapshot, HouseBook book, BatchTerms terms)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(terms);
        return BatchBuilder.Build(Make(snapshot, EpochSeed.Of(book, terms.Sequence), at: book.Block).Rows, book, terms, _parameterHash, threads);
    }

    private Asset[] CoinAssets() => [.. listing.Coins.Values.Select(c => c.Asset).Distinct()];

    private EpochInputs InputsOf(MarketSnapshot snapshot, ulong seed, out bool isDegraded)
    {
        // Without an earlier fit as a start: attesters that joined at different times must reach the same bits.
        var fits = SurfaceFitter.FitAll(snapshot, parameters.Surface);
        // A board that is not whole offsets nothing: its margins are those of degraded mode.
        var families = listing.Families.ToHashSet();
        isDegraded = fits.Any(f => families.Contains(f.Underlying) && !f.Degraded.IsEmpty);
        return new EpochInputs(snapshot, [.. fits.Select(f => f.Surface).OfType<VolSurface>()], prices, parameters, history, seed);
    }
}
