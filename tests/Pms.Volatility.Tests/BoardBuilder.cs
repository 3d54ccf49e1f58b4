using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Pricing;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests;

/// <summary>Boards made by hand: quotes around the prices of given smiles.</summary>
internal sealed class BoardBuilder(Settlement settlement = Settlement.Inverse)
{
    private readonly List<ExpiryBoard> _expiries = [];

    public static DateTimeOffset At { get; } = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    public UnderlyingId Id { get; } = settlement == Settlement.Inverse ? UnderlyingId.Inverse(new Asset("BTC")) : UnderlyingId.Linear(new Asset("BTC"), new Asset("USDC"));

    public UnderlyingBoard Board => new(Id, null, null, [.. _expiries], []);

    public static RawSvi Ssvi(double vol, double years, double rho = -0.2, double phiRoot = 0.9)
    {
        var theta = vol * vol * years;
        return new SsviSlice(theta, rho, phiRoot / Math.Sqrt(theta)).ToRaw();
    }

    /// <summary>Calls and puts at strikes from -3 to 3 standard deviations, bid and ask a share of vol around the smile.</summary>
    public BoardBuilder Smile(int days, RawSvi smile, int strikes = 15, double halfBand = 0.01, double forward = 60_000, Func<int, double>? noise = null, bool venueForward = true)
    {
        var years = days / 365.0;
        var spread = Math.Sqrt(smile.TotalVariance(0));
        var quotes = new List<InstrumentQuote>();
        for (var i = 0; i < strikes; i++)
        {
            var strike = (decimal)Math.Round(forward * Math.Exp(spread * ((6.0 * i / Math.Max(1, strikes - 1)) - 3)), 2);
            var vol = Math.Sqrt(smile.TotalVariance(Math.Log((double)strike / forward)) / years) * (1 + (noise?.Invoke(i) ?? 0));
            foreach (var type in Enum.GetValues<OptionType>())
            {
                quotes.Add(Quote(days, strike, type, Price(type, forward, strike, years, vol * (1 - halfBand)), Price(type, forward, strike, years, vol * (1 + halfBand)), venueForward ? forward : null));
            }
        }

        return Expiry(days, venueForward ? forward : null, quotes);
    }

    public BoardBuilder Expiry(int days, double? forward, IEnumerable<InstrumentQuote> quotes)
    {
        _expiries.Add(new ExpiryBoard(At.AddDays(days), forward, [.. quotes]));
        return this;
    }

    public InstrumentQuote Quote(int days, decimal strike, OptionType type, double? bid, double? ask, double? underlying = 60_000, TimeSpan age = default, double? openInterest = 10)
    {
        return new InstrumentQuote(
            new EuropeanOption(Id, At.AddDays(days), strike, type),
            new QuoteValues { Bid = bid, Ask = ask, UnderlyingPrice = underlying, OpenInterest = openInterest },
            new Provenance("test", null, At - age));
    }

    /// <summary>In the price unit of the family.</summary>
    public double Price(OptionType type, double forward, decimal strike, double years, double vol)
    {
        var inputs = new BlackInputs(type, forward, (double)strike, years, vol);
        return settlement == Settlement.Inverse ? Black76.CoinPrice(inputs) : Black76.Price(inputs);
    }

    public static UnderlyingBoard Only(UnderlyingBoard board, int expiry, Func<InstrumentQuote, InstrumentQuote?> change)
    {
        var source = board.Expiries[expiry];
        var changed = source with { Options = [.. source.Options.Select(change).Where(q => q is not null).Select(q => q!)] };
        return board with { Expiries = board.Expiries.SetItem(expiry, changed) };
    }
}
