using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Chain.Nodes;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>A leg with its name.</summary>
public sealed record NamedLeg(string Name, HouseLeg Leg);

/// <summary>What an account must hold by its leaf, at one moment.</summary>
/// <param name="Batch">that the leaf is of</param>
/// <param name="Initial">grown to the moment</param>
/// <param name="Maintenance">grown to the moment</param>
/// <param name="MarkValue">of the contracts</param>
/// <param name="Equity">collateral at the chain's prices and mark value</param>
/// <param name="ValidUntil">last second at which it counts</param>
/// <param name="Stale">why the chain would not take it now; null: it would</param>
public sealed record AccountRequirementNow(BatchSequence Batch, UnsignedWad Initial, UnsignedWad Maintenance, Wad MarkValue, Wad Equity, UnixSeconds ValidUntil, Refusal? Stale)
{
    /// <summary>What the house would find now.</summary>
    public HouseMarginState Finds => Equity < Maintenance.ToSigned() ? HouseMarginState.Liquidatable : Equity < Initial.ToSigned() ? HouseMarginState.MarginCall : HouseMarginState.Healthy;
}

/// <summary>An account as the chain holds it.</summary>
/// <param name="Account">cash, legs, coins, sequence, positions hash</param>
/// <param name="Owner">may trade and withdraw</param>
/// <param name="Legs">with names</param>
/// <param name="State">that the house recorded last</param>
/// <param name="CallDeadline">of a margin call; null without one</param>
/// <param name="Collateral">cash and counted coins; null before the first batch brings prices</param>
/// <param name="Stressed">the intrinsic stress, which needs no attester; null where a price or node is missing</param>
/// <param name="UnderLiquidation">whether the owner may only top up or reduce</param>
public sealed record AccountStatus(
    HouseAccount Account, EvmAddress Owner, ImmutableArray<NamedLeg> Legs, HouseMarginState State, UnixSeconds? CallDeadline, Wad? Collateral, Wad? Stressed, bool UnderLiquidation);

/// <summary>Reads accounts for their owners.</summary>
/// <param name="node">of the chain</param>
/// <param name="contracts">of the deployment</param>
/// <param name="reader">of the book</param>
/// <param name="listing">that the reader fills</param>
public sealed class AccountReader(EthereumNode node, ProtocolContracts contracts, HouseReader reader, HouseListing listing)
{
    /// <summary>All accounts with their owners, by number.</summary>
    public async Task<IReadOnlyList<(HouseAccount Account, EvmAddress Owner)>> ListAsync(CancellationToken cancel)
    {
        var book = await reader.ReadAsync(cancel).ConfigureAwait(false);
        var owners = await node.CallManyAsync([.. book.Accounts.Select(a => CallOf("ownerOf", a.Number))], cancel, book.Block.Value).ConfigureAwait(false);
        return [.. book.Accounts.Zip(owners, (a, o) => (a, EvmAddress.Parse((string)o[0]!)))];
    }

    /// <exception cref="InvalidInputException"><c>account-missing</c></exception>
    public async Task<AccountStatus> ReadAsync(AccountNumber number, CancellationToken cancel)
    {
        var book = await reader.ReadAsync(cancel).ConfigureAwait(false);
        var account = book.Accounts.FirstOrDefault(a => a.Number == number)
            ?? throw new InvalidInputException("account-missing", $"the house has no account {number}; it has {book.Accounts.Length}");
        var answers = await node.CallManyAsync(
            [CallOf("ownerOf", number), CallOf("summary", number), CallOf("isUnderLiquidation", number)], cancel, book.Block.Value).ConfigureAwait(false);
        var deadline = EthereumNode.ULong(answers[1][5]);
        return new AccountStatus(
            account,
            EvmAddress.Parse((string)answers[0][0]!),
            [.. account.Legs.Select(l => new NamedLeg(listing.InstrumentOf(l.Instrument).Name, l))],
            (HouseMarginState)(int)EthereumNode.ULong(answers[1][4]),
            deadline == 0 ? null : new UnixSeconds(deadline),
            await WadOrNullAsync("collateralWad", number, book.Block.Value, cancel).ConfigureAwait(false),
            await WadOrNullAsync("stressedWad", number, book.Block.Value, cancel).ConfigureAwait(false),
            (bool)answers[2][0]!);
    }

    /// <summary>What the leaf of a batch file asks of an account now.</summary>
    /// <exception cref="InvalidInputException"><c>leaf-missing</c>: the file has none of it</exception>
    public async Task<AccountRequirementNow> RequirementAsync(AccountStatus status, BatchDocument batch, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Prove(status.Account.Number) is not { } proven)
        {
            throw new InvalidInputException("leaf-missing", $"account {status.Account.Number} has no leaf in batch {batch.Header.Sequence}");
        }

        var leaf = proven.Leaf;
        var now = new UnixSeconds((await node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp);
        var current = (string)(await node.CallAsync(contracts.Registry, "current", [], cancel).ConfigureAwait(false))[0]!;
        var (initial, maintenance) = leaf.At(batch.Header.ObservedAt, now);
        var stale = KeccakHash.Parse(current) != batch.Header.StructHash() ? new Refusal("batch-current", $"batch {batch.Header.Sequence} is not the current one")
            : leaf.Positions != status.Account.Positions || leaf.Sequence != status.Account.Sequence
            ? new Refusal("leaf-stale", $"the leaf is of sequence {leaf.Sequence}, the account is at {status.Account.Sequence}: a later batch is needed")
            : now > batch.Header.ValidUntil ? new Refusal("leaf-expired", $"the leaf counted until {batch.Header.ValidUntil}, it is {now}") : null;
        return new AccountRequirementNow(batch.Header.Sequence, initial, maintenance, leaf.MarkValue, (status.Collateral ?? status.Account.Cash) + leaf.MarkValue, batch.Header.ValidUntil, stale);
    }

    /// <summary>Token units that the house may take of an owner's token.</summary>
    public async Task<TokenAmount> AllowanceAsync(int token, string owner, CancellationToken cancel) =>
        new(EthereumNode.Big((await node.CallAsync(contracts.Token(token), "allowance", [owner, contracts.House.Address], cancel).ConfigureAwait(false))[0]));

    private ContractCall CallOf(string function, AccountNumber number) => new(contracts.House, function, [$"{number}"]);

    private async Task<Wad?> WadOrNullAsync(string function, AccountNumber number, ulong block, CancellationToken cancel)
    {
        try
        {
            return new Wad((Int128)EthereumNode.Big((await node.CallAsync(contracts.House, function, [$"{number}"], cancel, block).ConfigureAwait(false))[0]));
        }
        catch (RevertException)
        {
            return null;
        }
    }
}
