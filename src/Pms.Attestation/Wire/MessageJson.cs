using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>Messages as JSON, the same for call data, files and HTTP: fields as the contracts name them, integers as decimal texts, bytes as 0x texts (docs/protocol.md, section 11).</summary>
public static class MessageJson
{
    public static JsonObject Of(BatchHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return new JsonObject
        {
            ["setId"] = $"{header.SetId}",
            ["schema"] = $"{header.Schema}",
            ["sequence"] = $"{header.Sequence}",
            ["observedAt"] = $"{header.ObservedAt}",
            ["validUntil"] = $"{header.ValidUntil}",
            ["bookBlock"] = $"{header.BookBlock}",
            ["snapshotHash"] = Of(header.SnapshotHash),
            ["parameterHash"] = Of(header.ParameterHash),
            ["scenarioSetHash"] = Of(header.ScenarioSetHash),
            ["arrayRoot"] = Of(header.ArrayRoot),
            ["stressRoot"] = $"{header.StressRoot}",
            ["stressSharesHash"] = $"{header.StressSharesHash}",
            ["pricesHash"] = $"{header.PricesHash}",
            ["accountsRoot"] = $"{header.AccountsRoot}",
            ["accountCount"] = $"{header.AccountCount}",
            ["rowCount"] = $"{header.RowCount}",
            ["totalMaintenanceWad"] = $"{header.TotalMaintenance}",
            ["totalEquityWad"] = $"{header.TotalEquity}",
            ["totalShortfallWad"] = $"{header.TotalShortfall}",
        };
    }

    public static JsonObject Of(MarginLeaf leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        return new JsonObject
        {
            ["account"] = $"{leaf.Account}",
            ["sequence"] = $"{leaf.Sequence}",
            ["positionsHash"] = $"{leaf.Positions.Value}",
            ["initialWad"] = $"{leaf.Initial}",
            ["maintenanceWad"] = $"{leaf.Maintenance}",
            ["markValueWad"] = $"{leaf.MarkValue}",
            ["decayWadPerSecond"] = $"{leaf.Decay}",
        };
    }

    public static JsonObject Of(ProofAnchor anchor)
    {
        ArgumentNullException.ThrowIfNull(anchor);
        return new JsonObject
        {
            ["setId"] = $"{anchor.SetId}",
            ["batchSequence"] = $"{anchor.BatchSequence}",
            ["batchHash"] = $"{anchor.BatchHash}",
            ["circuitId"] = $"{anchor.CircuitId}",
            ["arrayRoot"] = $"{anchor.ArrayRoot}",
            ["accountsRoot"] = $"{anchor.AccountsRoot}",
            ["evaluations"] = $"{anchor.Evaluations}",
            ["accountCount"] = $"{anchor.AccountCount}",
            ["validUntil"] = $"{anchor.ValidUntil}",
        };
    }

    public static JsonObject Of(StressRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new JsonObject { ["instrument"] = $"{row.Instrument}", ["markWad"] = $"{row.Mark}", ["tickExponent"] = $"{row.TickExponent}", ["entriesHash"] = $"{row.EntriesHash}" };
    }

    public static JsonObject Of(Clearance clearance)
    {
        ArgumentNullException.ThrowIfNull(clearance);
        return new JsonObject
        {
            ["setId"] = $"{clearance.SetId}",
            ["batchSequence"] = $"{clearance.BatchSequence}",
            ["observedAt"] = $"{clearance.ObservedAt}",
            ["validUntil"] = $"{clearance.ValidUntil}",
            ["actionHash"] = $"{clearance.ActionHash}",
            ["parameterHash"] = Of(clearance.ParameterHash),
            ["accounts"] = List(clearance.Accounts, Of),
        };
    }

    public static JsonObject Of(AccountClearance account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return new JsonObject
        {
            ["account"] = $"{account.Account}",
            ["sequence"] = $"{account.Sequence}",
            ["positionsHashBefore"] = $"{account.Before.Value}",
            ["positionsHashAfter"] = $"{account.After.Value}",
            ["initialWad"] = $"{account.Initial}",
            ["maintenanceWad"] = $"{account.Maintenance}",
            ["markValueWad"] = $"{account.MarkValue}",
            ["reducesRisk"] = account.ReducesRisk,
        };
    }

    public static JsonObject Of(Order order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return new JsonObject
        {
            ["account"] = $"{order.Account}",
            ["instrument"] = $"{order.Instrument}",
            ["quantityWad"] = $"{order.Quantity}",
            ["limitPriceWad"] = $"{order.LimitPrice}",
            ["expiry"] = $"{order.Expiry}",
            ["nonce"] = $"{order.Nonce}",
            ["matcher"] = $"{order.Matcher}",
        };
    }

    public static JsonObject Of(Match match)
    {
        ArgumentNullException.ThrowIfNull(match);
        return new JsonObject { ["buy"] = Of(match.Buy), ["sell"] = Of(match.Sell), ["quantityWad"] = $"{match.Quantity}", ["priceWad"] = $"{match.Price}" };
    }

    public static JsonObject Of(CoinWithdrawal withdrawal)
    {
        ArgumentNullException.ThrowIfNull(withdrawal);
        return new JsonObject { ["account"] = $"{withdrawal.Account}", ["coin"] = $"{withdrawal.Coin}", ["amount"] = $"{withdrawal.Amount}", ["to"] = $"{withdrawal.To}" };
    }

    public static JsonObject Of(LiquidationSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        return new JsonObject { ["from"] = $"{slice.From}", ["to"] = $"{slice.To}", ["legs"] = List(slice.Legs, Of) };
    }

    public static JsonObject Of(Deleveraging action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return new JsonObject
        {
            ["from"] = $"{action.From}",
            ["to"] = $"{action.To}",
            ["legs"] = List(action.Legs, Of),
            ["valueWad"] = $"{action.Value}",
            ["movedWad"] = $"{action.Moved}",
            ["allWad"] = $"{action.All}",
        };
    }

    public static JsonObject Of(SliceLeg leg)
    {
        ArgumentNullException.ThrowIfNull(leg);
        return new JsonObject { ["instrument"] = $"{leg.Instrument}", ["quantityWad"] = $"{leg.Quantity}" };
    }

    public static JsonObject Of(QuorumProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return new JsonObject { ["members"] = List(proof.Members, m => $"{m}"), ["signers"] = $"{proof.Signers}", ["signatures"] = $"0x{Convert.ToHexStringLower(proof.Signatures.AsSpan())}" };
    }

    public static string Of(ContentHash hash) => $"0x{hash}";

    public static JsonArray Path(ImmutableArray<KeccakHash> path) => List(path, p => $"{p}");

    public static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode> of) => new([.. items.Select(of)]);
}
