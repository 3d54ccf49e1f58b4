using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Liquidation.Auctions;
using Pms.Margin.Venues;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;

namespace Pms.Liquidation.Cases;

/// <summary>Cases of auctions, liquidation prices and incentives.</summary>
internal static class AuctionCases
{
    private static readonly BigInteger Wad = BigInteger.Pow(10, 18);

    public static readonly CaseKind[] Kinds =
    [
        new("derive_auction", ["dutch_auction", "auction", "derive"],
            [
                "parameter_set", "start_factor", "cutoff_factor", "start_discount", "cutoff_discount", "fast_seconds", "slow_seconds", "insolvent_seconds", "fee_rate", "buffer", "mtm_cutoff", "mtm", "mm", "maintenance_requirement",
                "buffer_margin", "reserved", "elapsed_seconds", "price_factor", "fraction", "insolvent", "staircase",
            ],
            c => !c.Has("start_rate", "cash", "cash_wad") && (Has(c, Elapsed) || Has(c, PriceFactor) || Has(c, Value)),
            Derive),
        new("share_auction", ["pms_auction", "take_share"],
            ["fast_seconds", "slow_seconds", "start_rate", "knee_rate", "end_rate", "fee", "target", "elapsed_seconds", "equity", "worth", "initial", "maintenance", "cash", "units"],
            c => c.Has("start_rate", "knee_rate", "end_rate"),
            Share),
        new("hyperliquid_price", ["liquidation_price", "hyperliquid"], ["price", "side", "equity", "size", "maint_rate", "max_leverage", "margin_available"], c => c.Has("price") && c.Has("size"), Price),
        new("toxicity", ["toxic_liquidation", "incentive"], ["incentive", "slippage_penalty", "ltv", "close_share", "health"], c => c.Has("incentive"), Toxicity),
    ];

    private static string[] Elapsed => ["elapsed_seconds", "elapsed", "elapsed_s", "elapsed_sec", "time_elapsed", "t_seconds", "t_sec", "t_s", "t", "seconds", "time_s", "time"];

    private static string[] PriceFactor => ["price_factor", "d", "discount_factor"];

    private static string[] Value => ["mtm", "mark_to_market", "mtm_usd", "portfolio_value"];

    /// <summary>Our key, then the names it also goes by.</summary>
    private static readonly string[][] DeriveNames =
    [
        ["start_factor", "start", "start_price_factor", "starting_mtm_percentage", "starting_factor", "initial_factor", "start_price"],
        ["cutoff_factor", "cutoff", "cutoff_price_factor", "fast_auction_cutoff_percentage", "fast_cutoff", "fast_factor", "cutoff_price"],
        ["fast_seconds", "fast_length", "fast_auction_length", "fast_s", "fast_sec", "fast_length_s", "fast_length_seconds", "fast_duration", "fast_duration_s", "fast_phase_seconds", "fast_phase_s", "fast_time", "fast"],
        ["slow_seconds", "slow_length", "slow_auction_length", "slow_s", "slow_sec", "slow_length_s", "slow_length_seconds", "slow_duration", "slow_duration_s", "slow_phase_seconds", "slow_phase_s", "slow_time", "slow"],
        ["insolvent_seconds", "insolvent_length", "insolvent_auction_length", "insolvent_s", "insolvent_length_s", "insolvent_duration"],
        ["fee_rate", "liquidator_fee_rate", "liquidation_fee_rate", "fee", "penalty"],
        ["buffer", "buffer_margin_percentage", "buffer_percentage", "buffer_rate", "buffer_share", "buffer_fraction"],
        ["mtm_cutoff", "mark_to_market_cutoff"],
    ];

    private static JsonObject Derive(CaseObject c)
    {
        var parameters = Parameters(c);
        var answer = new JsonObject();
        var staircase = c.FlagOr(true, "staircase");
        var elapsed = NumberOrNull(c, Elapsed, out var instants);
        var factor = c.NumberOrNull(PriceFactor);
        if (factor is not null && elapsed is not null)
        {
            throw new InvalidInputException("auction-input", "'price_factor' and 'elapsed_seconds' are both there: one of them is expected");
        }

        if (factor is < 0 or > 1)
        {
            throw new InvalidInputException("auction-input", $"'price_factor' is {factor}: 0 to 1 is required");
        }

        if (instants is not null)
        {
            answer["elapsed_seconds"] = CostCases.List(instants);
            answer["phases"] = new JsonArray([.. instants.Select(t => (JsonNode)PhaseOf(parameters, t))]);
            answer["price_factors"] = CostCases.List(instants.Select(t => DeriveAuction.PriceFactor(parameters, t, staircase)));
            answer["price_factors_linear"] = CostCases.List(instants.Select(t => DeriveAuction.PriceFactor(parameters, t, staircase: false)));
        }

        if (elapsed is { } t)
        {
            factor = DeriveAuction.PriceFactor(parameters, t, staircase);
            answer["phase"] = PhaseOf(parameters, t);
            answer["price_factor_linear"] = DeriveAuction.PriceFactor(parameters, t, staircase: false);
        }

        if (factor is { } d)
        {
            answer["price_factor"] = d;
            answer["discount"] = 1 - d;
        }

        var mtm = c.NumberOrNull(Value);
        var reserved = c.NumberOr(0, "reserved", "reserved_cash", "R");
        var wanted = c.NumberOrNull("fraction", "share", "percent_of_account", "requested_fraction");
        var insolvent = c.FlagOr(mtm <= 0, "insolvent", "is_insolvent");
        if (reserved < 0 || wanted is < 0 or > 1)
        {
            throw new InvalidInputException("auction-input", $"reserved is {reserved}, the fraction {wanted}: at least 0, and 0 to 1, are required");
        }

        if (mtm is { } value)
        {
            var maintenance = Maintenance(c, value);
            var account = new DeriveAuctioned(value, maintenance ?? 0, reserved);
            if (factor is { } f)
            {
                answer["bid_price"] = DeriveAuction.BidPrice(account, f);
            }

            var buffered = BufferMargin(c, parameters, account, maintenance);
            answer["solvent"] = !insolvent;
            if (buffered is { } bm)
            {
                answer["buffer_margin"] = bm;
                if (!insolvent)
                {
                    answer["start_fee"] = DeriveAuction.StartFee(parameters, account, bm);
                }

                if (factor is { } price && !insolvent)
                {
                    var most = DeriveAuction.MaxFraction(parameters, account, price, bm);
                    answer["max_fraction"] = most;
                    answer["price_at_max"] = most * DeriveAuction.BidPrice(account, price);
                    answer["least_balance"] = DeriveAuction.LeastBalance(account, price, bm, most);
                    answer["buffer_margin_after"] = ((1 - most) * (bm - reserved)) + reserved + (most * DeriveAuction.BidPrice(account, price));
                    if (wanted is { } share)
                    {
                        var taken = Math.Min(share, most);
                        answer["fraction"] = taken;
                        answer["price"] = taken * DeriveAuction.BidPrice(account, price);
                    }
                }
            }

            if (insolvent && maintenance is not null && elapsed is { } since)
            {
                var payout = DeriveAuction.InsolventPayout(parameters, account, since);
                answer["insolvent_payout"] = payout;
                answer["bid_price"] = -payout;
                foreach (var solventOnly in new[] { "phase", "price_factor", "price_factor_linear", "discount" })
                {
                    answer.Remove(solventOnly);
                }
            }
        }
        else
        {
            // Read, so that an account without its value is told apart from a name that nobody knows.
            if (Maintenance(c, double.NaN) is not null || c.Has("buffer_margin", "bm"))
            {
                throw c.Missing("mtm", "the value of the account");
            }
        }

        return answer.Count > 0 ? answer : throw c.Missing("elapsed_seconds", "a number, or mtm and mm,");
    }

    private static string PhaseOf(DeriveAuctionParameters parameters, double elapsed) => DeriveAuction.PhaseAt(parameters, elapsed).ToString().ToLowerInvariant();

    private static double? Maintenance(CaseObject c, double value)
    {
        var balance = c.NumberOrNull("mm", "maintenance_margin", "maintenance_margin_balance", "mm_balance");
        var required = c.NumberOrNull("maintenance_requirement", "mm_requirement", "requirement");
        return (balance, required) switch
        {
            ({ }, { }) => throw new InvalidInputException("auction-input", "'mm' and 'maintenance_requirement' are both there: one of them is expected"),
            ({ } b, _) => b,
            (_, { } r) when r >= 0 => value - r,
            (_, { } r) => throw new InvalidInputException("auction-input", $"'maintenance_requirement' is {r}: at least 0 is required"),
            _ => null,
        };
    }

    private static double? BufferMargin(CaseObject c, DeriveAuctionParameters parameters, DeriveAuctioned account, double? maintenance) =>
        c.NumberOrNull("buffer_margin", "bm") is { } given ? given : maintenance is null ? null : DeriveAuction.BufferMargin(parameters, account);

    private static DeriveAuctionParameters Parameters(CaseObject c)
    {
        var set = c.TextOrNull("parameter_set", "params_set", "config") ?? "script";
        var basis = VenueParameters.BuiltIn(DeriveAuctionParameters.Model, set);
        var values = new JsonObject();
        foreach (var source in new[] { c, c.ObjectOrNull("params", "parameters", "auction_params") }.OfType<CaseObject>())
        {
            foreach (var names in DeriveNames)
            {
                if (source.NumberOrNull(names) is { } number)
                {
                    values[names[0]] = number;
                }
            }

            foreach (var (key, names) in new[] { ("start_factor", new[] { "start_discount", "initial_discount", "starting_discount" }), ("cutoff_factor", ["cutoff_discount", "fast_discount"]) })
            {
                if (source.NumberOrNull(names) is { } discount)
                {
                    values[key] = values.ContainsKey(key) ? throw new InvalidInputException("auction-input", $"'{key}' and '{names[0]}' are both there: one of them is expected") : 1 - discount;
                }
            }
        }

        return new DeriveAuctionParameters(values.Count == 0 ? basis : basis.With(JsonSerializer.SerializeToElement(values), new List<string>()));
    }

    /// <summary>A number, or a list of them.</summary>
    private static double? NumberOrNull(CaseObject c, string[] names, out double[]? list)
    {
        list = null;
        if (!c.TryFind(out var value, names))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            list = [.. value.EnumerateArray().Select(v => CaseNumber(v, names[0]))];
            return null;
        }

        return CaseNumber(value, names[0]);
    }

    private static double CaseNumber(JsonElement value, string name) => value.ValueKind switch
    {
        JsonValueKind.Number when double.IsFinite(value.GetDouble()) => value.GetDouble(),
        JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => throw new InvalidInputException("json-shape", $"'{name}' is {PrintableText.Of(value.ToString(), 40)}: a number is expected"),
    };

    private static bool Has(CaseObject c, string[] names) => c.Has(names);

    private static JsonObject Share(CaseObject c)
    {
        var terms = new AuctionTerms
        {
            FastSeconds = Whole(c.Number("fast_seconds"), "fast_seconds"),
            SlowSeconds = Whole(c.Number("slow_seconds"), "slow_seconds"),
            StartRateE6 = Millionths(c, "start_rate"),
            KneeRateE6 = Millionths(c, "knee_rate"),
            EndRateE6 = Millionths(c, "end_rate"),
            FeeE6 = c.Has("fee") ? Millionths(c, "fee") : 0,
            TargetE6 = c.Has("target") ? Millionths(c, "target") : 0,
        };
        terms.Validate();
        var now = Whole(c.Number(Elapsed), "elapsed_seconds");
        var answer = new JsonObject { ["rate"] = terms.RateAt(now) / 1e6 };
        if (!c.Has("equity"))
        {
            return answer;
        }

        var equity = WadOf(c, "equity");
        var account = new AuctionedAccount(equity, c.Has("worth") ? WadOf(c, "worth") : equity, c.Has("initial") ? WadOf(c, "initial") : BigInteger.Zero, c.Has("maintenance") ? WadOf(c, "maintenance") : BigInteger.Zero);
        if (!c.Has(terms.TargetE6 == 0 ? "initial" : "maintenance"))
        {
            throw c.Missing(terms.TargetE6 == 0 ? "initial" : "maintenance", "what the account has to reach");
        }

        if (account.InitialWad.Sign < 0 || account.MaintenanceWad.Sign < 0)
        {
            throw new InvalidInputException("auction-input", "'initial' and 'maintenance' are requirements: at least 0 is required");
        }

        var shortfall = terms.ShortfallWad(account.EquityWad, account.InitialWad, account.MaintenanceWad);
        var most = ShareBid.MostCash(shortfall, terms.FeeE6);
        answer["shortfall_wad"] = $"{shortfall}";
        answer["most_cash_wad"] = $"{most}";
        if (shortfall.Sign <= 0)
        {
            return answer;
        }

        var units = c.Has("units") ? WadOf(c, "units") : ShareBid.OwnerUnits;
        var bid = ShareBid.Take(terms, now, account, units, c.Has("cash") ? WadOf(c, "cash") : most);
        answer["cash_wad"] = $"{bid.CashWad}";
        answer["fee_wad"] = $"{bid.FeeWad}";
        answer["bonus_wad"] = $"{bid.BonusWad}";
        answer["units_wad"] = $"{bid.UnitsWad}";
        answer["all_units_wad"] = $"{bid.AllUnitsWad}";
        answer["worth_after_wad"] = $"{bid.WorthAfterWad}";
        answer["equity_after_wad"] = $"{bid.EquityAfterWad}";
        answer["gain_wad"] = $"{bid.GainWad}";
        return answer;
    }

    private static uint Millionths(CaseObject c, string name) => Whole(Math.Round(c.Number(name) * 1e6), name);

    private static uint Whole(double value, string name) => value >= 0 && value <= uint.MaxValue && value == Math.Floor(value)
        ? (uint)value
        : throw new InvalidInputException("auction-input", $"'{name}' is {value}: a whole number from 0 is required");

    /// <summary>USD, at most 18 decimals, exactly.</summary>
    private static BigInteger WadOf(CaseObject c, string name)
    {
        c.TryFind(out var value, name);
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            throw new InvalidInputException("json-shape", $"'{name}' is {PrintableText.Of(text, 40)}: a decimal number is expected");
        }

        Span<int> parts = stackalloc int[4];
        decimal.GetBits(number, parts);
        var scale = (parts[3] >> 16) & 0xff;
        var units = (((BigInteger)(uint)parts[2] << 64) + ((BigInteger)(uint)parts[1] << 32) + (uint)parts[0]) * (number < 0 ? -1 : 1) * Wad;
        return scale <= 18 ? units / BigInteger.Pow(10, scale) : throw new InvalidInputException("json-shape", $"'{name}' is {PrintableText.Of(text, 40)}: at most 18 decimals are allowed");
    }

    private static JsonObject Price(CaseObject c)
    {
        var (price, size) = (c.Number("price", "entry_price", "mark_price"), c.Number("size"));
        var sideText = c.TryFind(out var given, "side") && given.ValueKind == JsonValueKind.String ? given.GetString()!.ToUpperInvariant() : null;
        var side = sideText switch { "LONG" or "BUY" => 1, "SHORT" or "SELL" => -1, null => c.NumberOr(Math.Sign(size), "side"), _ => c.Number("side") };
        if (side is not (1 or -1))
        {
            throw new InvalidInputException("auction-input", $"'side' is {side}: 1 or long, -1 or short is expected");
        }

        size = Math.Abs(size);
        var rate = (c.NumberOrNull("maint_rate", "maintenance_rate", "l"), c.NumberOrNull("max_leverage")) switch
        {
            ({ }, { }) => throw new InvalidInputException("auction-input", "'maint_rate' and 'max_leverage' are both there: one of them is expected"),
            ({ } l, _) => l,
            (_, { } leverage) when leverage > 0 => 1 / (2 * leverage),
            _ => throw c.Missing("maint_rate", "a number, or max_leverage above 0,"),
        };
        var equity = c.NumberOrNull("margin_available") is { } available ? available + (rate * size * price) : c.Number("equity", "account_value");
        var result = LiquidationPrice.Linear(price, (int)side, equity, size, rate);
        return new JsonObject { ["liquidation_price"] = result, ["reachable"] = result > 0 };
    }

    private static JsonObject Toxicity(CaseObject c)
    {
        var (incentive, penalty) = (c.Number("incentive", "i", "bonus"), c.NumberOr(1, "slippage_penalty", "penalty", "lambda"));
        var frontier = LiquidationIncentive.ToxicFrontier(incentive, penalty);
        var answer = new JsonObject { ["frontier_ltv"] = frontier };
        if (c.NumberOrNull("ltv") is { } ltv)
        {
            answer["toxic"] = ltv > frontier;
            answer["largest_harmless_incentive"] = LiquidationIncentive.LargestHarmless(ltv, penalty);
            if (c.NumberOrNull("close_share", "close_factor") is { } share)
            {
                answer["ltv_after"] = LiquidationIncentive.LtvAfter(ltv, incentive, share, penalty);
            }
        }

        if (c.NumberOrNull("health", "h") is { } health)
        {
            answer["health_linked_incentive"] = LiquidationIncentive.HealthLinked(incentive, health);
        }

        return answer;
    }
}
