using System.Text.Json;
using Pms.Testing;

namespace Pms.Numerics.Tests;

/// <summary>Own 70-digit references (tools/fits/reference_vectors.py); errors in units of the last place of the reference.</summary>
public sealed class ElementaryReferenceTests
{
    [Theory]
    [InlineData("exp", 1.0)]
    [InlineData("log", 1.0)]
    [InlineData("logRatio", 2.5)]
    [InlineData("mills", 6.0)]
    [InlineData("firstMoment", 5.0)]
    [InlineData("difference", 400.0)]
    [InlineData("upper", 6.0)]
    public void Function_ReferenceVectors_WithinUlps(string name, double ulps)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "elementary-math.json")));
        var (worst, at, count) = (0.0, "", 0);
        foreach (var row in document.RootElement.GetProperty(name).EnumerateArray())
        {
            var arguments = row.EnumerateArray().Select(v => v.GetDouble()).ToArray();
            var expected = arguments[^1];
            var actual = name switch
            {
                "exp" => ElementaryMath.Exp(arguments[0]),
                "log" => ElementaryMath.Log(arguments[0]),
                "logRatio" => ElementaryMath.LogRatio(arguments[0], arguments[1]),
                "mills" => MillsRatio.Value(arguments[0]),
                "firstMoment" => MillsRatio.FirstMoment(arguments[0]),
                "difference" => MillsRatio.Difference(arguments[0], arguments[1]),
                _ => NormalDistribution.CdfComplement(arguments[0]),
            };
            var error = Math.Abs(actual - expected) / Ulp(expected);
            if (!(error <= worst))
            {
                (worst, at) = (error, string.Join(", ", arguments.Select(v => v.ToString("R"))));
            }

            count++;
        }

        TestContext.Current.SendDiagnosticMessage($"{name}: worst {worst:F2} ulp at {at}");
        count.ShouldBeGreaterThan(250);
        (worst <= ulps).ShouldBeTrue($"{name}: {worst} ulp at {at}");
    }

    private static double Ulp(double x) => Math.BitIncrement(Math.Abs(x)) - Math.Abs(x);
}
