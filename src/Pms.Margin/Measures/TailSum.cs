namespace Pms.Margin.Measures;

/// <summary>Exact VaR and ES of the worst scenarios.</summary>
/// <param name="Beyond">scenarios that lie wholly in the tail: the index of the one at the boundary</param>
/// <param name="Var">its loss</param>
/// <param name="LossMass">sum of loss times mass over the tail</param>
/// <param name="Last">mass of the scenario at the boundary that lies in the tail, at least 0</param>
/// <param name="Mass">of the tail: the ES is exactly <paramref name="LossMass"/> over this</param>
internal readonly record struct TailSum(int Beyond, long Var, Int128 LossMass, long Last, long Mass)
{
    /// <summary>Rounded up to a whole money unit.</summary>
    public long Es
    {
        get
        {
            var (quotient, remainder) = Int128.DivRem(LossMass, Mass);
            return (long)quotient + (remainder > 0 ? 1 : 0);
        }
    }
}
