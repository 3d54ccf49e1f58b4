using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Deribit;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Venues.Cases;

/// <summary>Cases of Deribit's portfolio margin: a book in one settlement currency, several currencies, or one vol shock.</summary>
internal static class DeribitCase
{
    private const double VolOfPercent = 0.01;

    /// <summary>Our key, then the names it goes by in cases and in private/pme/simulate. A leading * is a value of the settlement currency.</summary>
    private static readonly string[][] Names =
    [
        ["price_range", "max_move"],
        ["buckets_per_side", "buckets_count", "buckets"],
        ["vol_up", "volatility_range_up", "vol_range_up", "range_up", "vol_shock_up"],
        ["vol_down", "volatility_range_down", "vol_range_down", "range_down", "vol_shock_down"],
        ["min_vol_up", "min_volatility_for_shock_up", "vol_floor", "floor"],
        ["short_power", "short_term_vega_power", "short_term_power"],
        ["long_power", "long_term_vega_power", "long_term_power"],
        ["dte_floor"],
        ["extended_moves"],
        ["extended_table_factor", "extended_factor"],
        ["mm_factor"],
        ["delta_total_liq_shock_threshold", "delta_shock_threshold", "delta_threshold_usd"],
        ["m_inc"],
        ["max_delta_shock"],
        ["*extended_dampener", "dampener"],
        ["*min_annualised_move", "min_annualized_move"],
        ["*annualised_move_risk", "annualized_move_risk"],
        ["*pnl_offset", "pnl_offset_positive"],
        ["*max_offsetable_pnl"],
    ];

    internal static CaseAnswer Evaluate(CaseObject inputs)
    {
        if (inputs.Has("iv", "vol") && inputs.Has("dte", "days") && !inputs.Has("options", "positions"))
        {
            return VolShock(inputs);
        }

        return inputs.ObjectOrNull("currencies", "portfolios") is { } several ? Cross(inputs, several) : Single(inputs);
    }

    private static CaseAnswer VolShock(CaseObject inputs)
    {
        var unknown = new List<string>();
        var currency = CurrencyOf(inputs);
        var parameters = Override(BuiltIn(currency), inputs, currency, unknown, out _);
        var typed = new DeribitParameters(parameters, currency.CoinSettled);
        var (up, down) = typed.Shock(inputs.Number("iv", "vol"), inputs.Number("dte", "days"));
        return new CaseAnswer(new JsonObject { ["expected_up"] = up, ["expected_down"] = down, ["up"] = up, ["down"] = down }, parameters, unknown);
    }

    private static CaseAnswer Single(CaseObject inputs)
    {
        var unknown = new List<string>();
        var currency = CurrencyOf(inputs);
        var parameters = Override(BuiltIn(currency), inputs, currency, unknown, out var given);
        var typed = new DeribitParameters(parameters, currency.CoinSettled);
        var positions = PositionsOf(inputs, currency);
        var notApplied = new JsonArray();
        if (given.Contains("pnl_offset") && !given.Contains("max_offsetable_pnl"))
        {
            // the bound of the set goes with the offset of the set
            typed = typed with { MaxOffsetablePnlUsd = double.PositiveInfinity };
        }

        if (currency.CoinSettled && positions.Index is null)
        {
            // Without an index no amount in USD can be told in coin: what needs it is left out, and the answer says so.
            notApplied.Add("delta_shock");
            if (typed.ExtendedDampenerUsd > 0)
            {
                notApplied.Add("extended_dampener");
                typed = typed with { ExtendedDampenerUsd = 0 };
            }

            if (typed.MaxOffsetablePnlUsd > 0 && double.IsFinite(typed.MaxOffsetablePnlUsd))
            {
                notApplied.Add("max_offsetable_pnl");
                typed = typed with { MaxOffsetablePnlUsd = double.PositiveInfinity };
            }
        }

        var other = inputs.NumberOr(0, "mmp_margin") + inputs.NumberOr(0, "open_orders_margin", "open_orders") + inputs.NumberOr(0, "spot_margin");
        var margin = DeribitRiskMatrix.Evaluate(positions, typed, other);
        var result = Result(margin, currency, positions);
        if (notApplied.Count > 0)
        {
            result["not_applied_without_index_price"] = notApplied;
        }

        return new CaseAnswer(result, parameters, unknown);
    }

    /// <summary>Each currency on its own; totals in USD. How offsets between currencies work is not published, so there are none.</summary>
    private static CaseAnswer Cross(CaseObject inputs, CaseObject several)
    {
        var margins = new JsonObject();
        double initial = 0, maintenance = 0;
        CaseAnswer? last = null;
        var unknown = new List<string>();
        foreach (var (name, value) in several.Properties())
        {
            var part = several.Child(value, name);
            var answer = Single(part.Has("settlement", "currency") ? part : several.Child(WithSettlement(value, name), name));
            var coinSettled = answer.Results["inverse"]!.GetValue<bool>();
            var usd = coinSettled ? part.NumberOrNull("index_price", "index", "spot") ?? throw part.Missing("index_price", "a number") : 1;
            initial += answer.Results["initial_margin"]!.GetValue<double>() * usd;
            maintenance += answer.Results["maintenance_margin"]!.GetValue<double>() * usd;
            margins[name] = answer.Results;
            unknown.AddRange(answer.UnknownParameters);
            last = answer;
        }

        return last is null
            ? throw inputs.Missing("currencies", "at least one portfolio")
            : new CaseAnswer(new JsonObject { ["initial_margin_usd"] = initial, ["maintenance_margin_usd"] = maintenance, ["margins"] = margins }, last.Parameters, unknown);
    }

    private static JsonElement WithSettlement(JsonElement portfolio, string currency)
    {
        var copy = JsonObject.Create(portfolio)!;
        copy["settlement"] = currency;
        return JsonSerializer.SerializeToElement(copy);
    }

    private static JsonObject Result(DeribitMargin m, Currency currency, DeribitPositions positions)
    {
        // Without options the three vols give the same: one value for each move, as venues print such books.
        var plain = positions.Options.IsEmpty;
        ImmutableArray<double> Shown(ImmutableArray<double> vector) => plain ? [.. vector.Where((_, i) => i % DeribitRiskMatrix.VolStates == 0)] : vector;
        return new JsonObject
        {
            ["currency"] = currency.Code,
            ["inverse"] = currency.CoinSettled,
            ["moves"] = List(m.Moves),
            ["pre_aggregated"] = List(Shown(m.Standard)),
            ["aggregated"] = List(Shown(m.AggregatedStandard)),
            ["extended_pre_aggregated"] = List(m.Extended),
            ["extended_aggregated"] = List(m.AggregatedExtended),
            ["worst_case"] = m.WorstCase,
            ["worst_move"] = m.WorstMove,
            ["worst_vol"] = m.WorstVol,
            ["worst_table"] = m.WorstIsExtended ? "extended" : "standard",
            ["roll_shock"] = m.RollShock,
            ["delta_shock"] = m.DeltaShock,
            ["risk_matrix_margin"] = m.RiskMatrixMargin,
            ["initial_margin"] = m.Initial,
            ["maintenance_margin"] = m.Maintenance,
        };
    }

    private static JsonArray List(ImmutableArray<double> values) => [.. values.Select(v => (JsonNode)(v == 0 ? 0 : v))];

    private static VenueParameters BuiltIn(Currency currency) => VenueParameters.BuiltIn("deribit", currency.Set);

    private static Currency CurrencyOf(CaseObject inputs)
    {
        var text = (inputs.TextOrNull("settlement", "currency", "settlement_currency") ?? "BTC").Trim();
        var code = text.Split(' ', '(', '_', '/')[0].ToUpperInvariant();
        var stable = code is "USD" or "USDC" or "USDT" or "EURR" or "USDE";
        var inverse = text.Contains("inverse", StringComparison.OrdinalIgnoreCase) || (!text.Contains("linear", StringComparison.OrdinalIgnoreCase) && !stable);
        inverse = inputs.FlagOr(inverse, "inverse");
        inverse = !inputs.FlagOr(!inverse, "linear");
        var coin = stable ? (inputs.TextOrNull("underlying", "coin", "base", "base_currency") ?? FirstCoin(inputs) ?? "BTC").ToUpperInvariant() : code;
        return new Currency(code, coin, inverse);
    }

    private static string? FirstCoin(CaseObject inputs)
    {
        if (!inputs.TryFind(out var positions, "positions") || positions.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var name = positions.EnumerateObject().Select(p => p.Name).FirstOrDefault();
        return name?.Split('-', '_')[0];
    }

    /// <summary>Replaces defaults by what the case states: beside the positions, in params, or in the venue's own model_params.</summary>
    private static VenueParameters Override(VenueParameters basis, CaseObject inputs, Currency currency, List<string> unknown, out HashSet<string> given)
    {
        var sources = new List<CaseObject> { inputs };
        if (inputs.ObjectOrNull("params", "parameters") is { } own)
        {
            sources.Add(own);
        }

        if (inputs.ObjectOrNull("model_params") is { } model)
        {
            AddIfThere(sources, model.ObjectOrNull("general"));
            AddIfThere(sources, model.ObjectOrNull("currency")?.ObjectOrNull(currency.Code, currency.CoinSettled ? currency.Coin : "USD"));
            AddIfThere(sources, model.ObjectOrNull("currency_pair")?.ObjectOrNull($"{currency.Coin}_USD", $"{currency.Coin}_{currency.Code}"));
        }

        given = new HashSet<string>(StringComparer.Ordinal);
        var values = new JsonObject();
        foreach (var names in Names)
        {
            var perCurrency = names[0][0] == '*';
            var key = names[0].TrimStart('*');
            foreach (var source in sources)
            {
                if (source.TryFind(out var value, [key, .. names[1..]]))
                {
                    values[perCurrency ? (currency.CoinSettled ? "coin." : "usd.") + key : key] = JsonNode.Parse(value.GetRawText());
                    given.Add(key);
                }
            }
        }

        return values.Count == 0 ? basis : basis.With(JsonSerializer.SerializeToElement(values), unknown);
    }

    private static void AddIfThere(List<CaseObject> sources, CaseObject? source)
    {
        if (source is not null)
        {
            sources.Add(source);
        }
    }

    private static DeribitPositions PositionsOf(CaseObject inputs, Currency currency)
    {
        var market = new CaseMarket(inputs, currency);
        var futures = ImmutableArray.CreateBuilder<DeribitFuture>();
        var options = ImmutableArray.CreateBuilder<DeribitOption>();
        if (inputs.TryFind(out var held, "positions", "portfolio", "position"))
        {
            if (held.ValueKind == JsonValueKind.Object && held.TryGetProperty("position", out var inner))
            {
                held = inner;
            }

            switch (held.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var p in held.EnumerateObject())
                    {
                        if (p.Value.ValueKind == JsonValueKind.Object)
                        {
                            Add(inputs.Child(p.Value, $"positions.{p.Name}"), p.Name, market, futures, options);
                        }
                        else
                        {
                            AddNamed(p.Name, CaseObject.ToNumber(p.Value, $"positions.{p.Name}"), market, futures, options);
                        }
                    }

                    break;
                case JsonValueKind.Array:
                    var i = 0;
                    foreach (var p in held.EnumerateArray())
                    {
                        Add(inputs.Child(p, $"positions[{i++}]"), null, market, futures, options);
                    }

                    break;
                default:
                    throw new InvalidInputException("json-shape", $"'positions' is a JSON {held.ValueKind}: sizes by instrument name, or a list, are expected");
            }
        }

        foreach (var o in inputs.Objects("options"))
        {
            Add(o, null, market, futures, options);
        }

        foreach (var f in inputs.Objects("futures"))
        {
            Add(f, null, market, futures, options);
        }

        if (inputs.NumberOrNull("perp", "perps", "perpetual") is { } perp)
        {
            futures.Add(new DeribitFuture(perp, 0, market.Price("", inputs.NumberOrNull("perp_price"))));
        }

        return new DeribitPositions(currency.CoinSettled, market.Index, futures.ToImmutable(), options.ToImmutable());
    }

    private static void AddNamed(string name, double size, CaseMarket market, ImmutableArray<DeribitFuture>.Builder futures, ImmutableArray<DeribitOption>.Builder options)
    {
        var ticker = market.Ticker(name);
        switch (DeribitNames.Parse(name))
        {
            case EuropeanOption o:
                var forward = ticker?.NumberOrNull("underlying_price", "forward") ?? market.ForwardOf(name) ?? throw market.Missing(name, "forward");
                options.Add(new DeribitOption(o.Type, o.StrikeValue, market.Years(name, o.Expiry), market.Vol(name, ticker), forward, size));
                break;
            case DatedFuture f:
                futures.Add(new DeribitFuture(market.Coins(size, name, ticker), market.YearsOrZero(name, f.Expiry), market.Price(name, ticker?.NumberOrNull("mark_price"))));
                break;
            default:
                futures.Add(new DeribitFuture(market.Coins(size, name, ticker), 0, market.Price(name, ticker?.NumberOrNull("mark_price"))));
                break;
        }
    }

    private static void Add(CaseObject p, string? name, CaseMarket market, ImmutableArray<DeribitFuture>.Builder futures, ImmutableArray<DeribitOption>.Builder options)
    {
        var size = p.Number("size", "qty", "quantity", "amount", "position");
        name ??= p.TextOrNull("instrument", "instrument_name", "name");
        var isOption = p.Has("strike", "K");
        if (name is not null && !isOption && !p.Has("years", "dte", "days", "expiry_seconds", "kind"))
        {
            AddNamed(name, size, market, futures, options);
            return;
        }

        var years = p.NumberOrNull("years", "T", "tau")
            ?? p.NumberOrNull("dte", "days", "days_to_expiry") / 365
            ?? p.NumberOrNull("expiry_seconds", "seconds") / (365.0 * 86_400);
        if (!isOption)
        {
            futures.Add(new DeribitFuture(size, years ?? 0, market.Price(name ?? "", p.NumberOrNull("price", "mark_price", "forward"))));
            _ = p.TextOrNull("kind", "type");
            return;
        }

        var vol = p.NumberOrNull("iv", "vol", "sigma") ?? p.NumberOrNull("mark_iv") * VolOfPercent ?? throw p.Missing("iv", "a number");
        var forward = p.NumberOrNull("forward", "F", "underlying_price") ?? market.Forward ?? throw p.Missing("forward", "a number");
        options.Add(new DeribitOption(DeriveCase.TypeOf(p), p.Number("strike", "K"), years ?? throw p.Missing("dte", "a number"), vol, forward, size));
    }

    /// <param name="Code">settlement currency</param>
    /// <param name="Coin">whose parameters hold</param>
    /// <param name="CoinSettled">inverse</param>
    private sealed record Currency(string Code, string Coin, bool CoinSettled)
    {
        public string Set => Coin == "BTC" ? "btc" : "eth";
    }

    /// <summary>Prices, vols and the instant of a case.</summary>
    private sealed class CaseMarket
    {
        private readonly CaseObject? _tickers;
        private readonly CaseObject? _vols;
        private readonly CaseObject? _forwards;
        private readonly CaseObject? _marks;
        private readonly CaseObject? _days;
        private readonly CaseObject? _years;
        private readonly DateTimeOffset? _at;
        private readonly bool _sizesInUsd;

        internal CaseMarket(CaseObject inputs, Currency currency)
        {
            Index = IndexOf(inputs, currency);
            Forward = (inputs.MapOrNull("forward") is null ? inputs.NumberOrNull("forward", "F", "underlying_price") : null) ?? Index;
            _tickers = inputs.ObjectOrNull("ticker", "tickers");
            _vols = inputs.MapOrNull("iv", "ivs", "vol", "vols");
            _forwards = inputs.MapOrNull("forwards", "forward", "underlying_prices");
            _marks = inputs.MapOrNull("mark_prices", "mark_price", "marks", "prices");
            _days = inputs.MapOrNull("dte", "days", "days_to_expiry");
            _years = inputs.MapOrNull("years", "years_to_expiry", "expiry_years", "time_to_expiry");
            _at = InstantOf(inputs);
            _sizesInUsd = currency.CoinSettled && string.Equals(inputs.TextOrNull("position_unit", "unit"), "usd", StringComparison.OrdinalIgnoreCase);
        }

        internal double? Index { get; }

        internal double? Forward { get; }

        internal CaseObject? Ticker(string name) => _tickers?.ObjectOrNull(name);

        /// <summary>Mark of a future. A linear position without any price is taken for a notional in settlement currency.</summary>
        internal double Price(string name, double? own) => own ?? _marks?.NumberOrNull(name) ?? Index ?? 1;

        internal double Coins(double size, string name, CaseObject? ticker) => _sizesInUsd ? size / Price(name, ticker?.NumberOrNull("mark_price")) : size;

        internal double Vol(string name, CaseObject? ticker) =>
            ticker?.NumberOrNull("iv", "vol") ?? ticker?.NumberOrNull("mark_iv") * VolOfPercent ?? _vols?.NumberOrNull(name) ?? throw Missing(name, "iv");

        internal double Years(string name, DateTimeOffset expiry) => YearsOrNull(name, expiry)
            ?? throw new InvalidInputException("missing-field", $"'timestamp' is missing: it is needed for the time to expiry of {name}");

        /// <summary>Without an instant a future counts as near: its roll shock is the least.</summary>
        internal double YearsOrZero(string name, DateTimeOffset expiry) => YearsOrNull(name, expiry) ?? 0;

        /// <summary>Underlying price of an option.</summary>
        internal double? ForwardOf(string name) => _forwards?.NumberOrNull(name) ?? Forward;

        internal InvalidInputException Missing(string name, string field) => new("missing-field", $"'{field}' of {PrintableText.Of(name)} is missing: a number is expected");

        private double? YearsOrNull(string name, DateTimeOffset expiry) =>
            _years?.NumberOrNull(name) ?? _days?.NumberOrNull(name) / 365 ?? (_at is { } at ? Math.Max(0, UtcTime.YearsBetween(at, expiry)) : null);

        private static double? IndexOf(CaseObject inputs, Currency currency)
        {
            if (!inputs.TryFind(out var value, "index_price", "index", "spot", "spot_price"))
            {
                return null;
            }

            return value.ValueKind == JsonValueKind.Object
                ? new CaseObject(value, "index_price").NumberOrNull($"{currency.Coin}_USD", $"{currency.Coin}_{currency.Code}", currency.Coin)
                : CaseObject.ToNumber(value, "index_price");
        }

        private static DateTimeOffset? InstantOf(CaseObject inputs)
        {
            if (!inputs.TryFind(out var value, "timestamp", "now", "at"))
            {
                return inputs.ObjectOrNull("model_params")?.ObjectOrNull("general")?.NumberOrNull("timestamp") is { } stamp ? FromMilliseconds(stamp) : null;
            }

            if (value.ValueKind == JsonValueKind.String && UtcTime.TryParseIso(value.GetString(), out var instant))
            {
                return instant;
            }

            return FromMilliseconds(CaseObject.ToNumber(value, "timestamp"));
        }

        private static DateTimeOffset FromMilliseconds(double milliseconds) => milliseconds is >= 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds)
            : throw new InvalidInputException("json-shape", string.Create(CultureInfo.InvariantCulture, $"timestamp {milliseconds} is not a number of milliseconds since 1970"));
    }
}
