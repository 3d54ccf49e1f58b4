using System.Globalization;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;

namespace Pms.Margin.Venues.Paradex;

/// <summary>Paradex's portfolio margin: one scan for each coin, sums over coins. Funding is not known to a board and counts 0.</summary>
public sealed class ParadexModel(VenueParameters parameters) : IVenueModel
{
    private readonly ParadexParameters _parameters = new(parameters);

    public string Name => "paradex";

    /// <inheritdoc/>
    public VenueMargin Evaluate(Account account, MarginMarket market)
    {
        var book = VenueBook.Of(account, market);
        var answer = new VenueAnswer(Name, book, parameters);
        foreach (var u in book.Underlyings)
        {
            var m = ParadexScan.Evaluate(
                u.SpotUsd,
                [.. u.Futures.Select(f => new ParadexFuture(f.Coins * f.UsdPerQuote, f.Price))],
                [.. u.Options.Select(o => new ParadexOption(o.Type, o.Strike, o.Years, o.Vol, o.Forward, o.Quantity * o.UsdPerQuote))],
                0,
                _parameters);
            var scans = m.ScanRisk >= m.MinimumDelta;
            var binding = scans ? string.Create(CultureInfo.InvariantCulture, $"scenario {m.WorstIndex + 1} of {_parameters.Scenarios.Length}") : "minimum delta";
            answer.Add(u.Coin.Code, m.Initial, m.Maintenance, binding, ("scan_risk", m.ScanRisk), ("minimum_delta", scans ? 0 : m.MinimumDelta - m.ScanRisk), ("fees", m.FeeProvision));
        }

        return answer.Margin();
    }
}
