using Pms.Margin.Arrays;
using Pms.Primitives;

namespace Pms.Margin.Explain;

/// <summary>What an account holds of one row of a risk array: lots, and with them its gain in every scenario.</summary>
public sealed class RowHolding
{
    /// <param name="row">contract or asset</param>
    /// <param name="lots">long positive</param>
    /// <exception cref="InvalidInputException"><c>margin-overflow</c>: a gain in some scenario that is no 64-bit integer of money units</exception>
    public RowHolding(RiskRow row, long lots)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (Int128.Abs(lots) * row.MostTicks > long.MaxValue)
        {
            throw new InvalidInputException("margin-overflow", $"{lots} lots of {row.Key} gain or lose up to {Int128.Abs(lots) * row.MostTicks} money units, beyond the range of a 64-bit integer");
        }

        Row = row;
        Lots = lots;
    }

    public RiskRow Row { get; }

    public long Lots { get; }

    /// <summary>Instrument name or asset code.</summary>
    public string Name => Row.Key.Name;

    /// <summary>Units, long positive; exact.</summary>
    public decimal Quantity => Lots * LotRule.DecimalPowerOfTen(Row.LotExponent);

    /// <summary>Gain in one scenario, money units; exact.</summary>
    public long Pnl(int scenario) => Lots * Row.Ticks[scenario];
}
