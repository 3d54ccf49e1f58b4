using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Primitives;
using Pms.Validation.Statistics;

namespace Pms.Cli.Commands;

/// <summary><c>pms backtest</c>: whether forecasts held.</summary>
internal static class BacktestCommand
{
    public static Command Create() => PmsCommand.Group("backtest", "Whether margins held (docs/model/validation.md).", BacktestRunCommand.Create(), Stats());

    private static Command Stats()
    {
        var input = PmsCommand.InputArgument("IN.json", "hits, or exceptions with observations, or losses with var and es (docs/cli.md)");
        return PmsCommand.Create(
            "stats",
            "Kupiec, Christoffersen, Basel, coverage, Acerbi-Szekely, Fissler-Ziegel with Diebold-Mariano and the e-backtest, as far as the input allows, each with its p-value.",
            """echo '{"exceptions":5,"observations":250,"p":0.01}' | pms backtest stats --json -""",
            (context, _) => Task.FromResult(Run(context, input)),
            input);
    }

    private static int Run(CommandContext context, Argument<string> input)
    {
        BacktestInput document;
        using (var stream = CommandContext.OpenInput(context.Require(input)))
        {
            document = JsonOutput.Read<BacktestInput>(stream);
        }

        var result = BacktestStatistics.Of(document.ToRecord());
        if (context.Json)
        {
            JsonOutput.Write(BacktestOutput.Of(result, JsonOutput.Names(document.Ignored)));
            return ExitCode.Ok;
        }

        var table = new TextTable("test", "statistic", "p-value");
        var k = result.Kupiec;
        table.Add("Kupiec", [$"{k.Exceptions} of {k.Observations} at {k.Rate}: {k.Lr:G6}", $"{k.PValue:G4}"]);
        if (result.Christoffersen is { } c)
        {
            table.Add("Christoffersen, independence", [$"{c.LrIndependence:G6}", $"{c.PIndependence:G4}"]);
            table.Add("Christoffersen, conditional", [$"{c.LrConditional:G6}", $"{c.PConditional:G4}"]);
        }

        table.Add("Basel", [result.Basel.Zone, $"{result.Basel.PValue:G4}"]);
        table.Add("coverage, 95 %", [$"{result.Coverage.Rate:P2} ({result.Coverage.Low:P2} to {result.Coverage.High:P2})", ""]);
        if (result.Overlapping is { } o)
        {
            table.Add($"coverage, {o.Lags} lags", [$"{o.Statistic:G6}", $"{o.PValue:G4}"]);
        }

        if (result.AcerbiSzekely is { } a)
        {
            table.Add("Acerbi-Szekely Z1", [$"{a.Z1:G6}", $"{a.PZ1:G4}"]);
            table.Add("Acerbi-Szekely Z2", [$"{a.Z2:G6}", $"{a.PZ2:G4}"]);
            table.Add("Fissler-Ziegel", [$"{result.FisslerZiegel:G6}", ""]);
            table.Add("e-backtest, largest wealth", [$"{result.EBacktest!.Largest:G6}", $"{result.EBacktest.PValue:G4}"]);
        }

        if (result.DieboldMariano is { } d)
        {
            table.Add("Diebold-Mariano", [$"{d.Statistic:G6}", $"{d.PValue:G4}"]);
        }

        table.Write();
        return ExitCode.Ok;
    }
}

/// <summary>What <c>pms backtest stats</c> reads.</summary>
internal sealed record BacktestInput
{
    [JsonPropertyName("p")]
    public double Rate { get; init; } = 0.01;

    public int? Observations { get; init; }

    /// <summary>Another name of observations.</summary>
    [JsonPropertyName("T")]
    public int? T { get; init; }

    public int? Exceptions { get; init; }

    /// <summary>0, 1, true or false.</summary>
    public JsonElement? Hits { get; init; }

    [JsonPropertyName("hit_indices_0based")]
    public int[]? HitIndices { get; init; }

    public double[]? Losses { get; init; }

    public JsonElement? Var { get; init; }

    public JsonElement? Es { get; init; }

    public JsonElement? OtherVar { get; init; }

    public JsonElement? OtherEs { get; init; }

    public int? Overlap { get; init; }

    public double? Bet { get; init; }

    public double? AlarmLevel { get; init; }

    /// <summary>What stands in the input beside these: named in the answer, so that a misspelt name is seen.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Ignored { get; init; }

    /// <exception cref="InvalidInputException"><c>backtest-value</c>, <c>backtest-count</c></exception>
    public BacktestRecord ToRecord()
    {
        if (Observations is not null && T is not null && Observations != T)
        {
            throw new InvalidInputException("backtest-count", $"observations is {Observations} and T is {T}: they are the same");
        }

        var observations = Observations ?? T;
        return new BacktestRecord
        {
            Rate = Rate,
            Observations = observations,
            Exceptions = Exceptions,
            Hits = [.. HitIndices is null ? List("hits", Hits, HitOf) : HitsAt(HitIndices, observations)],
            Losses = [.. Losses ?? []],
            Var = [.. List("var", Var, NumberOf)],
            Es = [.. List("es", Es, NumberOf)],
            OtherVar = [.. List("otherVar", OtherVar, NumberOf)],
            OtherEs = [.. List("otherEs", OtherEs, NumberOf)],
            Overlap = Overlap ?? 1,
            Bet = Bet,
            AlarmLevel = AlarmLevel ?? 0.05,
        };
    }

    private static bool[] HitsAt(int[] places, int? observations)
    {
        var hits = new bool[observations ?? throw new InvalidInputException("backtest-count", "hit_indices_0based without observations: where the record ends is not known")];
        foreach (var place in places)
        {
            if (place < 0 || place >= hits.Length || hits[place])
            {
                throw new InvalidInputException("backtest-value", $"hit_indices_0based has {place}: 0 to {hits.Length - 1}, each once, is required");
            }

            hits[place] = true;
        }

        return hits;
    }

    private static IEnumerable<T> List<T>(string name, JsonElement? value, Func<string, JsonElement, T> of) => value switch
    {
        null or { ValueKind: JsonValueKind.Null } => [],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select((e, t) => of($"{name}[{t}]", e)),
        { } one => [of(name, one)],
    };

    private static double NumberOf(string name, JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw new InvalidInputException("backtest-value", $"{name} is {PrintableText.Of(value.GetRawText())}: a number is required");

    private static bool HitOf(string name, JsonElement value) => value switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } when value.TryGetInt32(out var n) && n is 0 or 1 => n == 1,
        _ => throw new InvalidInputException("backtest-value", $"{name} is {PrintableText.Of(value.GetRawText())}: 0, 1, true or false is required"),
    };
}

/// <summary>What it prints: names of statistics as the literature has them.</summary>
internal sealed record BacktestOutput(
    KupiecBody Kupiec,
    ChristoffersenBody? Christoffersen,
    [property: JsonPropertyName("basel_traffic_light")] BaselBody Basel,
    CoverageBody Coverage,
    [property: JsonPropertyName("coverage_overlapping")] OverlapBody? Overlapping,
    [property: JsonPropertyName("acerbi_szekely")] AcerbiSzekelyBody? AcerbiSzekely,
    [property: JsonPropertyName("fissler_ziegel")] FisslerZiegelBody? FisslerZiegel,
    [property: JsonPropertyName("diebold_mariano")] DieboldMarianoBody? DieboldMariano,
    [property: JsonPropertyName("e_backtest")] EBacktestBody? EBacktest,
    IReadOnlyList<string>? Ignored)
{
    private const double Rejects = 0.05;

    public static BacktestOutput Of(BacktestResult r, IReadOnlyList<string>? ignored) => new(
        new KupiecBody(r.Kupiec.Observations, r.Kupiec.Exceptions, r.Kupiec.Rate, r.Kupiec.Lr, r.Kupiec.PValue, r.Kupiec.PValue < Rejects),
        r.Christoffersen is { } c ? new ChristoffersenBody(c.N00, c.N01, c.N10, c.N11, c.LrIndependence, r.Kupiec.Lr, c.LrConditional, c.PIndependence, c.PConditional, c.PIndependence < Rejects, c.PConditional < Rejects) : null,
        new BaselBody(r.Kupiec.Exceptions, r.Basel.Probability, r.Basel.Zone, r.Basel.PlusFactor, r.Basel.PValue),
        new CoverageBody(r.Coverage.Rate, [r.Coverage.Low, r.Coverage.High], [r.Coverage.AcceptLow, r.Coverage.AcceptHigh]),
        r.Overlapping is { } o ? new OverlapBody(o.Rate, o.StandardError, o.Statistic, o.PValue, o.Lags) : null,
        r.AcerbiSzekely is { } a ? new AcerbiSzekelyBody(a.Z1, a.PZ1, a.Z2, a.PZ2, a.Breaches, a.LossOverEs) : null,
        r.FisslerZiegel is { } f ? new FisslerZiegelBody(f, r.OtherFisslerZiegel) : null,
        r.DieboldMariano is { } d ? new DieboldMarianoBody(d.MeanDifference, d.Statistic, d.PValue, d.Lags) : null,
        r.EBacktest is { } e ? new EBacktestBody([.. e.Wealth.Select(Finite)], Finite(e.Final), Finite(e.Largest), e.PValue, e.AlarmAt, e.Level) : null,
        ignored);

    /// <summary>JSON has no infinity: what was ruled out altogether has happened.</summary>
    private static double Finite(double wealth) => double.IsPositiveInfinity(wealth) ? double.MaxValue : wealth;
}

internal sealed record KupiecBody([property: JsonPropertyName("T")] int T, int Exceptions, [property: JsonPropertyName("p")] double P, [property: JsonPropertyName("LR_pof")] double Lr, [property: JsonPropertyName("p_value")] double PValue, [property: JsonPropertyName("reject_5pct")] bool Rejects);

internal sealed record ChristoffersenBody(
    [property: JsonPropertyName("n00")] int N00,
    [property: JsonPropertyName("n01")] int N01,
    [property: JsonPropertyName("n10")] int N10,
    [property: JsonPropertyName("n11")] int N11,
    [property: JsonPropertyName("LR_ind")] double LrIndependence,
    [property: JsonPropertyName("LR_pof")] double LrCoverage,
    [property: JsonPropertyName("LR_cc")] double LrConditional,
    [property: JsonPropertyName("p_value_ind")] double PIndependence,
    [property: JsonPropertyName("p_value_cc")] double PConditional,
    [property: JsonPropertyName("reject_ind_5pct")] bool RejectsIndependence,
    [property: JsonPropertyName("reject_cc_5pct")] bool RejectsConditional);

internal sealed record BaselBody(
    int Exceptions, [property: JsonPropertyName("cumulative_probability")] double Probability, string Zone, [property: JsonPropertyName("plus_factor")] double PlusFactor, [property: JsonPropertyName("p_value")] double PValue);

internal sealed record CoverageBody(double Rate, [property: JsonPropertyName("interval_95")] double[] Interval, [property: JsonPropertyName("accepted_exceptions_5pct")] int[] Accepted);

internal sealed record OverlapBody(double Rate, [property: JsonPropertyName("standard_error")] double StandardError, double Statistic, [property: JsonPropertyName("p_value")] double PValue, int Lags);

internal sealed record AcerbiSzekelyBody(
    [property: JsonPropertyName("Z1")] double? Z1,
    [property: JsonPropertyName("p_value_Z1")] double? PZ1,
    [property: JsonPropertyName("Z2")] double Z2,
    [property: JsonPropertyName("p_value_Z2")] double PZ2,
    int Breaches,
    [property: JsonPropertyName("losses_above_es")] int LossOverEs);

internal sealed record FisslerZiegelBody([property: JsonPropertyName("mean_score")] double Mean, [property: JsonPropertyName("other_mean_score")] double? Other);

internal sealed record DieboldMarianoBody([property: JsonPropertyName("mean_difference")] double MeanDifference, double Statistic, [property: JsonPropertyName("p_value")] double PValue, int Lags);

internal sealed record EBacktestBody(double[] Wealth, double Final, double Largest, [property: JsonPropertyName("p_value")] double PValue, [property: JsonPropertyName("alarm_at")] int? AlarmAt, double Level);
