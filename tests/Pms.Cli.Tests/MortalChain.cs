using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Keeper.Chains;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Gas;

namespace Pms.Cli.Tests;

/// <summary>Where a keeper dies.</summary>
/// <param name="Call">name of a call to the chain; null: any</param>
/// <param name="Occurrence">1: the first since the keeper's last death; receipts count where there is one</param>
/// <param name="After">the call has happened and the keeper never hears of it</param>
internal sealed record Death(string? Call, int Occurrence, bool After);

/// <summary>The real chain, of a keeper that dies around chosen calls, and whose transactions may be kept together until a block is made.</summary>
internal sealed class MortalChain(ILiquidationChain chain, Queue<Death> deaths, List<string>? held) : ILiquidationChain
{
    private readonly Dictionary<string, int> _counts = [];
    private int _all;

    public Task<BlockRef> HeadAsync(CancellationToken cancel) => Call("head", () => chain.HeadAsync(cancel));

    public Task<ImmutableArray<AuctionView>> AccountsAsync(BatchDocument? batch, CancellationToken cancel) => Call("accounts", () => chain.AccountsAsync(batch, cancel));

    public Task<BigInteger> CashAsync(CancellationToken cancel) => Call("cash", () => chain.CashAsync(cancel));

    public Task<FeeHistory> FeesAsync(int blocks, CancellationToken cancel) => Call("fees", () => chain.FeesAsync(blocks, cancel));

    public Task<ulong> NonceAsync(CancellationToken cancel) => Call("nonce", () => chain.NonceAsync(cancel));

    public Task<PreparedCall> PrepareAsync(KeeperAction action, BatchDocument? batch, CancellationToken cancel) => Call("prepare", () => chain.PrepareAsync(action, batch, cancel));

    public Task<SignedTransaction> SignAsync(PreparedCall call, ulong nonce, FeeOffer offer, CancellationToken cancel) => Call("sign", () => chain.SignAsync(call, nonce, offer, cancel));

    public Task<string?> SendAsync(string raw, CancellationToken cancel) => Call("send", async () =>
    {
        if (held is null)
        {
            return await chain.SendAsync(raw, cancel);
        }

        held.Add(raw);
        return null;
    });

    public Task<TransactionReceipt?> ReceiptAsync(string hash, CancellationToken cancel) => Call("receipt", () => chain.ReceiptAsync(hash, cancel));

    private async Task<T> Call<T>(string name, Func<Task<T>> call)
    {
        var death = deaths.TryPeek(out var next) ? next : null;
        _all++;
        var isNext = death is not null && death.Occurrence == (death.Call is null ? _all : death.Call == name ? _counts.GetValueOrDefault(name) + 1 : 0);
        if (isNext && !death!.After)
        {
            Die();
        }

        var answer = await call();
        if (answer is null && name == "receipt" && death?.Call is not null)
        {
            return answer;
        }

        _counts[name] = _counts.GetValueOrDefault(name) + 1;
        if (isNext)
        {
            Die();
        }

        return answer;
    }

    private void Die()
    {
        deaths.Dequeue();
        throw new KeeperKilledException();
    }
}

internal sealed class KeeperKilledException : Exception;
