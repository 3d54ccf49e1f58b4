namespace Pms.Microstructure.Impact;

/// <summary>One unit of a contract or asset at the marks of a moment. USD.</summary>
/// <param name="Value">0 for futures and perpetuals, whose profit is settled</param>
/// <param name="Delta">gain for a coin 100 % higher, to first order: what a dealer hedges</param>
/// <param name="Vega">gain for a vol 100 % higher, to first order; 0 without an option</param>
/// <param name="Notional">value of what the unit is a contract on</param>
/// <param name="HalfSpread">cost of trading at the market</param>
/// <param name="Coin">number of the coin that moves it; -1: none</param>
public readonly record struct UnitMark(double Value, double Delta, double Vega, double Notional, double HalfSpread, int Coin);

/// <summary>A change of so many units of a contract or asset.</summary>
/// <param name="Row">number in the market's list</param>
/// <param name="Units">bought positive</param>
public readonly record struct Fill(int Row, decimal Units);
