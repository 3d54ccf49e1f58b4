using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Margin.Parameters;
using Pms.Primitives;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>Other parameters on all accounts: one such run at a time, on one thread, so that the loop of epochs has the others.</summary>
internal sealed class ParameterRunEndpoint(RiskLoop loop) : IDisposable
{
    /// <summary>Random scenarios at most, where those in force are fewer.</summary>
    private const int MostScenarios = 20_000;

    /// <summary>Accounts times random scenarios at most: some seconds of one core.</summary>
    private const long MostWork = 200_000_000;

    private readonly SemaphoreSlim _one = new(1, 1);

    public void Map(RouteGroupBuilder api) =>
        api.MapPost("/params/run", RunAsync).WithSummary("All accounts under other risk parameters: sums before and after, and the accounts that would be called").TakesBody<ParameterRunRequest>().Answers<ParameterRun>();

    public void Dispose() => _one.Dispose();

    /// <summary>Margins of the newest epoch's book under parameters that differ from those in force.</summary>
    /// <param name="changes">sections and keys of the parameter document</param>
    /// <param name="epoch">number that the caller saw; null: whichever is the newest</param>
    internal ApiAnswer Run(JsonElement changes, long? epoch)
    {
        var newest = Answers.Epoch(loop, epoch);
        var inForce = JsonNode.Parse(RiskParameterFile.Write(newest.Parameters))!.AsObject();
        var parameters = Changed(inForce, changes);
        Bound(newest.Accounts.Length, parameters.Scenarios.MonteCarloCount, newest.Parameters.Scenarios.MonteCarloCount);
        if (!_one.Wait(0))
        {
            throw new InvalidInputException("parameters-run-busy", "another run on all accounts is at work: one at a time is computed");
        }

        try
        {
            var after = RiskEpoch.Compute(newest.Number, newest.Snapshot, newest.Book, parameters, newest.Margin.Inputs.Seed, threads: 1, previous: null, loop.Time);
            var tried = JsonNode.Parse(RiskParameterFile.Write(parameters))!.AsObject();
            return ApiAnswer.Json(ParameterRun.Of(newest, after, [.. Differences("", inForce, tried)]), newest);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <exception cref="InvalidInputException"><c>parameters-run-size</c></exception>
    internal static void Bound(int accounts, int scenarios, int scenariosInForce)
    {
        var most = Math.Max(MostScenarios, scenariosInForce);
        if (scenarios > most || (long)accounts * scenarios > MostWork)
        {
            throw new InvalidInputException("parameters-run-size", $"{accounts} accounts in {scenarios} random scenarios: on a running server {most} scenarios are the most, and {MostWork} of accounts times scenarios");
        }
    }

    private async Task<ApiAnswer> RunAsync(HttpRequest request, long? epoch = null)
    {
        using var body = await AskEndpoints.BodyAsync(request).ConfigureAwait(false);
        return body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.EnumerateObject().Count() == 1 && body.RootElement.TryGetProperty("changes", out var changes)
            ? Run(changes, epoch)
            : throw new InvalidInputException("json-shape", "the body is an object with changes alone");
    }

    /// <summary>The document in force with the changes laid over it, read as any parameter document is.</summary>
    private static RiskParameters Changed(JsonObject inForce, JsonElement changes)
    {
        if (changes.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"changes is a JSON {changes.ValueKind}: an object of sections of the parameter document is expected");
        }

        var document = inForce.DeepClone().AsObject();
        Lay(document, changes);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(document.ToJsonString()));
        return RiskParameterFile.Read(stream);
    }

    private static void Lay(JsonObject over, JsonElement changes)
    {
        foreach (var change in changes.EnumerateObject())
        {
            if (change.Value.ValueKind == JsonValueKind.Object && over[change.Name] is JsonObject section)
            {
                Lay(section, change.Value);
            }
            else
            {
                over[change.Name] = JsonNode.Parse(change.Value.GetRawText());
            }
        }
    }

    private static IEnumerable<ChangedParameter> Differences(string at, JsonNode? before, JsonNode? after)
    {
        if (before is JsonObject was && after is JsonObject now)
        {
            return was.Concat(now).Select(p => p.Key).Distinct(StringComparer.Ordinal).SelectMany(k => Differences(at.Length == 0 ? k : $"{at}.{k}", was[k], now[k]));
        }

        return JsonNode.DeepEquals(before, after) ? [] : [new ChangedParameter(at, before?.ToJsonString(), after?.ToJsonString())];
    }
}
