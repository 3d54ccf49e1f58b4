namespace Pms.Simulation.Quoting;

/// <summary>The prices and amounts that a contract may trade at. Prices are whole ticks, computed in decimal so that they print as such.</summary>
/// <param name="Tick">below or at the threshold</param>
/// <param name="Threshold">price above which <paramref name="TickAbove"/> holds; a multiple of both ticks</param>
/// <param name="TickAbove">at least <paramref name="Tick"/></param>
/// <param name="MinAmount">smallest amount; all amounts are whole multiples of it</param>
internal sealed record TickSchedule(decimal Tick, decimal Threshold, decimal TickAbove, decimal MinAmount)
{
    private readonly double _tick = (double)Tick;
    private readonly double _threshold = (double)Threshold;
    private readonly double _tickAbove = (double)TickAbove;
    private readonly double _minAmount = (double)MinAmount;

    public static TickSchedule Single(decimal tick, decimal minAmount) => new(tick, decimal.MaxValue, tick, minAmount);

    /// <summary>The highest price at or below <paramref name="price"/>; 0 or less means that there is none.</summary>
    public double Floor(double price)
    {
        if (price <= 0)
        {
            return 0;
        }

        return price > _threshold ? (double)((decimal)Math.Floor(price / _tickAbove) * TickAbove) : (double)((decimal)Math.Floor(price / _tick) * Tick);
    }

    /// <summary>The lowest price at or above <paramref name="price"/>, at least one tick.</summary>
    public double Ceiling(double price)
    {
        if (price <= _tick)
        {
            return _tick;
        }

        return price > _threshold ? (double)((decimal)Math.Ceiling(price / _tickAbove) * TickAbove) : (double)((decimal)Math.Ceiling(price / _tick) * Tick);
    }

    /// <summary>The price <paramref name="ticks"/> ticks above a valid price.</summary>
    public double Above(double price, int ticks)
    {
        var p = (decimal)price;
        for (var i = 0; i < ticks; i++)
        {
            p += p >= Threshold ? TickAbove : Tick;
        }

        return (double)p;
    }

    /// <summary>The price <paramref name="ticks"/> ticks below a valid price; 0 or less when there is none.</summary>
    public double Below(double price, int ticks)
    {
        var p = (decimal)price;
        for (var i = 0; i < ticks && p > 0; i++)
        {
            p -= p > Threshold ? TickAbove : Tick;
        }

        return (double)p;
    }

    /// <summary>The nearest whole amount, at least the smallest.</summary>
    public double Amount(double amount) => (double)(Math.Max(1m, (decimal)Math.Round(amount / _minAmount)) * MinAmount);

    /// <summary>Whether what is left of a level after trades is still an amount.</summary>
    public bool IsAmount(double amount) => amount >= 0.5 * _minAmount;

    /// <summary>Whether a price is on the grid: what a venue would accept.</summary>
    public bool IsValid(double price)
    {
        var p = (decimal)price;
        return p > 0 && p % (p > Threshold ? TickAbove : Tick) == 0;
    }
}
