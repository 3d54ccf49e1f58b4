using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Chain.Nodes;

namespace Pms.Chain.Protocol;

/// <summary>What an account under liquidation needs. Money is 1e-18 USD.</summary>
/// <param name="Equity">coins at their haircuts</param>
/// <param name="Worth">coins at their prices</param>
/// <param name="Initial">initial margin at the leaf's age</param>
/// <param name="Maintenance">maintenance margin at the leaf's age</param>
/// <param name="Shortfall">target requirement less equity; at or below 0: restored</param>
/// <param name="RateE6">millionths of a USD for each USD of shortfall that is removed now</param>
public sealed record LiquidationNeed(BigInteger Equity, BigInteger Worth, BigInteger Initial, BigInteger Maintenance, BigInteger Shortfall, long RateE6);

/// <summary>Reads the liquidation engine.</summary>
/// <param name="node">of the chain</param>
/// <param name="contracts">of the deployment</param>
public sealed class EngineReader(EthereumNode node, ProtocolContracts contracts)
{
    /// <exception cref="RevertException">no auction runs, or the leaf is not the account's in the current batch</exception>
    public async Task<LiquidationNeed> NeedAsync(AccountNumber account, ProvenLeaf leaf, CancellationToken cancel)
    {
        var call = EngineCalls.Need(contracts, account, leaf);
        var need = (await node.CallAsync(call.Contract, call.Function, call.Args, cancel).ConfigureAwait(false))[0]!;
        return new LiquidationNeed(
            EthereumNode.Big(need["equityWad"]), EthereumNode.Big(need["worthWad"]), EthereumNode.Big(need["initialWad"]), EthereumNode.Big(need["maintenanceWad"]), EthereumNode.Big(need["shortfallWad"]),
            (long)EthereumNode.ULong(need["rateE6"]));
    }

    /// <summary>Whether an account is under liquidation, shared or in an auction.</summary>
    public async Task<bool> IsUnderLiquidationAsync(AccountNumber account, CancellationToken cancel) =>
        (bool)(await node.CallAsync(contracts.House, "isUnderLiquidation", [$"{account}"], cancel).ConfigureAwait(false))[0]!;
}
