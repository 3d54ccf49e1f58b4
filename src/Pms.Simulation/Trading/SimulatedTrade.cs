using Pms.Simulation.Listing;

namespace Pms.Simulation.Trading;

/// <summary>One print of the current step.</summary>
internal readonly record struct SimulatedTrade(SimulatedInstrument Instrument, string TradeId, double Price, double Amount, bool BuyerIsTaker, bool IsLiquidation);
