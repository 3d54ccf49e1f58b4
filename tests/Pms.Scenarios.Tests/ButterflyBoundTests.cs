using Pms.Scenarios.Shocks;
using Pms.Volatility.Svi;

namespace Pms.Scenarios.Tests;

public sealed class ButterflyBoundTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MostTilt_FactorAHairAboveTheBound_AllowsNone(bool isRising)
    {
        // A factor that came out of a product may round above the bound: no node bears it, and no tilt is what is left.
        var bound = new ButterflyBound(new RawSvi(0.004, 0.03, -0.3, -0.01, 0.08));
        var above = Math.BitIncrement(bound.MostLevel);
        bound.MostTilt(above, 0.01, isRising).ShouldBe(0);
        bound.MostTilt(0.5 * bound.MostLevel, 0.001, isRising).ShouldBeGreaterThan(0);
    }
}
