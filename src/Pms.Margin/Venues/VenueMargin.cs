using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;

namespace Pms.Margin.Venues;

/// <summary>One line of a requirement.</summary>
/// <param name="Name">stable identifier, as in <c>roll_shock</c></param>
/// <param name="Group">the underlying or settlement currency it belongs to; empty for the account</param>
/// <param name="AmountUsd">part of the initial margin; a share that takes away from it is below 0</param>
public sealed record VenueComponent(string Name, string Group, double AmountUsd);

/// <summary>What one model asks of one account. Everything in USD; requirements positive.</summary>
/// <remarks>
/// Equity has one definition for every model, so that they compare: collateral at market plus options at the surface's value (futures are taken at
/// their mark, with no profit since entry). Each model's own arithmetic, in coin or on a cash balance, is turned into a requirement against that
/// equity: excess = Equity - Initial is what the venue itself would call its surplus, with collateral of any kind counted without a haircut except
/// where the model states one.
/// </remarks>
/// <param name="Model">which model answered, as in <c>deribit</c></param>
/// <param name="Initial">required to open</param>
/// <param name="Maintenance">required to stay</param>
/// <param name="Equity">collateral at market plus options at the surface's value</param>
/// <param name="MarkToMarket">options alone</param>
/// <param name="Binding">what decides the largest group's margin, in words: scenario or rule</param>
/// <param name="Components">they add up to <paramref name="Initial"/></param>
/// <param name="ParametersHash">of the constants used, one for each set in use, joined by commas in order of the sets</param>
public sealed record VenueMargin(
    string Model,
    double Initial,
    double Maintenance,
    double Equity,
    double MarkToMarket,
    string Binding,
    ImmutableArray<VenueComponent> Components,
    string ParametersHash)
{
    /// <summary>Equity less initial margin; below 0 the account may not open.</summary>
    public double Excess => Equity - Initial;
}

/// <summary>A margin model that asks a requirement of an account in a market. Implementations are pure, immutable and may be used by several threads.</summary>
public interface IVenueModel
{
    /// <summary>As on the command line: deribit, derive, paradex, span, okx, static, standard.</summary>
    string Name { get; }

    /// <summary>What the venue would ask of this account.</summary>
    /// <exception cref="Pms.Primitives.InvalidInputException">
    /// <c>underlying-missing</c>, <c>asset-price-missing</c>, <c>surface-missing</c>: an option without a surface to value it; the codes of the model
    /// </exception>
    VenueMargin Evaluate(Account account, MarginMarket market);
}
