using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Keeper.Batches;
using Pms.Keeper.Chains;
using Pms.Keeper.Decisions;
using Pms.Keeper.Storage;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Keeper.Running;

/// <summary>What became of an action in a tick.</summary>
/// <param name="Action">with its decision</param>
/// <param name="Outcome">skipped, wouldSend, sent, refused</param>
/// <param name="Transaction">hash of what was sent</param>
public sealed record ActionReport(KeeperAction Action, string Outcome, string? Transaction);

/// <summary>What became of a transaction that was on its way.</summary>
/// <param name="Kind">action</param>
/// <param name="Account">acted on</param>
/// <param name="Nonce">of it</param>
/// <param name="Outcome">done, reverted, gone, included, reorganised, resent, replaced, cancelled, left</param>
/// <param name="Transaction">hash of the version that counts</param>
/// <param name="Fee">of gas, once it is final; null: none yet</param>
/// <param name="Why">one sentence</param>
public sealed record TransactionReport(ActionKind Kind, ulong Account, ulong Nonce, string Outcome, string Transaction, GasFee? Fee, string Why);

/// <summary>One look.</summary>
/// <param name="Snapshot">what was known</param>
/// <param name="DryRun">nothing was sent</param>
/// <param name="Actions">with what became of them</param>
/// <param name="Transactions">that were on their way before</param>
/// <param name="Fees">of all final transactions so far, by kind</param>
public sealed record KeeperReport(KeeperSnapshot Snapshot, bool DryRun, ImmutableArray<ActionReport> Actions, ImmutableArray<TransactionReport> Transactions, ImmutableArray<KindFees> Fees);

/// <summary>Looks, decides, acts; one look at a time. Everything that must outlive the process is in the store before it is sent.</summary>
/// <param name="chain">the liquidation contract</param>
/// <param name="batches">leaves and proofs</param>
/// <param name="store">durable state; one process has it</param>
/// <param name="config">rules, validated</param>
/// <param name="clock">the keeper's</param>
/// <param name="metrics">instruments</param>
public sealed class KeeperHost(ILiquidationChain chain, IBatchSource batches, KeeperStore store, KeeperConfig config, TimeProvider clock, KeeperMetrics metrics)
{
    private const int MostBackoffSeconds = 60;

    /// <summary>Price of ether is not known: nothing can be weighed against gas.</summary>
    private const string NoEtherPrice = "ether-price";

    /// <summary>One look: settles what is on its way, decides, sends (or says what it would send).</summary>
    /// <exception cref="PmsException">chain or batch cannot be read; what was sent is written down</exception>
    public async Task<KeeperReport> TickAsync(CancellationToken cancel)
    {
        var begun = clock.GetTimestamp();
        var head = await chain.HeadAsync(cancel).ConfigureAwait(false);
        var batch = await batches.NewestAsync(cancel).ConfigureAwait(false);
        var gas = await GasAsync(batch, cancel).ConfigureAwait(false);
        var transactions = new List<TransactionReport>();
        // What is settled first frees its nonce, its account and its share of the day's gas.
        foreach (var pending in store.Unfinished)
        {
            if (await SettleAsync(pending, head, gas, cancel).ConfigureAwait(false) is { } settled)
            {
                transactions.Add(settled);
            }
        }

        var snapshot = await SnapshotAsync(head, batch, gas, cancel).ConfigureAwait(false);
        if (!config.DryRun)
        {
            foreach (var pending in store.Unfinished.Where(t => t.Progress == TransactionProgress.Signed))
            {
                transactions.Add(await NudgeAsync(pending, head, snapshot, cancel).ConfigureAwait(false));
            }
        }

        var actions = new List<ActionReport>();
        foreach (var action in KeeperDecision.Decide(snapshot, config))
        {
            var report = action.IsChosen ? await ActAsync(action, batch, head, snapshot, cancel).ConfigureAwait(false) : new ActionReport(action, "skipped", null);
            if (report.Action.Skip is { } skip)
            {
                metrics.Skip(action.Kind, skip.Code);
            }

            actions.Add(report);
        }

        metrics.Tick(clock.GetElapsedTime(begun), snapshot);
        return new KeeperReport(snapshot, config.DryRun, [.. actions], [.. transactions], store.Fees());
    }

    /// <summary>Looks until it is stopped; an error is told and waited out, longer each time up to a minute.</summary>
    /// <param name="told">of every look</param>
    /// <param name="failed">of every error</param>
    /// <param name="cancel">stops; a look that has begun to send ends its step first</param>
    public async Task RunAsync(Action<KeeperReport> told, Action<Refusal> failed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(told);
        ArgumentNullException.ThrowIfNull(failed);
        var errors = 0;
        while (!cancel.IsCancellationRequested)
        {
            var wait = TimeSpan.FromSeconds(config.PollSeconds);
            try
            {
                told(await TickAsync(cancel).ConfigureAwait(false));
                errors = 0;
            }
            catch (PmsException e)
            {
                metrics.Failure(e.Code);
                failed(e.ToRefusal());
                errors = Math.Min(errors + 1, 10);
                wait = TimeSpan.FromSeconds(Math.Min(MostBackoffSeconds, config.PollSeconds * (1 << errors)));
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await Task.Delay(wait, clock, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static long DayOf(BlockRef head) => (long)(head.Timestamp / 86_400);

    private async Task<GasNow> GasAsync(BatchDocument? batch, CancellationToken cancel)
    {
        var history = (await chain.FeesAsync(config.Gas.HistoryBlocks, cancel).ConfigureAwait(false)).NewestPart();
        var ether = config.Gas.EtherUsd ?? (batch is not null && config.Gas.EtherPriceId < batch.Prices.Length && batch.Prices[config.Gas.EtherPriceId].Units > 0 ? batch.Prices[config.Gas.EtherPriceId].Units / 1e8
            : throw new InvalidInputException(NoEtherPrice, $"the batch has no price {config.Gas.EtherPriceId}: set gas.etherUsd or gas.etherPriceId"));
        var leastTip = new BigInteger(config.Gas.LeastTipWei);
        var tip = history.TipsWei.IsEmpty || history.BaseFeesWei.Length < BaseFeeForecast.LeastBlocks ? leastTip : BigInteger.Max(new InclusionModel(history, leastTip).TipFor(config.Gas.Inclusion), leastTip);
        if (history.BaseFeesWei.Length < BaseFeeForecast.LeastBlocks)
        {
            // A young chain: what the protocol allows is the only bound there is.
            return new GasNow(history.NextWei, BaseFeeRule.Highest(history.NextWei, config.Gas.HorizonBlocks), tip, ether);
        }

        var forecast = BaseFeeForecast.From(history, config.Gas.HorizonBlocks, seed: (ulong)(history.NextWei % ulong.MaxValue));
        return new GasNow(forecast.Quantile(config.Gas.HorizonBlocks, 0.5), forecast.Quantile(config.Gas.HorizonBlocks, config.Gas.Quantile), tip, ether);
    }

    private async Task<KeeperSnapshot> SnapshotAsync(BlockRef head, BatchDocument? batch, GasNow gas, CancellationToken cancel)
    {
        var unfinished = store.Unfinished;
        var worst = unfinished.Sum(t => BidEconomics.GasCostUsd(t.Gas, t.Versions.Max(v => v.Offer.MaxFeeWei), gas.EtherUsd));
        return new KeeperSnapshot
        {
            NowSeconds = head.Timestamp,
            Block = head.Number,
            BlockAgeSeconds = Math.Max(clock.GetUtcNow().ToUnixTimeMilliseconds() / 1e3 - head.Timestamp, 0),
            BatchSequence = batch?.Header.Sequence.Value,
            BatchObservedAt = batch?.Header.ObservedAt.Value ?? 0,
            BatchValidUntil = batch?.Header.ValidUntil.Value ?? 0,
            Accounts = await chain.AccountsAsync(batch, cancel).ConfigureAwait(false),
            Gas = gas,
            // What bids on their way will take is not there for others.
            CashWad = unfinished.Where(t => t.Progress == TransactionProgress.Signed).Aggregate(await chain.CashAsync(cancel).ConfigureAwait(false), (cash, t) => cash - t.CashWad),
            GasSpentTodayUsd = store.SpentUsd(DayOf(head)) + worst,
            InFlight = [.. unfinished.Select(t => (t.Kind, t.Account))],
            TransactionsInFlight = unfinished.Length,
            CooldownUntil = store.Cooldowns(head.Timestamp),
        };
    }

    private async Task<ActionReport> ActAsync(KeeperAction action, BatchDocument? batch, BlockRef head, KeeperSnapshot snapshot, CancellationToken cancel)
    {
        PreparedCall call;
        try
        {
            call = await chain.PrepareAsync(action, batch, cancel).ConfigureAwait(false);
        }
        catch (RevertException e)
        {
            if (!config.DryRun)
            {
                store.CoolDown(action.Kind, action.Account, head.Timestamp + (ulong)config.CooldownSeconds);
            }

            return new ActionReport(action with { Skip = new Refusal($"refused-{e.Error}", e.Message) }, "refused", null);
        }

        var worst = BidEconomics.GasCostUsd(call.Gas, action.Offer.MaxFeeWei, snapshot.Gas.EtherUsd);
        var extra = BidEconomics.GasCostUsd(call.Gas, snapshot.Gas.MedianWei + snapshot.Gas.TipWei, snapshot.Gas.EtherUsd) - BidEconomics.GasCostUsd(action.GasUnits, snapshot.Gas.MedianWei + snapshot.Gas.TipWei, snapshot.Gas.EtherUsd);
        var known = action with { GasUnits = call.Gas, NetUsd = action.NetUsd - extra, GasUsd = action.GasUsd + extra };
        if (worst > config.Gas.CapUsdPerTransaction)
        {
            return new ActionReport(known with { Skip = new Refusal("gas-cap-transaction", $"{call.Gas} gas could cost {worst:F2} USD: {config.Gas.CapUsdPerTransaction:F2} USD is the most for one transaction") }, "skipped", null);
        }

        if (known.NetUsd < config.MinimumNetUsd.GetValueOrDefault(action.Kind))
        {
            return new ActionReport(known with { Skip = new Refusal(KeeperDecision.NotProfitable, $"not profitable: net {known.NetUsd:F2} of at least {config.MinimumNetUsd.GetValueOrDefault(action.Kind):F2} USD, as it takes {call.Gas} gas") }, "skipped", null);
        }

        if (config.DryRun)
        {
            return new ActionReport(known, "wouldSend", null);
        }

        var unfinished = store.Unfinished;
        var nonce = Math.Max(await chain.NonceAsync(cancel).ConfigureAwait(false), unfinished.IsEmpty ? 0 : unfinished.Max(t => t.Nonce) + 1);
        var signed = await chain.SignAsync(call, nonce, action.Offer, cancel).ConfigureAwait(false);
        // From here on the store knows it, whether it is sent or not.
        var id = store.Begin(known, nonce, call.To, call.Data, call.Gas, new SentVersion(signed.Hash, signed.Raw, action.Offer, IsCancellation: false), head.Number);
        var refused = await chain.SendAsync(signed.Raw, cancel).ConfigureAwait(false);
        metrics.Transaction(action.Kind, "sent");
        if (refused is "insufficient-funds")
        {
            store.Set(id, TransactionProgress.Gone, null, DayOf(head), null);
            return new ActionReport(known with { Skip = new Refusal("no-ether", $"the key cannot pay {call.Gas} gas at {action.Offer.MaxFeeWei} wei") }, "refused", signed.Hash);
        }

        return new ActionReport(known, "sent", signed.Hash);
    }

    /// <summary>Looks for receipts of every version; null where there is nothing to tell.</summary>
    private async Task<TransactionReport?> SettleAsync(KeeperTransaction pending, BlockRef head, GasNow gas, CancellationToken cancel)
    {
        foreach (var version in pending.Versions)
        {
            if (await chain.ReceiptAsync(version.Hash, cancel).ConfigureAwait(false) is not { } receipt)
            {
                continue;
            }

            var fee = new GasFee(receipt.GasUsed, receipt.EffectiveGasPrice, BidEconomics.GasCostUsd(receipt.GasUsed, receipt.EffectiveGasPrice, gas.EtherUsd));
            var isFinal = head.Number >= receipt.BlockNumber + (ulong)config.Confirmations;
            var outcome = !isFinal ? TransactionProgress.Included : version.IsCancellation ? TransactionProgress.Gone : receipt.Succeeded ? TransactionProgress.Done : TransactionProgress.Reverted;
            var isNews = pending.Progress != outcome || pending.BlockHash != receipt.BlockHash;
            store.Set(pending.Id, outcome, receipt.BlockHash, DayOf(head), isFinal ? fee : null);
            if (isFinal)
            {
                metrics.Spent(pending.Kind, fee);
                metrics.Transaction(pending.Kind, outcome.ToString());
                if (outcome == TransactionProgress.Done)
                {
                    metrics.Netted(pending.ExpectedNetUsd);
                }
                else if (outcome == TransactionProgress.Reverted)
                {
                    store.CoolDown(pending.Kind, pending.Account, head.Timestamp + (ulong)config.CooldownSeconds);
                }
            }

            return !isNews ? null : new TransactionReport(
                pending.Kind, pending.Account, pending.Nonce, isFinal ? outcome.ToString().ToLowerInvariant() : "included", version.Hash, isFinal ? fee : null,
                $"in block {receipt.BlockNumber}{(receipt.Succeeded ? "" : ", refused there: someone was faster or the account changed")}");
        }

        if (pending.Progress == TransactionProgress.Included)
        {
            store.Set(pending.Id, TransactionProgress.Signed, null, DayOf(head), null);
            return new TransactionReport(pending.Kind, pending.Account, pending.Nonce, "reorganised", pending.Versions[^1].Hash, null, $"its block {pending.BlockHash} is no longer in the chain");
        }

        if (await chain.NonceAsync(cancel).ConfigureAwait(false) > pending.Nonce)
        {
            // A receipt may lag behind the nonce: what no version shows once more is gone.
            foreach (var version in pending.Versions)
            {
                if (await chain.ReceiptAsync(version.Hash, cancel).ConfigureAwait(false) is not null)
                {
                    return null;
                }
            }

            store.Set(pending.Id, TransactionProgress.Gone, null, DayOf(head), null);
            return new TransactionReport(pending.Kind, pending.Account, pending.Nonce, "gone", pending.Versions[^1].Hash, null, $"another transaction of the key has nonce {pending.Nonce}: each keeper needs a key of its own");
        }

        return null;
    }

    /// <summary>Sends again what is in no block, replaces or cancels it as the policy says.</summary>
    private async Task<TransactionReport> NudgeAsync(KeeperTransaction pending, BlockRef head, KeeperSnapshot snapshot, CancellationToken cancel)
    {
        var newest = pending.Versions[^1];
        var judged = KeeperDecision.Judge(snapshot with { CashWad = snapshot.CashWad + pending.CashWad }, config, pending.Kind, pending.Account);
        var isWanted = judged is { IsChosen: true };
        var waited = (int)Math.Min(head.Number - Math.Min(pending.OfferedAtBlock, head.Number), int.MaxValue);
        var wanted = judged?.Offer ?? newest.Offer;
        // A bid that no longer fits is refused by the chain itself: it can lose its gas.
        var loss = BidEconomics.GasCostUsd(pending.Gas, newest.Offer.MaxFeeWei, snapshot.Gas.EtherUsd);
        var decision = newest.IsCancellation
            ? new ReplacementDecision(waited >= config.Gas.BlocksPerBump ? ReplacementStep.Cancel : ReplacementStep.Wait, config.Gas.Replacement.Bumped(newest.Offer), "a cancellation waits")
            : config.Gas.Replacement.Decide(newest.Offer, waited, pending.Versions.Length - 1, wanted, judged?.LargestFeeWei ?? -1, isWanted, loss, snapshot.Gas.EtherUsd);
        if (decision is { Step: ReplacementStep.Replace or ReplacementStep.Cancel, Offer: { } offer } && pending.Versions.Length <= config.Gas.MostBumps + 1 && offer.MaxFeeWei <= config.Gas.Replacement.MostFeeWei)
        {
            var isCancellation = decision.Step == ReplacementStep.Cancel;
            var call = isCancellation ? new PreparedCall("", "0x", config.Gas.Replacement.CancelGas) : new PreparedCall(pending.To, pending.Data, pending.Gas);
            var signed = await chain.SignAsync(call, pending.Nonce, offer, cancel).ConfigureAwait(false);
            store.Add(pending.Id, new SentVersion(signed.Hash, signed.Raw, offer, isCancellation), head.Number);
            await chain.SendAsync(signed.Raw, cancel).ConfigureAwait(false);
            metrics.Transaction(pending.Kind, isCancellation ? "cancelled" : "replaced");
            return new TransactionReport(pending.Kind, pending.Account, pending.Nonce, isCancellation ? "cancelled" : "replaced", signed.Hash, null, decision.Why);
        }

        // Nodes forget, and a keeper that was killed may not have sent it at all.
        var refused = await chain.SendAsync(newest.Raw, cancel).ConfigureAwait(false);
        return new TransactionReport(pending.Kind, pending.Account, pending.Nonce, decision.Step == ReplacementStep.Leave ? "left" : "resent", newest.Hash, null, refused is null ? decision.Why : $"{decision.Why}; the node says {refused}");
    }
}
