using System.Text.Json.Nodes;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Venues;

/// <summary>Cases damaged at random: every one is answered with finite numbers or refused with a code, never anything else.</summary>
public sealed class VenueCaseFuzzTests
{
    private static readonly (string Model, string Case)[] Seeds =
    [
        ("derive", """{"id":"a","inputs":{"cash":10,"spot":100,"spot_confidence":1,"stable_price":0.97,"perps":-1,"perp_price":101,"perp_confidence":0.5,"unrealised_perp_pnl":3,"expiries":[{"expiry_seconds":2592000,"forward":101,"rate":0.05,"confidence":0.9},{"expiry_seconds":900,"forward":100,"rate":0}],"options":[{"expiry_seconds":2592000,"strike":110,"call":true,"amount":-1,"vol":0.6},{"expiry_seconds":900,"strike":90,"call":false,"amount":2,"vol":0.8}],"collaterals":[{"amount":1,"price":90,"confidence":0.5,"risk_cancelling":true,"mm_haircut":0.1,"im_haircut":0.1}],"params":{"vol_up":0.5,"skew":{"width":4}},"scenarios":[[1.18,"up",1],[1,"abs",1]]}}"""),
        ("derive", """{"version":"pm1","spot":100,"perps":-2,"expiries":[{"dte":20,"forward":100}],"options":[{"strike":110,"call":true,"amount":-1,"vol":0.6}]}"""),
        ("deribit", """{"settlement":"BTC (inverse)","index_price":60000,"timestamp":1718619740501,"positions":{"BTC-28JUN24-70000-C":-2,"BTC-PERPETUAL":1},"options":[{"strike":70000,"call":true,"iv":0.6,"dte":20,"qty":-3}],"ticker":{"BTC-28JUN24-70000-C":{"mark_iv":55,"underlying_price":60100}},"price_range":0.16,"pnl_offset":0.5,"mm_factor":0.8,"model_params":{"general":{"buckets_count":4},"currency":{"btc":{"extended_dampener":100000}}}}"""),
        ("deribit", """{"settlement":"USDC","currencies":{"BTC":{"index_price":60000,"positions":{"BTC-PERPETUAL":1}},"ETH":{"index_price":2500,"perp":2}}}"""),
        ("deribit", """{"iv":0.8,"dte":10,"range_up":0.4}"""),
        ("paradex", """{"spot":60000,"perp":0.1,"options":[{"K":60000,"iv":0.55,"dte":30,"call":true,"qty":-2}],"params":{"fee_rate":0.001},"scenarios":[[0.16,0.4,1]]}"""),
        ("span", """{"future_pnl":[0,0,1,1,-1,-1,2,2,-2,-2,3,3,-3,-3,2,-2],"positions":{"future":2}}"""),
        ("span", """{"spot":300,"futures":[{"qty":2,"dte":30}],"options":[{"strike":330,"call":true,"iv":0.5,"dte":30,"qty":-2}],"price_scan_range":0.1}"""),
        ("okx", """{"delta_usd":-9000,"mr1_moves":[-0.1,0.1],"mr6_move":0.2,"options":[{"strike":60000,"iv":0.6,"dte":10,"call":true,"qty":1,"forward":60000}]}"""),
        ("static", """{"spot":100,"options":[{"strike":120,"call":true,"qty":-2,"value":1}],"perp":1}"""),
        ("standard", """{"spot":100,"options":[{"strike":120,"call":false,"qty":-2,"iv":0.5,"dte":3}],"futures":[{"qty":1}]}"""),
    ];

    private static readonly string[] Damage =
    [
        "null", "true", "0", "-1", "1e308", "-1e308", "1e-320", "1e999", "0.5", "\"x\"", "\"1.5\"", "\"NaN\"", "[]", "{}", "[1]", "[[1,2,3]]", "[[1,\"up\",1]]", "{\"a\":1}", "1000000", "99999999999999999999",
    ];

    [Fact]
    public void Evaluate_DamagedCases_AnswersOrRefuses()
    {
        const int seed = 20261123;
        var random = new Random(seed);
        var answered = 0;
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var n = 0; n < FuzzBudget.Cases(20_000); n++)
        {
            var (model, json) = Seeds[n % Seeds.Length];
            var root = JsonNode.Parse(json)!;
            for (var k = random.Next(1, 4); k > 0; k--)
            {
                Spoil(root, random);
            }

            var text = root.ToJsonString();
            try
            {
                // writing it out refuses what is not finite
                VenueCaseFixture.Run(model, text).ToJsonString();
                answered++;
            }
            catch (PmsException e)
            {
                e.Code.ShouldNotBeNullOrEmpty();
            }
            catch (Exception e)
            {
                failures.TryAdd($"{e.GetType().Name} {e.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("Pms.", StringComparison.Ordinal))?.Trim()}", $"seed {seed}, case {n}, {model}: {text}");
            }
        }

        failures.ShouldBeEmpty();

        answered.ShouldBeGreaterThan(1_000);
        VenueCases.Models.ShouldBe(Seeds.Select(s => s.Model).Distinct(), ignoreOrder: true);
    }

    /// <summary>Replaces or removes one value anywhere.</summary>
    private static void Spoil(JsonNode root, Random random)
    {
        var places = new List<JsonNode>();
        Collect(root, places);
        if (places.Count == 0)
        {
            return;
        }

        var place = places[random.Next(places.Count)];
        var value = random.Next(8) == 0 ? null : Damage[random.Next(Damage.Length)];
        var parsed = value is null ? null : JsonNode.Parse(value);
        switch (place.Parent)
        {
            case JsonObject parent:
                var name = place.GetPropertyName();
                if (value is null)
                {
                    parent.Remove(name);
                }
                else
                {
                    parent[name] = parsed;
                }

                break;
            case JsonArray parent:
                parent[place.GetElementIndex()] = parsed;
                break;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> places)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (_, value) in o)
                {
                    if (value is not null)
                    {
                        places.Add(value);
                        Collect(value, places);
                    }
                }

                break;
            case JsonArray a:
                foreach (var value in a)
                {
                    if (value is not null)
                    {
                        places.Add(value);
                        Collect(value, places);
                    }
                }

                break;
        }
    }
}
