using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Contracts;
using Pms.Chain.Governance;
using Pms.Chain.Nodes;
using Pms.Chain.Transactions;

namespace Pms.Chain.Protocol;

/// <summary>A state that the house recorded of an account.</summary>
public enum HouseMarginState
{
    Healthy = 0,
    MarginCall = 1,
    Liquidatable = 2,
}

/// <summary>What owners, keepers and relayers do at the clearing house, by name. One transaction each, from the sender's key.</summary>
public sealed class HouseClient
{
    private readonly EthereumNode _node;
    private readonly KeyFiles _keys;
    private readonly ProtocolContracts _contracts;

    /// <param name="node">of the chain</param>
    /// <param name="keys">signs orders</param>
    /// <param name="contracts">of the deployment</param>
    public HouseClient(EthereumNode node, KeyFiles keys, ProtocolContracts contracts)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        (_node, _keys, _contracts) = (node, keys, contracts);
        var chain = new ChainId(contracts.Addresses.ChainId);
        Orders = Eip712Domain.OfOrders(chain, EvmAddress.Parse(House.Address));
        Attestations = Eip712Domain.OfAttestations(chain, EvmAddress.Parse(Registry.Address));
    }

    private DeployedContract House => _contracts.House;

    private DeployedContract Registry => _contracts.Registry;

    /// <summary>Domain of orders.</summary>
    public Eip712Domain Orders { get; }

    /// <summary>Domain of batches and clearances.</summary>
    public Eip712Domain Attestations { get; }

    /// <summary>Opens an account of the sender.</summary>
    public async Task<AccountNumber> OpenAccountAsync(TransactionSender sender, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        var receipt = await sender.SendAsync(HouseCalls.OpenAccount(_contracts), cancel).ConfigureAwait(false);
        return await OpenedAsync(receipt, cancel).ConfigureAwait(false);
    }

    /// <summary>The account that a transaction opened.</summary>
    public async Task<AccountNumber> OpenedAsync(TransactionReceipt receipt, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return new AccountNumber(EthereumNode.ULong((await EventAsync(receipt, "AccountOpened", cancel).ConfigureAwait(false)).Args["account"]));
    }

    /// <summary>Allows and deposits cash.</summary>
    /// <param name="sender">owner of the tokens</param>
    /// <param name="account">credited</param>
    /// <param name="amount">token units</param>
    /// <param name="cancel">gives up between the two transactions at most</param>
    public async Task<TransactionReceipt> DepositCashAsync(TransactionSender sender, AccountNumber account, TokenAmount amount, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        await sender.SendAsync(HouseCalls.Approve(_contracts, 0, amount), cancel).ConfigureAwait(false);
        return await sender.SendAsync(HouseCalls.DepositCash(_contracts, account, amount), cancel).ConfigureAwait(false);
    }

    /// <summary>Withdraws cash against the account's leaf in a batch.</summary>
    public Task<TransactionReceipt> WithdrawCashAsync(TransactionSender sender, AccountNumber account, TokenAmount amount, EvmAddress to, Batch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        return sender.SendAsync(HouseCalls.WithdrawCash(_contracts, account, amount, to, batch.ProofOf(account)), cancel);
    }

    /// <summary>Lists a contract; listing it again does nothing.</summary>
    public Task<TransactionReceipt> ListAsync(TransactionSender sender, InstrumentTerms terms, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        return sender.SendAsync(HouseCalls.List(_contracts, terms), cancel);
    }

    /// <summary>Signs an order with a key.</summary>
    public Task<string> SignAsync(Order order, string keyFile, CancellationToken cancel) => _keys.SignAsync(keyFile, Orders.DigestOf(order).ToString(), cancel);

    /// <summary>Settles matched orders with their clearance.</summary>
    public Task<TransactionReceipt> TradeAsync(TransactionSender sender, IEnumerable<SignedMatch> matches, Clearance clearance, QuorumProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        return sender.SendAsync(HouseCalls.Trade(_contracts, matches, clearance, proof), cancel);
    }

    /// <summary>Looks at an account with its leaf, so that the house records its state.</summary>
    public async Task<HouseMarginState> CheckAsync(TransactionSender sender, AccountNumber account, Batch batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        await sender.SendAsync(HouseCalls.Check(_contracts, account, batch.ProofOf(account)), cancel).ConfigureAwait(false);
        return await StateAsync(account, cancel).ConfigureAwait(false);
    }

    /// <summary>State that the house recorded last.</summary>
    public async Task<HouseMarginState> StateAsync(AccountNumber account, CancellationToken cancel) =>
        (HouseMarginState)(int)EthereumNode.ULong((await _node.CallAsync(House, "summary", [$"{account}"], cancel).ConfigureAwait(false))[4]);

    /// <summary>A governed number in its unit.</summary>
    public async Task<BigInteger> ParameterAsync(string key, CancellationToken cancel) =>
        EthereumNode.Big((await _node.CallAsync(_contracts.Parameters, "value", [GovernedKey.KeyOf(key)], cancel).ConfigureAwait(false))[0]);

    private async Task<ChainLog> EventAsync(TransactionReceipt receipt, string name, CancellationToken cancel)
    {
        var logs = await _node.LogsAsync([House], receipt.BlockNumber, receipt.BlockNumber, cancel).ConfigureAwait(false);
        return logs.FirstOrDefault(l => l.TransactionHash == receipt.Hash && l.Event == name) ?? throw new ChainException("chain-mismatch", $"transaction {receipt.Hash} has no event {name}");
    }
}
