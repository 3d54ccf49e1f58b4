namespace Pms.MarketData.Readers.Boards;

/// <summary>Names and order of the columns of the project's own board CSV (docs/formats.md, "pms.board").</summary>
internal static class PmsBoardColumns
{
    public const string Format = "pms.board";

    public const string Kind = "kind";
    public const string BoardTime = "board_time";
    public const string Instrument = "instrument";
    public const string Bid = "bid";
    public const string Ask = "ask";

    public const string QuoteKind = "quote";
    public const string IndexKind = "index";
    public const string VolatilityIndexKind = "vol_index";

    /// <summary>In a column of flags; an empty field is false.</summary>
    public const string True = "true";

    /// <summary>In the order in which they are written; only the first three and at least one value are needed to read a file.</summary>
    public static readonly string[] All =
    [
        BoardTime, Kind, Instrument, Bid, "bid_size", Ask, "ask_size", "mark", "mark_vol", "bid_vol", "ask_vol", "underlying_price", "underlying_name",
        "delta", "gamma", "vega", "theta", "rho", "open_interest", "volume_24h", "last", "current_funding", "funding_8h",
        "source", "exchange_time", "receive_time", "board_source",
        "book_change_id", "book_is_partial", "book_bids", "book_asks", "contract_size", "tick_size", "min_trade_amount", "state", "listed_at",
    ];
}
