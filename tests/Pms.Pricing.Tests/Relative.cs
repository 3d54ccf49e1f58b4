namespace Pms.Pricing.Tests;

/// <summary>Relative comparison that names the case.</summary>
internal static class Relative
{
    internal static double Error(double actual, double expected) =>
        actual == expected ? 0.0 : Math.Abs(actual - expected) / Math.Max(Math.Abs(expected), double.Epsilon);

    internal static void ShouldBeClose(double actual, double expected, double tolerance, string what)
    {
        var error = Error(actual, expected);
        (error <= tolerance).ShouldBeTrue($"{what}: {actual:R} against {expected:R}, relative error {error:E2} above {tolerance:E2}");
    }
}
