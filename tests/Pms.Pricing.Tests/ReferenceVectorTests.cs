using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Testing;

namespace Pms.Pricing.Tests;

/// <summary>Own 70-digit references (tools/fits/reference_vectors.py): boards, wings to 36 deviations, instants, decades, extreme scales.</summary>
public sealed class ReferenceVectorTests
{
    [Fact]
    public void Greeks_ReferenceVectors_WithinAccuracyBar()
    {
        using var document = Open("black76.json");
        var worst = new Dictionary<string, (double Error, string Id)>(StringComparer.Ordinal);
        var count = 0;
        foreach (var item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var id = item.GetProperty("id").GetString()!;
            var inputs = new BlackInputs(
                Type(item),
                item.GetProperty("forward").GetDouble(),
                item.GetProperty("strike").GetDouble(),
                item.GetProperty("years").GetDouble(),
                item.GetProperty("vol").GetDouble(),
                item.GetProperty("rate").GetDouble());
            var expected = item.GetProperty("expected");
            var actual = Black76.Greeks(inputs);
            Black76.Price(inputs).ShouldBe(actual.Price);
            void Compare(string name, double value, double slack = 0.0)
            {
                var reference = expected.GetProperty(name).GetDouble();
                var error = Math.Abs(value - reference) <= slack ? 0.0 : Relative.Error(value, reference);
                if (!worst.TryGetValue(name, out var seen) || !(error <= seen.Error))
                {
                    worst[name] = (error, id);
                }
            }

            // theta is a difference of decay and carry, vanna and volga change sign: near those zeros the scale of the parts is the yardstick
            var mass = actual.Vega / Math.Sqrt(inputs.Years);
            Compare("price", actual.Price);
            Compare("coinPrice", actual.CoinPrice);
            Compare("delta", actual.Delta);
            Compare("netDelta", actual.NetDelta);
            Compare("gamma", actual.Gamma);
            Compare("vega", actual.Vega);
            Compare("thetaPerYear", actual.ThetaPerYear, 1e-15 * mass * inputs.Vol / Math.Sqrt(inputs.Years));
            Compare("vanna", actual.Vanna, 1e-15 * mass / inputs.Forward);
            Compare("volga", actual.Volga, 1e-15 * actual.Vega);
            Compare("rho", actual.Rho);
            Compare("strikeDelta", actual.StrikeDelta);
            count++;
        }

        count.ShouldBeGreaterThan(300);
        TestContext.Current.SendDiagnosticMessage(string.Join("; ", worst.Select(w => $"{w.Key} {w.Value.Error:E1} ({w.Value.Id})")));
        foreach (var (name, (error, id)) in worst)
        {
            (error <= (name is "price" or "coinPrice" ? 1e-13 : 1e-12)).ShouldBeTrue($"{name}: {error:E2} at {id}");
        }
    }

    [Fact]
    public void Solve_ReferenceVectors_WithinConditioning()
    {
        using var document = Open("implied-vol.json");
        var (worst, worstId, count) = (0.0, "", 0);
        foreach (var item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var solved = ImpliedVol.Solve(new ImpliedVolInputs(
                Type(item),
                item.GetProperty("forward").GetDouble(),
                item.GetProperty("strike").GetDouble(),
                item.GetProperty("years").GetDouble(),
                item.GetProperty("price").GetDouble(),
                item.GetProperty("rate").GetDouble()));
            var id = item.GetProperty("id").GetString()!;
            solved.Refusal.ShouldBeNull(id);
            var error = Relative.Error(solved.Vol, item.GetProperty("expectedVol").GetDouble()) / Math.Max(1.0, item.GetProperty("conditioning").GetDouble());
            if (!(error <= worst))
            {
                (worst, worstId) = (error, id);
            }

            count++;
        }

        count.ShouldBeGreaterThan(350);
        TestContext.Current.SendDiagnosticMessage($"implied vol: worst error / max(1, conditioning) {worst:E2} at {worstId}");
        (worst <= 2e-14).ShouldBeTrue($"{worst:E2} at {worstId}");
    }

    private static OptionType Type(JsonElement item) => item.GetProperty("type").GetString() == "call" ? OptionType.Call : OptionType.Put;

    private static JsonDocument Open(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", name)));
}
