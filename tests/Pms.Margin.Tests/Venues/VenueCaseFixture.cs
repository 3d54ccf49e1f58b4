using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Margin.Venues.Cases;

namespace Pms.Margin.Tests.Venues;

/// <summary>Runs cases and compares them with what is expected of them.</summary>
internal static class VenueCaseFixture
{
    public static JsonObject Run(string model, string json)
    {
        using var document = JsonDocument.Parse(json);
        return VenueCases.Evaluate(model, document.RootElement);
    }

    public static double Number(this JsonObject result, string key) => result[key]!.GetValue<double>();

    public static double[] List(this JsonObject result, string key) => [.. result[key]!.AsArray().Select(v => v!.GetValue<double>())];

    /// <summary>Every key of <paramref name="expected"/> within <paramref name="tolerance"/>; texts and lists of texts equal.</summary>
    public static void ShouldHave(this JsonObject result, JsonElement expected, double tolerance)
    {
        foreach (var property in expected.EnumerateObject())
        {
            result.ContainsKey(property.Name).ShouldBeTrue(property.Name);
            Compare(result[property.Name]!, property.Value, tolerance, property.Name);
        }
    }

    private static void Compare(JsonNode actual, JsonElement expected, double tolerance, string what)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Number:
                actual.AsValue().GetValueKind().ShouldBe(JsonValueKind.Number, what);
                Math.Abs(Convert.ToDouble(actual.ToString()) - expected.GetDouble()).ShouldBeLessThanOrEqualTo(tolerance, what);
                break;
            case JsonValueKind.Array:
                actual.AsArray().Count.ShouldBe(expected.GetArrayLength(), what);
                for (var i = 0; i < actual.AsArray().Count; i++)
                {
                    Compare(actual[i]!, expected[i], tolerance, $"{what}[{i}]");
                }

                break;
            default:
                actual.ToString().ShouldBe(expected.ToString(), what);
                break;
        }
    }
}
