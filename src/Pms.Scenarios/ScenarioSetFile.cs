using System.Collections.Immutable;
using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Scenarios;

/// <summary>A scenario set as a JSON document that gives the same set, to the last bit, when read again.</summary>
/// <remarks>
/// <c>{"schema","hash","horizonDays","horizonYears","seed","parametersHash","coins","pegs":[{"asset","anchor"}],"segments":[{"family","generator","count","labels"}],
/// "weights","replicates","lossShares","columns":[{"factor","values"}]}</c>; numbers are shortest round-trip decimals. Reading recomputes the hash.
/// </remarks>
public static class ScenarioSetFile
{
    public static void Write(Stream output, ScenarioSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = ScenarioJson.Options.Encoder });
        json.WriteStartObject();
        json.WriteString("schema", ScenarioSet.Schema);
        json.WriteString("hash", set.Hash.ToString());
        json.WriteNumber("horizonDays", 365 * set.HorizonYears);
        json.WriteNumber("horizonYears", set.HorizonYears);
        json.WriteNumber("seed", set.Seed);
        json.WriteString("parametersHash", set.ParametersHash.ToString());
        json.WriteStartArray("coins");
        foreach (var coin in set.Factors.Coins)
        {
            json.WriteStringValue(coin.Code);
        }

        json.WriteEndArray();
        json.WriteStartArray("pegs");
        foreach (var peg in set.Factors.Pegs)
        {
            json.WriteStartObject();
            json.WriteString("asset", peg.Asset.Code);
            json.WriteString("anchor", peg.Anchor.Code);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("segments");
        foreach (var segment in set.Segments)
        {
            json.WriteStartObject();
            json.WriteString("family", FamilyName(segment.Family));
            json.WriteString("generator", segment.Generator);
            json.WriteNumber("count", segment.Count);
            json.WriteStartArray("labels");
            foreach (var label in segment.Labels)
            {
                json.WriteStringValue(label);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("weights");
        foreach (var weight in set.Weights)
        {
            json.WriteNumberValue(weight);
        }

        json.WriteEndArray();
        json.WriteStartArray("replicates");
        foreach (var replicate in set.Replicates)
        {
            json.WriteNumberValue(replicate);
        }

        json.WriteEndArray();
        WriteNumbers(json, "lossShares", set.LossShares);
        json.WriteStartArray("columns");
        for (var c = 0; c < set.Factors.ColumnCount; c++)
        {
            json.WriteStartObject();
            json.WriteString("factor", set.Factors.ColumnName(c));
            WriteNumbers(json, "values", set.Column(c));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <exception cref="InvalidInputException"><c>json-shape</c>; <c>scenario-set</c>: parts that do not fit together; <c>scenario-set-hash</c>: the content is not what its hash says</exception>
    public static ScenarioSet Read(Stream input)
    {
        var d = ScenarioJson.Read<Document>(input);
        if (d.Schema != ScenarioSet.Schema)
        {
            throw new InvalidInputException("scenario-set", $"schema '{PrintableText.Of(d.Schema)}' is not {ScenarioSet.Schema}");
        }

        var factors = new RiskFactors(d.Coins, d.Pegs);
        var count = d.Segments.Sum(s => (long)s.Count);
        if (count != (long)d.Weights.Length + d.LossShares.Length || d.Columns.Length != factors.ColumnCount || d.Segments.Any(s => s.Count < 0) || d.Columns.Any(c => c.Values.Length != count))
        {
            throw new InvalidInputException("scenario-set", $"{d.Segments.Length} segments of {count} scenarios do not fit {d.Weights.Length} weights, {d.LossShares.Length} loss shares and {d.Columns.Length} columns");
        }

        var columns = new ScenarioColumns(factors, (int)count);
        for (var c = 0; c < d.Columns.Length; c++)
        {
            if (d.Columns[c].Factor != factors.ColumnName(c))
            {
                throw new InvalidInputException("scenario-set", $"column {c} is '{PrintableText.Of(d.Columns[c].Factor)}': {factors.ColumnName(c)} is expected");
            }

            d.Columns[c].Values.CopyTo(columns.Column(c));
        }

        var set = ScenarioSet.OfParts(
            factors,
            d.HorizonYears,
            d.Seed,
            ContentHash.Parse(d.ParametersHash),
            [.. d.Segments.Select(s => (FamilyOf(s.Family), s.Generator, s.Count, s.Labels))],
            columns,
            d.Weights,
            d.Replicates,
            d.LossShares);
        return set.Hash.ToString() == d.Hash
            ? set
            : throw new InvalidInputException("scenario-set-hash", $"the content has the hash {set.Hash}, the document says {PrintableText.Of(d.Hash)}");
    }

    public static string FamilyName(ScenarioFamily family) => family switch
    {
        ScenarioFamily.MonteCarlo => "monte-carlo",
        ScenarioFamily.Historical => "historical",
        _ => "stress",
    };

    private static ScenarioFamily FamilyOf(string name) => name switch
    {
        "monte-carlo" => ScenarioFamily.MonteCarlo,
        "historical" => ScenarioFamily.Historical,
        "stress" => ScenarioFamily.Stress,
        _ => throw new InvalidInputException("scenario-set", $"family '{PrintableText.Of(name)}' is none of monte-carlo, historical, stress"),
    };

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private sealed record Document(
        string Schema,
        string Hash,
        double HorizonDays,
        double HorizonYears,
        ulong Seed,
        string ParametersHash,
        ImmutableArray<Asset> Coins,
        ImmutableArray<PeggedAsset> Pegs,
        ImmutableArray<Segment> Segments,
        int[] Weights,
        ushort[] Replicates,
        double[] LossShares,
        Column[] Columns);

    private sealed record Segment(string Family, string Generator, int Count, ImmutableArray<string> Labels);

    private sealed record Column(string Factor, double[] Values);
}
