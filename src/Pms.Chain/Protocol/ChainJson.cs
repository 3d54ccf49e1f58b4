using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>Messages as the contracts' arguments: structs by field name, integers as decimal texts, bytes as 0x texts.</summary>
internal static class ChainJson
{
    public static JsonObject Of(BatchHeader h) => new()
    {
        ["setId"] = Text(h.SetId.Value), ["schema"] = h.Schema, ["sequence"] = Text(h.Sequence.Value), ["observedAt"] = Text(h.ObservedAt.Value), ["validUntil"] = Text(h.ValidUntil.Value),
        ["bookBlock"] = Text(h.BookBlock.Value), ["snapshotHash"] = Of(h.SnapshotHash), ["parameterHash"] = Of(h.ParameterHash), ["scenarioSetHash"] = Of(h.ScenarioSetHash),
        ["arrayRoot"] = Of(h.ArrayRoot), ["stressRoot"] = Of(h.StressRoot), ["stressSharesHash"] = Of(h.StressSharesHash), ["pricesHash"] = Of(h.PricesHash), ["accountsRoot"] = Of(h.AccountsRoot),
        ["accountCount"] = h.AccountCount, ["rowCount"] = h.RowCount,
        ["totalMaintenanceWad"] = $"{h.TotalMaintenance}", ["totalEquityWad"] = $"{h.TotalEquity}", ["totalShortfallWad"] = $"{h.TotalShortfall}",
    };

    public static JsonObject Of(MarginLeaf l) => new()
    {
        ["account"] = Text(l.Account.Value), ["sequence"] = Text(l.Sequence.Value), ["positionsHash"] = Of(l.Positions.Value), ["initialWad"] = $"{l.Initial}", ["maintenanceWad"] = $"{l.Maintenance}",
        ["markValueWad"] = $"{l.MarkValue}", ["decayWadPerSecond"] = $"{l.Decay}",
    };

    public static JsonObject Of(Clearance c) => new()
    {
        ["setId"] = Text(c.SetId.Value), ["batchSequence"] = Text(c.BatchSequence.Value), ["observedAt"] = Text(c.ObservedAt.Value), ["validUntil"] = Text(c.ValidUntil.Value), ["actionHash"] = Of(c.ActionHash),
        ["parameterHash"] = Of(c.ParameterHash),
        ["accounts"] = new JsonArray([.. c.Accounts.Select(a => (JsonNode)new JsonObject
        {
            ["account"] = Text(a.Account.Value), ["sequence"] = Text(a.Sequence.Value), ["positionsHashBefore"] = Of(a.Before.Value), ["positionsHashAfter"] = Of(a.After.Value), ["initialWad"] = $"{a.Initial}",
            ["maintenanceWad"] = $"{a.Maintenance}", ["markValueWad"] = $"{a.MarkValue}", ["reducesRisk"] = a.ReducesRisk,
        })]),
    };

    public static JsonObject Of(Order o) => new()
    {
        ["account"] = Text(o.Account.Value), ["instrument"] = Of(o.Instrument.Value), ["quantityWad"] = $"{o.Quantity}", ["limitPriceWad"] = $"{o.LimitPrice}", ["expiry"] = Text(o.Expiry.Value), ["nonce"] = Text(o.Nonce),
        ["matcher"] = o.Matcher.ToString(),
    };

    public static JsonObject Of(Match m, string buySignature, string sellSignature) => new()
    {
        ["buy"] = Of(m.Buy), ["buySignature"] = buySignature, ["sell"] = Of(m.Sell), ["sellSignature"] = sellSignature, ["quantityWad"] = $"{m.Quantity}", ["priceWad"] = $"{m.Price}",
    };

    public static JsonObject Of(InstrumentTerms t) => new()
    {
        ["kind"] = (int)t.Kind, ["priceId"] = t.PriceId.Value, ["expiry"] = Text(t.Expiry.Value), ["strikeWad"] = $"{t.Strike}",
    };

    public static JsonObject Of(QuorumProof p) => new()
    {
        ["members"] = new JsonArray([.. p.Members.Select(m => (JsonNode)m.ToString())]), ["signers"] = p.Signers, ["signatures"] = $"0x{Convert.ToHexStringLower(p.Signatures.AsSpan())}",
    };

    /// <summary>A leaf with its place and path.</summary>
    public static JsonObject LeafProof(Batch batch, int place) => new()
    {
        ["header"] = Of(batch.Header), ["leaf"] = Of(batch.Leaves[place]), ["index"] = place, ["path"] = Path(batch.Accounts.Prove(place)),
    };

    public static JsonArray Path(ImmutableArray<KeccakHash> path) => new([.. path.Select(p => (JsonNode)Of(p))]);

    public static string Of(KeccakHash hash) => hash.ToString();

    public static string Of(ContentHash hash) => $"0x{hash}";

    private static string Text(ulong value) => Nodes.EthereumNode.Text(value);
}
