using System.Text;
using System.Text.Json;

namespace Pms.MarketData.Readers.Deribit;

/// <summary>The fields of Deribit's objects that this project reads; all others are skipped. Values index a row, so there are fewer than 64.</summary>
internal enum DeribitField : byte
{
    None,

    // Numbers.
    BestBidPrice,
    BestAskPrice,
    BestBidAmount,
    BestAskAmount,
    MarkPrice,
    MarkIv,
    BidIv,
    AskIv,
    Iv,
    UnderlyingPrice,
    IndexPrice,
    Last,
    OpenInterest,
    Volume,
    Delta,
    Gamma,
    Vega,
    Theta,
    Rho,
    CurrentFunding,
    Funding8h,
    Price,
    Amount,
    Strike,
    TickSize,
    ContractSize,
    MinTradeAmount,
    Volatility,
    Seconds,
    LastNumber = Seconds,

    // Integers.
    Timestamp,
    CreationTimestamp,
    ExpirationTimestamp,
    ChangeId,
    PreviousChangeId,
    LastInteger = PreviousChangeId,

    // Texts.
    InstrumentName,
    UnderlyingIndex,
    IndexName,
    Direction,
    TradeId,
    Liquidation,
    State,
    Kind,
    OptionType,
    InstrumentType,
    Type,
    Version,
    LastText = Version,

    // Booleans.
    IsActive,
    Locked,
    Maintenance,
    IsEstimated,
    LastBoolean = IsEstimated,

    // Structures.
    Bids,
    Asks,
    Stats,
    Greeks,
    Trades,
    Ticks,
}

/// <summary>Property names to fields.</summary>
internal static class DeribitFields
{
    /// <summary>Deribit's word for each field. Two words mean the same where REST and stream differ: bid_price and best_bid_price, last and last_price.</summary>
    private static readonly (string Name, DeribitField Field)[] Names =
    [
        ("best_bid_price", DeribitField.BestBidPrice),
        ("bid_price", DeribitField.BestBidPrice),
        ("best_ask_price", DeribitField.BestAskPrice),
        ("ask_price", DeribitField.BestAskPrice),
        ("best_bid_amount", DeribitField.BestBidAmount),
        ("best_ask_amount", DeribitField.BestAskAmount),
        ("mark_price", DeribitField.MarkPrice),
        ("mark_iv", DeribitField.MarkIv),
        ("bid_iv", DeribitField.BidIv),
        ("ask_iv", DeribitField.AskIv),
        ("iv", DeribitField.Iv),
        ("underlying_price", DeribitField.UnderlyingPrice),
        ("index_price", DeribitField.IndexPrice),
        ("last_price", DeribitField.Last),
        ("last", DeribitField.Last),
        ("open_interest", DeribitField.OpenInterest),
        ("volume", DeribitField.Volume),
        ("delta", DeribitField.Delta),
        ("gamma", DeribitField.Gamma),
        ("vega", DeribitField.Vega),
        ("theta", DeribitField.Theta),
        ("rho", DeribitField.Rho),
        ("current_funding", DeribitField.CurrentFunding),
        ("funding_8h", DeribitField.Funding8h),
        ("price", DeribitField.Price),
        ("amount", DeribitField.Amount),
        ("strike", DeribitField.Strike),
        ("tick_size", DeribitField.TickSize),
        ("contract_size", DeribitField.ContractSize),
        ("min_trade_amount", DeribitField.MinTradeAmount),
        ("volatility", DeribitField.Volatility),
        ("seconds", DeribitField.Seconds),
        ("timestamp", DeribitField.Timestamp),
        ("creation_timestamp", DeribitField.CreationTimestamp),
        ("expiration_timestamp", DeribitField.ExpirationTimestamp),
        ("change_id", DeribitField.ChangeId),
        ("prev_change_id", DeribitField.PreviousChangeId),
        ("instrument_name", DeribitField.InstrumentName),
        ("underlying_index", DeribitField.UnderlyingIndex),
        ("index_name", DeribitField.IndexName),
        ("direction", DeribitField.Direction),
        ("trade_id", DeribitField.TradeId),
        ("liquidation", DeribitField.Liquidation),
        ("state", DeribitField.State),
        ("kind", DeribitField.Kind),
        ("option_type", DeribitField.OptionType),
        ("instrument_type", DeribitField.InstrumentType),
        ("type", DeribitField.Type),
        ("version", DeribitField.Version),
        ("is_active", DeribitField.IsActive),
        ("locked", DeribitField.Locked),
        ("maintenance", DeribitField.Maintenance),
        ("is_estimated", DeribitField.IsEstimated),
        ("bids", DeribitField.Bids),
        ("asks", DeribitField.Asks),
        ("stats", DeribitField.Stats),
        ("greeks", DeribitField.Greeks),
        ("trades", DeribitField.Trades),
        ("ticks", DeribitField.Ticks),
    ];

    private static readonly Dictionary<byte[], DeribitField> Table =
        Names.ToDictionary(n => Encoding.UTF8.GetBytes(n.Name), n => n.Field, Utf8KeyComparer.Instance);

    /// <summary>The field that the current property name stands for.</summary>
    public static DeribitField Find(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return Table.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(reader.ValueSpan, out var field) ? field : DeribitField.None;
        }

        // Deribit escapes no name, but another writer of the same JSON may.
        foreach (var (name, field) in Names)
        {
            if (JsonText.Is(ref reader, Encoding.UTF8.GetBytes(name)))
            {
                return field;
            }
        }

        return DeribitField.None;
    }
}
