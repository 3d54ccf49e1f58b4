using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Trees;
using Pms.Margin.Arrays;
using Pms.Margin.Epochs;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>The stress columns of an epoch's risk array as the chain reads them: one row for each contract that the array values, by rising id.</summary>
public sealed class HouseRows
{
    private readonly Dictionary<InstrumentId, int> _places = [];

    /// <param name="epoch">market, scenario set, array, engine</param>
    /// <param name="listing">contracts of the house; those without a row in the array get none here</param>
    /// <param name="context">whether the board is whole; null: it is</param>
    /// <exception cref="InvalidInputException"><c>tree-full</c>; codes of valuation</exception>
    public HouseRows(MarginEpoch epoch, HouseListing listing, MarginContext? context = null)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(listing);
        (Epoch, Listing, Context) = (epoch, listing, context ?? MarginContext.Normal);
        var valuation = new ScenarioValuation(epoch.Market, epoch.Inputs.Parameters.Array.PerpetualBasisDays / 365);
        var rows = ImmutableArray.CreateBuilder<StressRow>();
        var entries = ImmutableArray.CreateBuilder<ImmutableArray<int>>();
        foreach (var (id, _, instrument) in listing.Instruments)
        {
            if (epoch.Array.TryFind(instrument, out var place))
            {
                var row = epoch.Array.Rows[place];
                var stress = row.Ticks[epoch.Array.TailCount..];
                _places.Add(id, rows.Count);
                rows.Add(new StressRow { Instrument = id, Mark = MarkOf(row, instrument, valuation, epoch), TickExponent = (sbyte)row.TickExponent, EntriesHash = StressRow.HashEntries(stress) });
                entries.Add([.. stress]);
            }
        }

        Rows = rows.ToImmutable();
        Entries = entries.ToImmutable();
        Tree = FixedDepthTree.Build([.. Rows.Select(r => r.StructHash())], FixedDepthTree.RowDepth);
        LossShares = [.. epoch.Set.LossShares.ToArray().Select(s => (uint)Math.Ceiling(s * 1e9))];
    }

    public MarginEpoch Epoch { get; }

    public HouseListing Listing { get; }

    /// <summary>What every account is evaluated with.</summary>
    public MarginContext Context { get; }

    /// <summary>By rising id.</summary>
    public ImmutableArray<StressRow> Rows { get; }

    /// <summary>[row][stress scenario] gain of one unit, ticks.</summary>
    public ImmutableArray<ImmutableArray<int>> Entries { get; }

    public FixedDepthTree Tree { get; }

    /// <summary>[stress scenario] share of the loss that counts, parts per billion, rounded up.</summary>
    public ImmutableArray<uint> LossShares { get; }

    public KeccakHash LossSharesHash => BatchHeader.HashShares(LossShares.AsSpan());

    /// <exception cref="InvalidInputException"><c>row-missing</c></exception>
    public int PlaceOf(InstrumentId id) => _places.TryGetValue(id, out var place)
        ? place
        : throw new InvalidInputException("row-missing", $"the risk array has no row of the contract {id}");

    /// <summary>Value of one unit now.</summary>
    public UnitPriceWad MarkOf(InstrumentId id) => Rows[PlaceOf(id)].Mark;

    private static UnitPriceWad MarkOf(RiskRow row, Instrument instrument, ScenarioValuation valuation, MarginEpoch epoch)
    {
        if (instrument is EuropeanOption)
        {
            // In ticks, so that the mark is the same integer that the array commits to.
            return new UnitPriceWad((UInt128)(Math.Max(row.UnitValueTicks, 0) * PowerOfTen(18 + row.TickExponent)));
        }

        var usd = valuation.MarkOf(instrument) * epoch.Market.UsdPrice(instrument.Underlying.Quote);
        return PriceE8.Nearest(usd).ToWad();
    }

    private static Int128 PowerOfTen(int exponent)
    {
        var power = Int128.One;
        for (var i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return exponent >= 0 ? power : throw new InvalidInputException("tick-range", $"a tick of 1e{exponent - 18} USD is finer than a wad");
    }
}
