using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Gas;

namespace Pms.Keeper.Chains;

/// <summary>What a keeper may ask of the chain and do there: the liquidation contract, in a keeper's words.</summary>
/// <remarks>Codes of refusal are those of <see cref="ChainException"/>; a call that the contract would refuse is a <see cref="RevertException"/> with its error's name.</remarks>
public interface ILiquidationChain
{
    /// <summary>The newest block.</summary>
    Task<BlockRef> HeadAsync(CancellationToken cancel);

    /// <summary>Accounts of the batch that are below their requirement or under liquidation, and those in which the keeper has claims. Every leaf that no longer fits its account says so in <see cref="AuctionView.Stale"/>.</summary>
    /// <param name="batch">whose leaves prove requirements; null: only own claims are told</param>
    /// <param name="cancel">gives up</param>
    Task<ImmutableArray<AuctionView>> AccountsAsync(BatchDocument? batch, CancellationToken cancel);

    /// <summary>Cash of the keeper's account at the house, 1e-18 USD.</summary>
    Task<BigInteger> CashAsync(CancellationToken cancel);

    Task<FeeHistory> FeesAsync(int blocks, CancellationToken cancel);

    /// <summary>Transactions of the keeper's key that are in blocks.</summary>
    Task<ulong> NonceAsync(CancellationToken cancel);

    /// <summary>Call data and the gas that it would take now.</summary>
    /// <exception cref="RevertException">the contract would refuse</exception>
    Task<PreparedCall> PrepareAsync(KeeperAction action, BatchDocument? batch, CancellationToken cancel);

    /// <summary>Signs; nothing is sent.</summary>
    Task<SignedTransaction> SignAsync(PreparedCall call, ulong nonce, FeeOffer offer, CancellationToken cancel);

    /// <summary>Hands a signed transaction to the private relay or the node. Sending it again is harmless.</summary>
    /// <returns>null: it has it; else why not (nonce-too-low, underpriced, insufficient-funds)</returns>
    Task<string?> SendAsync(string raw, CancellationToken cancel);

    /// <summary>Null while the transaction is in no block.</summary>
    Task<TransactionReceipt?> ReceiptAsync(string hash, CancellationToken cancel);
}

/// <summary>A call that can be signed.</summary>
/// <param name="To">0x, contract; empty: the keeper itself, for a cancellation</param>
/// <param name="Data">0x</param>
/// <param name="Gas">limit</param>
public sealed record PreparedCall(string To, string Data, ulong Gas);
