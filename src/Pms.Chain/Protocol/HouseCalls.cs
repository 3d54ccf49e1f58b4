using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;

namespace Pms.Chain.Protocol;

/// <summary>A leaf of a batch with its proof.</summary>
public sealed record ProvenLeaf(BatchHeader Header, MarginLeaf Leaf, int Place, ImmutableArray<KeccakHash> Path);

/// <summary>Leaves of batches as the contracts take them.</summary>
public static class ProvenLeaves
{
    /// <summary>An account's leaf in a batch.</summary>
    /// <exception cref="ChainException"><c>leaf-missing</c>: with the reason, where the batch knows it</exception>
    public static ProvenLeaf ProofOf(this Batch batch, AccountNumber account)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.PlaceOf(account) is { } place
            ? new ProvenLeaf(batch.Header, batch.Leaves[place], place, batch.Accounts.Prove(place))
            : throw new ChainException("leaf-missing", $"account {account} has no leaf in batch {batch.Header.Sequence}{(batch.Refused.FirstOrDefault(r => r.Account == account) is { } refused ? $": {refused.Reason}" : "")}");
    }
}

/// <summary>Two orders met, with what their owners signed.</summary>
public sealed record SignedMatch(Match Match, string BuySignature, string SellSignature);

/// <summary>What owners, keepers and matchers ask of the clearing house, as calls: to be estimated, shown or sent.</summary>
public static class HouseCalls
{
    public static ContractCall OpenAccount(ProtocolContracts contracts) => Of(contracts, "openAccount");

    /// <summary>Lets the house take so much of a token. A deposit needs it first.</summary>
    /// <param name="contracts">deployment</param>
    /// <param name="token">0: cash; then coins by index</param>
    /// <param name="amount">token units</param>
    public static ContractCall Approve(ProtocolContracts contracts, int token, TokenAmount amount)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return new ContractCall(contracts.Token(token), "approve", [contracts.House.Address, $"{amount}"]);
    }

    public static ContractCall DepositCash(ProtocolContracts contracts, AccountNumber account, TokenAmount amount) => Of(contracts, "depositCash", $"{account}", $"{amount}");

    public static ContractCall DepositCoin(ProtocolContracts contracts, AccountNumber account, CoinIndex coin, TokenAmount amount) => Of(contracts, "depositCoin", $"{account}", $"{coin}", $"{amount}");

    /// <summary>Cash out against a leaf; an account without legs needs none, then any leaf is taken.</summary>
    public static ContractCall WithdrawCash(ProtocolContracts contracts, AccountNumber account, TokenAmount amount, EvmAddress to, ProvenLeaf leaf) =>
        Of(contracts, "withdrawCash", $"{account}", $"{amount}", $"{to}", Json(leaf));

    /// <summary>A coin out with its clearance; an account without legs needs none, then any is taken.</summary>
    public static ContractCall WithdrawCoin(ProtocolContracts contracts, CoinWithdrawal withdrawal, Clearance clearance, QuorumProof proof)
    {
        ArgumentNullException.ThrowIfNull(withdrawal);
        return Of(contracts, "withdrawCoin", $"{withdrawal.Account}", $"{withdrawal.Coin}", $"{withdrawal.Amount}", $"{withdrawal.To}", MessageJson.Of(clearance), MessageJson.Of(proof));
    }

    /// <summary>Everything out of an account without legs and debt.</summary>
    public static ContractCall Exit(ProtocolContracts contracts, AccountNumber account, EvmAddress to) => Of(contracts, "exit", $"{account}", $"{to}");

    /// <summary>Lists a contract; listing it again does nothing.</summary>
    public static ContractCall List(ProtocolContracts contracts, InstrumentTerms terms)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return new ContractCall(contracts.Instruments, "list", [new JsonObject { ["kind"] = $"{(int)terms.Kind}", ["priceId"] = $"{terms.PriceId}", ["expiry"] = $"{terms.Expiry}", ["strikeWad"] = $"{terms.Strike}" }]);
    }

    /// <summary>Settles matched orders with their clearance.</summary>
    public static ContractCall Trade(ProtocolContracts contracts, IEnumerable<SignedMatch> matches, Clearance clearance, QuorumProof proof) =>
        Of(contracts, "trade", MessageJson.List(matches, Json), MessageJson.Of(clearance), MessageJson.Of(proof));

    /// <summary>Has the house look at an account with its leaf and record its state.</summary>
    public static ContractCall Check(ProtocolContracts contracts, AccountNumber account, ProvenLeaf leaf) => Of(contracts, "check", $"{account}", Json(leaf));

    private static ContractCall Of(ProtocolContracts contracts, string function, params JsonNode[] args)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return new ContractCall(contracts.House, function, [.. args]);
    }

    /// <summary>A leaf with its proof, as the contracts take it.</summary>
    public static JsonObject Json(ProvenLeaf leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        return new JsonObject { ["header"] = MessageJson.Of(leaf.Header), ["leaf"] = MessageJson.Of(leaf.Leaf), ["index"] = leaf.Place, ["path"] = MessageJson.Path(leaf.Path) };
    }

    private static JsonObject Json(SignedMatch m) => new()
    {
        ["buy"] = MessageJson.Of(m.Match.Buy),
        ["buySignature"] = m.BuySignature,
        ["sell"] = MessageJson.Of(m.Match.Sell),
        ["sellSignature"] = m.SellSignature,
        ["quantityWad"] = $"{m.Match.Quantity}",
        ["priceWad"] = $"{m.Match.Price}",
    };
}
