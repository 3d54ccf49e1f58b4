using System.Globalization;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;

namespace Pms.Margin.Venues.Okx;

/// <summary>OKX's portfolio margin: one risk unit for each coin, sums over coins; the parameters of BTC and ETH for every coin.</summary>
public sealed class OkxModel(VenueParameters parameters) : IVenueModel
{
    private readonly OkxParameters _parameters = new(parameters);

    public string Name => "okx";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, parameters);
        foreach (var u in book.Underlyings)
        {
            var m = OkxRiskUnit.Evaluate(
                [.. u.Futures.Select(f => new OkxFuture(f.NotionalUsd, f.NotionalUsd, f.Years))],
                [.. u.Options.Select(o => new OkxOption(o.Type, o.Strike, o.Years, o.Vol, o.Forward, o.Quantity * o.UsdPerQuote))],
                _parameters);
            var stress = Math.Max(Math.Max(m.SpotShock, m.Decay), m.Extreme);
            var byMinimum = m.MinimumCharge > stress + m.Basis;
            var binding = byMinimum ? "MR7 minimum charge"
                : stress == m.Extreme && m.Extreme > m.SpotShock ? "MR6 extreme move"
                : stress == m.Decay && m.Decay > m.SpotShock ? "MR2 decay"
                : string.Create(CultureInfo.InvariantCulture, $"MR1 spot {m.SpotShockMove:+0.##%;-0.##%;0%}");
            answer.Add(
                u.Coin.Code,
                m.Initial,
                m.Maintenance,
                binding,
                ("stress", stress),
                ("basis", m.Basis),
                ("minimum_charge", byMinimum ? m.MinimumCharge - stress - m.Basis : 0),
                ("initial_multiplier", m.Initial - m.Maintenance));
        }

        return answer.Margin();
    }
}
