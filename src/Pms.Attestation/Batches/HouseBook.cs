using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;

namespace Pms.Attestation.Batches;

/// <summary>One leg as the chain holds it.</summary>
/// <param name="Instrument">contract</param>
/// <param name="Quantity">long positive, not 0</param>
/// <param name="FundingIndex">the perpetual's index up to which funding is paid, wad per unit; 0 for others</param>
public readonly record struct HouseLeg(InstrumentId Instrument, QuantityWad Quantity, Wad FundingIndex);

/// <summary>One account as the chain holds it.</summary>
/// <param name="Number">account</param>
/// <param name="Sequence">its sequence</param>
/// <param name="Positions">its positions hash</param>
/// <param name="Cash">USD of the house; negative is a debt</param>
/// <param name="Legs">by rising id</param>
/// <param name="Coins">units of each coin held, by index</param>
public sealed record HouseAccount(
    AccountNumber Number, AccountSequence Sequence, PositionsHash Positions, Wad Cash, ImmutableArray<HouseLeg> Legs, ImmutableSortedDictionary<byte, decimal> Coins);

/// <summary>The whole book at one block.</summary>
/// <param name="Block">height</param>
/// <param name="Accounts">by number</param>
/// <param name="FundingIndices">present index of each perpetual, wad per unit</param>
public sealed record HouseBook(BlockNumber Block, ImmutableArray<HouseAccount> Accounts, ImmutableDictionary<InstrumentId, Wad> FundingIndices)
{
    /// <summary>Hash of the block; zero where the reader does not know it. Scenarios are drawn from it (<see cref="EpochSeed"/>).</summary>
    public KeccakHash BlockHash { get; init; }

    /// <summary>Cash that accounts without legs owe: no closing can pay it any more, it waits for what insurance comes to have (docs/decisions/0008-waiting-debt.md). Coins that they may hold are not taken off.</summary>
    public Wad WaitingDebt => Accounts.Where(a => a.Legs.IsEmpty && a.Cash.Units < 0).Aggregate(Wad.Zero, (sum, a) => sum - a.Cash);
}

/// <summary>Where the book comes from: the chain, through whatever reads it.</summary>
public interface IBookView
{
    /// <summary>The book at the newest block that is final enough to act on.</summary>
    Task<HouseBook> ReadAsync(CancellationToken cancel);

    /// <summary>The book at one block; null where there is no such block yet.</summary>
    Task<HouseBook?> ReadAtAsync(BlockNumber block, CancellationToken cancel);
}
