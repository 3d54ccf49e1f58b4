using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Chain.Contracts;
using Pms.Chain.Nodes;

namespace Pms.Chain.Transactions;

/// <summary>How fees are offered and raised. Wei, unless the name says otherwise.</summary>
public sealed record FeePolicy
{
    public static FeePolicy Default { get; } = new();

    /// <summary>Most that may ever be offered for a unit of gas.</summary>
    public BigInteger MaxFeePerGas { get; init; } = 500_000_000_000;

    /// <summary>Least tip.</summary>
    public BigInteger LeastTip { get; init; } = 100_000_000;

    /// <summary>The offer covers so many times the next base fee: 2 covers six full blocks in a row.</summary>
    public int BaseFeeMultiple { get; init; } = 2;

    /// <summary>A replacement offers this many percent more; nodes ask for at least 10.</summary>
    public int BumpPercent { get; init; } = 15;

    /// <summary>Blocks to wait for inclusion before the next bump.</summary>
    public int BlocksPerBump { get; init; } = 3;

    /// <summary>Replacements before giving up.</summary>
    public int MaxBumps { get; init; } = 8;

    /// <summary>Gas above the estimate, in percent: what is not used is not paid.</summary>
    public int GasHeadroomPercent { get; init; } = 20;

    /// <summary>Time between looks at the chain.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait for one transaction.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Sends transactions of one key in order, one at a time: estimates, signs, sends, raises the fee until it is in a block.</summary>
/// <remarks>
/// The nonce is read from the chain for every transaction, so that a gap left by a lost transaction closes itself. A replacement has the same nonce: of all versions
/// at most one can happen. Callers make what they send idempotent on chain (a batch by its sequence), so that a crash between sending and hearing of it loses nothing.
/// </remarks>
/// <param name="node">where</param>
/// <param name="keys">signs</param>
/// <param name="keyFile">who</param>
/// <param name="clock">for patience</param>
/// <param name="policy">fees</param>
public sealed class TransactionSender(EthereumNode node, KeyFiles keys, string keyFile, TimeProvider clock, FeePolicy? policy = null) : IDisposable
{
    private readonly FeePolicy _policy = policy ?? FeePolicy.Default;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private string? _address;
    private ulong? _chainId;

    /// <summary>Address of the key.</summary>
    public async Task<string> AddressAsync(CancellationToken cancel) => _address ??= await keys.AddressAsync(keyFile, cancel).ConfigureAwait(false);

    /// <summary>Calls a function by transaction and waits for its block.</summary>
    /// <exception cref="RevertException">it would be or was refused</exception>
    /// <exception cref="ChainException"><c>chain-timeout</c>, <c>chain-refused</c>, <c>chain-unreachable</c></exception>
    public async Task<TransactionReceipt> SendAsync(DeployedContract contract, string function, JsonArray args, CancellationToken cancel)
    {
        var data = await node.EncodeCallAsync(contract.Artifact, function, args, cancel).ConfigureAwait(false);
        return await SendDataAsync(contract.Address, data, contract.Artifact, function, cancel).ConfigureAwait(false);
    }

    /// <inheritdoc cref="SendAsync(DeployedContract, string, JsonArray, CancellationToken)"/>
    public Task<TransactionReceipt> SendAsync(ContractCall call, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(call);
        return SendAsync(call.Contract, call.Function, (JsonArray)call.Args.DeepClone(), cancel);
    }

    /// <summary>Call data, and the gas that a call by transaction would take now; nothing is sent.</summary>
    /// <exception cref="RevertException">it would be refused</exception>
    public async Task<(string Data, ulong Gas)> EstimateAsync(ContractCall call, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(call);
        var data = await node.EncodeCallAsync(call.Contract.Artifact, call.Function, (JsonArray)call.Args.DeepClone(), cancel).ConfigureAwait(false);
        return (data, await node.EstimateAsync(await AddressAsync(cancel).ConfigureAwait(false), call.Contract.Address, data, call.Contract.Artifact, cancel).ConfigureAwait(false));
    }

    /// <summary>Puts a contract on the chain.</summary>
    public async Task<DeployedContract> DeployAsync(ContractArtifact artifact, JsonArray args, CancellationToken cancel)
    {
        var data = await node.EncodeDeployAsync(artifact, args, cancel).ConfigureAwait(false);
        var receipt = await SendDataAsync(null, data, artifact, $"deployment of {artifact.Name}", cancel).ConfigureAwait(false);
        return new DeployedContract(artifact, receipt.ContractAddress!);
    }

    public void Dispose() => _turn.Dispose();

    private async Task<TransactionReceipt> SendDataAsync(string? to, string data, ContractArtifact artifact, string what, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await SendInTurnAsync(to, data, artifact, what, cancel).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<TransactionReceipt> SendInTurnAsync(string? to, string data, ContractArtifact artifact, string what, CancellationToken cancel)
    {
        var from = await AddressAsync(cancel).ConfigureAwait(false);
        _chainId ??= await node.ChainIdAsync(cancel).ConfigureAwait(false);
        var gas = await node.EstimateAsync(from, to, data, artifact, cancel).ConfigureAwait(false) * (ulong)(100 + _policy.GasHeadroomPercent) / 100;
        var nonce = await node.NonceAsync(from, pending: false, cancel).ConfigureAwait(false);
        var (fee, tip) = await OfferAsync(cancel).ConfigureAwait(false);
        var begun = clock.GetTimestamp();
        var versions = new List<string>();
        for (var bump = 0; ; bump++)
        {
            var transaction = new JsonObject
            {
                ["chainId"] = _chainId.Value,
                ["nonce"] = nonce,
                ["data"] = data,
                ["gas"] = EthereumNode.Text(gas),
                ["maxFeePerGas"] = fee.ToString(CultureInfo.InvariantCulture),
                ["maxPriorityFeePerGas"] = tip.ToString(CultureInfo.InvariantCulture),
            };
            if (to is not null)
            {
                transaction["to"] = to;
            }

            var signed = await node.SignTransactionAsync(keyFile, transaction, cancel).ConfigureAwait(false);
            versions.Add(signed.Hash);
            var refusal = await node.SendRawAsync(signed.Raw, cancel).ConfigureAwait(false);
            if (refusal is "insufficient-funds")
            {
                throw new ChainException("chain-refused", $"{what}: {from} cannot pay {gas} gas at {fee} wei");
            }

            // "Nonce too low" here means that one of our own versions, or another program with this key, was included: the receipts tell.
            if (await WaitAsync(versions, bump == _policy.MaxBumps ? int.MaxValue : _policy.BlocksPerBump, begun, cancel).ConfigureAwait(false) is { } receipt)
            {
                return Included(receipt, what);
            }

            if (refusal is "nonce-too-low" || await node.NonceAsync(from, pending: false, cancel).ConfigureAwait(false) > nonce)
            {
                // The nonce may have been taken by one of our own versions, in a block after the last look at the receipts.
                if (await FindAsync(versions, cancel).ConfigureAwait(false) is { } late)
                {
                    return Included(late, what);
                }

                throw new ChainException("chain-refused", $"{what}: another transaction of {from} took nonce {nonce}; each sender needs a key of its own");
            }

            if (clock.GetElapsedTime(begun) > _policy.Patience)
            {
                throw new ChainException("chain-timeout", $"{what}: in no block after {_policy.Patience} and {bump} bumps; last version {signed.Hash}");
            }

            fee = Bumped(fee);
            tip = Bumped(tip);
            if (fee > _policy.MaxFeePerGas)
            {
                throw new ChainException("chain-timeout", $"{what}: a higher fee than {_policy.MaxFeePerGas} wei is not allowed; the last offer stands as {signed.Hash}");
            }
        }
    }

    private async Task<(BigInteger Fee, BigInteger Tip)> OfferAsync(CancellationToken cancel)
    {
        var (baseFees, tips) = await node.FeeHistoryAsync(10, [50], cancel).ConfigureAwait(false);
        var paid = tips.Where(t => t.Length > 0).Select(t => t[0]).Order().ToArray();
        var tip = BigInteger.Max(paid.Length == 0 ? BigInteger.Zero : paid[paid.Length / 2], _policy.LeastTip);
        var fee = BigInteger.Min((baseFees[^1] * _policy.BaseFeeMultiple) + tip, _policy.MaxFeePerGas);
        return (fee, BigInteger.Min(tip, fee));
    }

    private static TransactionReceipt Included(TransactionReceipt receipt, string what) =>
        receipt.Succeeded ? receipt : throw new RevertException(what, "included and reverted", $"[\"{receipt.Hash}\"]");

    /// <summary>Receipt of any version; null: none is in a block.</summary>
    private async Task<TransactionReceipt?> FindAsync(List<string> versions, CancellationToken cancel)
    {
        foreach (var hash in versions)
        {
            if (await node.ReceiptAsync(hash, cancel).ConfigureAwait(false) is { } receipt)
            {
                return receipt;
            }
        }

        return null;
    }

    private BigInteger Bumped(BigInteger price) => (price * (100 + _policy.BumpPercent) / 100) + 1;

    /// <summary>Receipt of any version once one is in a block; null after so many blocks without.</summary>
    private async Task<TransactionReceipt?> WaitAsync(List<string> versions, int blocks, long begun, CancellationToken cancel)
    {
        var start = (await node.LatestAsync(cancel).ConfigureAwait(false)).Number;
        while (true)
        {
            // The height first: a block that comes between the two looks is not counted before its receipts are looked at.
            var now = (await node.LatestAsync(cancel).ConfigureAwait(false)).Number;
            if (await FindAsync(versions, cancel).ConfigureAwait(false) is { } receipt)
            {
                return receipt;
            }

            if (now >= start + (ulong)blocks || clock.GetElapsedTime(begun) > _policy.Patience)
            {
                return null;
            }

            await Task.Delay(_policy.Poll, clock, cancel).ConfigureAwait(false);
        }
    }
}
