using System.Collections.Immutable;
using Pms.MarketData.Instruments;

namespace Pms.Margin.Portfolios;

/// <summary>So much of one contract.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Quantity">long positive; coins for options, spot and linear futures, quote currency (USD) for inverse futures and perpetuals; exact</param>
public sealed record Position(Instrument Instrument, decimal Quantity);

/// <summary>So much of one asset in the account.</summary>
/// <param name="Asset">coin, staked coin, stablecoin or USD</param>
/// <param name="Amount">units of the asset; negative is a debt</param>
public sealed record CollateralHolding(Asset Asset, decimal Amount);

/// <summary>One margined account: contracts netted by instrument, and what it holds.</summary>
/// <param name="Id">as in the portfolio file</param>
/// <param name="Positions">by instrument name, each instrument once, none of them zero</param>
/// <param name="Collateral">by asset code, each asset once</param>
public sealed record Account(string Id, ImmutableArray<Position> Positions, ImmutableArray<CollateralHolding> Collateral);
