using System.Collections.Immutable;
using System.Globalization;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;

namespace Pms.Margin.Venues.Span;

/// <summary>SPAN 16: one commodity for each coin, sums over coins.</summary>
public sealed class SpanModel(VenueParameters parameters) : IVenueModel
{
    private readonly SpanParameters _parameters = new(parameters);

    public string Name => "span";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, parameters);
        foreach (var u in book.Underlyings)
        {
            ImmutableArray<SpanContract> contracts =
            [
                .. u.Options.Select(o => new SpanContract(o.Type, o.Strike, o.Years, o.Vol, o.Forward, o.Quantity * o.UsdPerQuote)),
                .. u.Futures.Select(f => new SpanContract(null, 0, f.Years, 0, f.Price, f.Coins * f.UsdPerQuote)),
            ];
            var m = SpanArray.Evaluate(u.SpotUsd, contracts, _parameters);
            var factor = _parameters.InitialFactor;
            var byMinimum = m.ShortOptionMinimum > m.ScanRisk + m.InterMonth;
            var binding = byMinimum ? "short option minimum" : string.Create(CultureInfo.InvariantCulture, $"scenario {m.WorstIndex + 1} of 16");
            answer.Add(
                u.Coin.Code,
                m.Initial,
                m.Maintenance,
                binding,
                ("scan_risk", m.ScanRisk),
                ("inter_month", m.InterMonth),
                ("short_option_minimum", byMinimum ? m.ShortOptionMinimum - m.ScanRisk - m.InterMonth : 0),
                ("initial_factor", m.Maintenance * (factor - 1)));
        }

        return answer.Margin();
    }
}
