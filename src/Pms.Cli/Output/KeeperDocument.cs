using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pms.Keeper.Contests;
using Pms.Keeper.Decisions;
using Pms.Keeper.Running;
using Pms.Keeper.Storage;

namespace Pms.Cli.Output;

/// <summary>A keeper's looks and contests as JSON (docs/cli.md).</summary>
internal static class KeeperDocument
{
    public static JsonObject Of(KeeperReport report)
    {
        var s = report.Snapshot;
        var document = new JsonObject
        {
            ["dryRun"] = report.DryRun,
            ["block"] = s.Block,
            ["timestamp"] = s.NowSeconds,
            ["blockAgeSeconds"] = s.BlockAgeSeconds,
        };
        if (s.BatchSequence is { } sequence)
        {
            document["batchSequence"] = sequence;
            document["batchAgeSeconds"] = (long)s.NowSeconds - (long)s.BatchObservedAt;
        }

        document["cashWad"] = $"{s.CashWad}";
        document["gas"] = new JsonObject { ["medianWei"] = $"{s.Gas.MedianWei}", ["highWei"] = $"{s.Gas.HighWei}", ["tipWei"] = $"{s.Gas.TipWei}", ["etherUsd"] = s.Gas.EtherUsd };
        document["gasSpentTodayUsd"] = s.GasSpentTodayUsd;
        document["accounts"] = s.Accounts.Length;
        document["actions"] = new JsonArray([.. report.Actions.Select(a => (JsonNode)Of(a))]);
        document["transactions"] = new JsonArray([.. report.Transactions.Select(t => (JsonNode)Of(t))]);
        document["fees"] = Of(report.Fees);
        return document;
    }

    /// <summary>What a store holds.</summary>
    public static JsonObject Of(ImmutableArray<KeeperTransaction> newest, ImmutableArray<KindFees> fees) => new()
    {
        ["transactions"] = new JsonArray([.. newest.Select(t => (JsonNode)Of(t))]),
        ["fees"] = Of(fees),
    };

    public static JsonObject Of(ContestResult result, ContestSetup setup)
    {
        var document = new JsonObject
        {
            ["seed"] = setup.Seed,
            ["blocks"] = result.Blocks,
            ["baseFeeGwei"] = setup.BaseFeeGwei,
            ["etherUsd"] = setup.EtherUsd,
            ["removedShare"] = result.RemovedShare,
            ["meanRate"] = result.MeanRate,
        };
        if (result.MedianRestoredAt is { } median)
        {
            document["medianRestoredAtSeconds"] = median;
        }

        document["keepers"] = new JsonArray([.. result.Keepers.Select(k => (JsonNode)new JsonObject
        {
            ["name"] = k.Name, ["starts"] = k.Starts, ["bids"] = k.Bids, ["divisions"] = k.Divisions, ["lost"] = k.Lost, ["cashInBidsUsd"] = k.CashInBids, ["gainBeforeGasUsd"] = k.GainBeforeGas, ["gasUsd"] = k.Gas, ["netUsd"] = k.Net,
            ["skips"] = new JsonObject(k.Skips.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
        })]);
        document["accounts"] = new JsonArray([.. result.Accounts.Select(a => (JsonNode)Of(a))]);
        return document;
    }

    private static JsonObject Of(AccountResult a)
    {
        var account = new JsonObject { ["account"] = a.Account, ["outcome"] = a.Outcome, ["shortfallUsd"] = a.Shortfall, ["removedUsd"] = a.Removed, ["bonusUsd"] = a.Bonus, ["feeUsd"] = a.Fee, ["bids"] = a.Bids };
        if (a.StartedAt is { } started)
        {
            account["startedAtSeconds"] = started;
        }

        if (a.RestoredAt is { } restored)
        {
            account["restoredAtSeconds"] = restored;
        }

        return account;
    }

    private static JsonObject Of(ActionReport report)
    {
        var a = report.Action;
        var action = new JsonObject { ["kind"] = Name(a.Kind), ["account"] = a.Account, ["outcome"] = report.Outcome, ["netUsd"] = a.NetUsd, ["gasUsd"] = a.GasUsd, ["gasUnits"] = a.GasUnits, ["why"] = a.Why };
        if (a.Kind == ActionKind.Divide)
        {
            action["claim"] = a.Claim;
        }

        if (!a.CashWad.IsZero)
        {
            action["cashWad"] = $"{a.CashWad}";
        }

        if (a.IsChosen)
        {
            action["maxFeeWei"] = $"{a.Offer.MaxFeeWei}";
            action["tipWei"] = $"{a.Offer.TipWei}";
        }

        if (a.Skip is { } skip)
        {
            action["skip"] = new JsonObject { ["code"] = skip.Code, ["message"] = skip.Message };
        }

        if (report.Transaction is { } hash)
        {
            action["transaction"] = hash;
        }

        return action;
    }

    private static JsonObject Of(TransactionReport t)
    {
        var transaction = new JsonObject { ["kind"] = Name(t.Kind), ["account"] = t.Account, ["nonce"] = t.Nonce, ["outcome"] = t.Outcome, ["transaction"] = t.Transaction, ["why"] = t.Why };
        Add(transaction, t.Fee);
        return transaction;
    }

    private static JsonObject Of(KeeperTransaction t)
    {
        var transaction = new JsonObject { ["kind"] = Name(t.Kind), ["account"] = t.Account, ["nonce"] = t.Nonce, ["progress"] = t.Progress.ToString().ToLowerInvariant(), ["transaction"] = t.Versions[^1].Hash, ["versions"] = t.Versions.Length, ["expectedNetUsd"] = t.ExpectedNetUsd };
        if (t.Kind == ActionKind.Divide)
        {
            transaction["claim"] = t.Claim;
        }

        if (!t.CashWad.IsZero)
        {
            transaction["cashWad"] = $"{t.CashWad}";
        }

        Add(transaction, t.Fee);
        return transaction;
    }

    private static void Add(JsonObject transaction, GasFee? fee)
    {
        if (fee is not null)
        {
            transaction["gasUsed"] = fee.GasUsed;
            transaction["gasPriceWei"] = $"{fee.PriceWei}";
            transaction["gasUsd"] = fee.Usd;
        }
    }

    private static JsonArray Of(ImmutableArray<KindFees> fees) =>
        [.. fees.Select(f => (JsonNode)new JsonObject { ["kind"] = Name(f.Kind), ["transactions"] = f.Transactions, ["gasUsed"] = f.GasUsed, ["wei"] = $"{f.Wei}", ["usd"] = f.Usd })];

    private static string Name(ActionKind kind) => char.ToLowerInvariant($"{kind}"[0]) + $"{kind}"[1..];
}
