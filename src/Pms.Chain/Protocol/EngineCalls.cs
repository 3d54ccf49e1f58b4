using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;

namespace Pms.Chain.Protocol;

/// <summary>What keepers ask of the liquidation engine, as calls: to be estimated, shown or sent.</summary>
public static class EngineCalls
{
    /// <summary>Lets the engine act for an account until a second: its cash may pay for shares.</summary>
    public static ContractCall Approve(ProtocolContracts contracts, AccountNumber account, UnixSeconds until)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return new ContractCall(contracts.House, "approveSigner", [$"{account}", contracts.Engine.Address, $"{until}"]);
    }

    /// <summary>Takes an account below its requirement under liquidation.</summary>
    public static ContractCall Start(ProtocolContracts contracts, AccountNumber account, ProvenLeaf leaf) => Of(contracts, "start", $"{account}", HouseCalls.Json(leaf));

    /// <summary>Ends, marks or renews an auction.</summary>
    public static ContractCall End(ProtocolContracts contracts, AccountNumber account, ProvenLeaf leaf) => Of(contracts, "end", $"{account}", HouseCalls.Json(leaf));

    /// <summary>What an account under liquidation needs: for <c>eth_call</c>.</summary>
    public static ContractCall Need(ProtocolContracts contracts, AccountNumber account, ProvenLeaf leaf) => Of(contracts, "need", $"{account}", HouseCalls.Json(leaf));

    /// <summary>Puts cash into an account for a share of it.</summary>
    /// <param name="contracts">deployment</param>
    /// <param name="account">under liquidation</param>
    /// <param name="payer">of the sender, without legs</param>
    /// <param name="cash">the most to pay: what is above what restores the account stays with the payer</param>
    /// <param name="leastUnits">refuse if the share would be less; of a part of the cash, the same part of it</param>
    /// <param name="leaf">of the account in the current batch</param>
    public static ContractCall TakeShare(ProtocolContracts contracts, AccountNumber account, AccountNumber payer, UnsignedWad cash, UnsignedWad leastUnits, ProvenLeaf leaf) =>
        Of(contracts, "takeShare", $"{account}", $"{payer}", $"{cash}", $"{leastUnits}", "0x", HouseCalls.Json(leaf));

    /// <summary>Takes a whole account.</summary>
    /// <param name="contracts">deployment</param>
    /// <param name="account">worth nothing, or dust</param>
    /// <param name="payer">of the sender, without legs</param>
    /// <param name="cash">what brings it to its initial margin</param>
    /// <param name="leaf">of the account in the current batch</param>
    public static ContractCall TakeOver(ProtocolContracts contracts, AccountNumber account, AccountNumber payer, UnsignedWad cash, ProvenLeaf leaf) =>
        Of(contracts, "takeOver", $"{account}", $"{payer}", $"{cash}", HouseCalls.Json(leaf));

    /// <summary>Writes a claim out into legs, coins and cash of an account of its holder.</summary>
    /// <param name="contracts">deployment</param>
    /// <param name="account">shared</param>
    /// <param name="claim">its number on that account</param>
    /// <param name="legs">all legs of the account, in any order</param>
    public static ContractCall Divide(ProtocolContracts contracts, AccountNumber account, ulong claim, IEnumerable<InstrumentId> legs) =>
        Of(contracts, "divide", $"{account}", EthereumNode.Text(claim), MessageJson.List(legs.Order(), id => JsonValue.Create($"{id}")));

    /// <summary>Takes the legs of a cleared plan.</summary>
    /// <param name="contracts">deployment</param>
    /// <param name="slice">what the clearance clears</param>
    /// <param name="cash">to the account under liquidation or, below 0, from it</param>
    /// <param name="leaf">of that account in the current batch</param>
    /// <param name="clearance">of the slice</param>
    /// <param name="proof">of a quorum</param>
    public static ContractCall TakePlan(ProtocolContracts contracts, LiquidationSlice slice, Wad cash, ProvenLeaf leaf, Clearance clearance, QuorumProof proof)
    {
        ArgumentNullException.ThrowIfNull(slice);
        return Of(
            contracts, "takePlan", $"{slice.From}", $"{slice.To}", MessageJson.List(slice.Legs, MessageJson.Of), $"{cash}", HouseCalls.Json(leaf), MessageJson.Of(clearance), MessageJson.Of(proof));
    }

    /// <summary>Closes legs of an account that is worth nothing against the other side.</summary>
    /// <param name="contracts">deployment</param>
    /// <param name="action">what the clearance clears</param>
    /// <param name="leaf">of the account that is worth nothing, in the current batch</param>
    /// <param name="clearance">of the action</param>
    /// <param name="proof">of a quorum</param>
    public static ContractCall Deleverage(ProtocolContracts contracts, Deleveraging action, ProvenLeaf leaf, Clearance clearance, QuorumProof proof) =>
        Of(contracts, "deleverage", MessageJson.Of(action), HouseCalls.Json(leaf), MessageJson.Of(clearance), MessageJson.Of(proof));

    private static ContractCall Of(ProtocolContracts contracts, string function, params JsonNode[] args)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return new ContractCall(contracts.Engine, function, [.. args]);
    }
}
