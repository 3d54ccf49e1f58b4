using Pms.Primitives;

namespace Pms.Scenarios;

/// <summary>Canonical bytes of a scenario set (docs/model/encoding.md).</summary>
internal static class ScenarioSetEncoding
{
    public static ContentHash Hash(ScenarioSet set)
    {
        var writer = new CanonicalWriter(ScenarioSet.Schema);
        writer.Write(set.HorizonYears);
        writer.Write((long)set.Seed);
        writer.Write(set.ParametersHash.ToString());
        writer.Write(set.Factors.Coins.Length);
        foreach (var coin in set.Factors.Coins)
        {
            writer.Write(coin.Code);
        }

        writer.Write(set.Factors.Pegs.Length);
        foreach (var peg in set.Factors.Pegs)
        {
            writer.Write(peg.Asset.Code);
            writer.Write(peg.Anchor.Code);
        }

        writer.Write(set.Segments.Length);
        foreach (var segment in set.Segments)
        {
            writer.Write((int)segment.Family);
            writer.Write(segment.Generator);
            writer.Write(segment.Count);
            writer.Write(segment.Labels.Length);
            foreach (var label in segment.Labels)
            {
                writer.Write(label);
            }
        }

        foreach (var weight in set.Weights)
        {
            writer.Write(weight);
        }

        foreach (var replicate in set.Replicates)
        {
            writer.Write((int)replicate);
        }

        foreach (var share in set.LossShares)
        {
            writer.Write(share);
        }

        for (var c = 0; c < set.Factors.ColumnCount; c++)
        {
            foreach (var move in set.Column(c))
            {
                writer.Write(move);
            }
        }

        return writer.Hash();
    }
}
