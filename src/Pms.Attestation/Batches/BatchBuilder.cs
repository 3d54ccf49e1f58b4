using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Messages;
using Pms.Attestation.Trees;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>What a batch says beside what is computed.</summary>
/// <param name="SetId">attester set that is asked</param>
/// <param name="Sequence">above the last accepted</param>
/// <param name="ValidSeconds">life of the leaves after the moment of the market</param>
public sealed record BatchTerms(SetId SetId, BatchSequence Sequence, ulong ValidSeconds);

/// <summary>An account without a leaf, and why: nothing that needs margin can be done with it until it has one.</summary>
public sealed record RefusedAccount(AccountNumber Account, Refusal Reason);

/// <summary>One epoch's commitment with all that is needed to prove any leaf or row of it.</summary>
/// <param name="Header">what is signed</param>
/// <param name="Prices">by price id; 0 where an id is not used</param>
/// <param name="Leaves">accounts rising</param>
/// <param name="Accounts">tree of the leaves</param>
/// <param name="Rows">stress rows and their tree</param>
/// <param name="Refused">accounts that could not be margined</param>
public sealed record Batch(
    BatchHeader Header, ImmutableArray<PriceE8> Prices, ImmutableArray<MarginLeaf> Leaves, FixedDepthTree Accounts, HouseRows Rows, ImmutableArray<RefusedAccount> Refused)
{
    /// <summary>Place of an account's leaf; null where it has none.</summary>
    public int? PlaceOf(AccountNumber account)
    {
        var (low, high) = (0, Leaves.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Leaves[middle].Account.CompareTo(account);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }
}

/// <summary>Makes the batch of a book: equal inputs give equal bytes, so that attesters can compare hashes.</summary>
public static class BatchBuilder
{
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">the chain's accounts</param>
    /// <param name="terms">set, sequence, life</param>
    /// <param name="parameterHash">document in force on the chain</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    /// <exception cref="InvalidInputException"><c>batch-empty</c>: no account could be margined; <c>asset-price-missing</c></exception>
    public static Batch Build(HouseRows rows, HouseBook book, BatchTerms terms, ContentHash parameterHash, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(terms);
        var leaves = ImmutableArray.CreateBuilder<MarginLeaf>(book.Accounts.Length);
        var refused = ImmutableArray.CreateBuilder<RefusedAccount>();
        var (maintenance, equity, shortfall) = (UnsignedWad.Zero, Wad.Zero, UnsignedWad.Zero);
        var ordered = book with { Accounts = [.. book.Accounts.OrderBy(a => a.Number)] };
        var requirements = HouseRequirement.OfBook(rows, ordered, threads);
        for (var a = 0; a < requirements.Length; a++)
        {
            var account = ordered.Accounts[a];
            if (requirements[a].Requirement is not { } requirement)
            {
                refused.Add(new RefusedAccount(account.Number, requirements[a].Reason!));
                continue;
            }

            leaves.Add(new MarginLeaf
            {
                Account = account.Number,
                Sequence = account.Sequence,
                Positions = account.Positions,
                Initial = requirement.Initial,
                Maintenance = requirement.Maintenance,
                MarkValue = requirement.MarkValue,
                Decay = requirement.Decay,
            });
            maintenance += requirement.Maintenance;
            equity += requirement.Equity;
            shortfall += requirement.Shortfall.ToUnsigned();
        }

        if (leaves.Count == 0)
        {
            throw new InvalidInputException("batch-empty", $"none of {book.Accounts.Length} accounts has a margin{(refused.Count > 0 ? $"; the first: {refused[0].Reason}" : "")}");
        }

        var all = leaves.ToImmutable();
        var accounts = FixedDepthTree.Build(MarginLeaf.StructHashes(all.AsSpan()), FixedDepthTree.AccountDepth);
        var prices = PricesOf(rows);
        var observed = UnixSeconds.Floor(rows.Epoch.Market.At);
        var header = new BatchHeader
        {
            SetId = terms.SetId,
            Sequence = terms.Sequence,
            ObservedAt = observed,
            ValidUntil = observed.Plus(terms.ValidSeconds),
            BookBlock = book.Block,
            SnapshotHash = rows.Epoch.Market.SnapshotHash,
            ParameterHash = parameterHash,
            ScenarioSetHash = rows.Epoch.Set.Hash,
            ArrayRoot = rows.Epoch.Array.Root,
            StressRoot = rows.Tree.Root,
            StressSharesHash = rows.LossSharesHash,
            PricesHash = BatchHeader.HashPrices(prices.AsSpan()),
            AccountsRoot = accounts.Root,
            AccountCount = (uint)all.Length,
            RowCount = (uint)rows.Rows.Length,
            TotalMaintenance = maintenance,
            TotalEquity = equity,
            TotalShortfall = shortfall,
        };
        return new Batch(header, prices, all, accounts, rows, refused.ToImmutable());
    }

    /// <summary>USD prices of every price id: the index of an underlying, the price of a coin.</summary>
    public static ImmutableArray<PriceE8> PricesOf(HouseRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var market = rows.Epoch.Market;
        var prices = ImmutableArray.CreateBuilder<PriceE8>();
        for (byte id = 0; id < rows.Listing.PriceCount; id++)
        {
            prices.Add(
                rows.Listing.Underlyings.TryGetValue(id, out var coin)
                    ? PriceE8.Nearest(IndexOf(rows, coin))
                    : rows.Listing.AssetOf(new PriceId(id)) is { } asset ? PriceE8.Nearest(market.UsdPrice(asset)) : default);
        }

        return prices.ToImmutable();
    }

    private static double IndexOf(HouseRows rows, Asset coin)
    {
        var family = rows.Epoch.Market.Underlying(UnderlyingId.Linear(coin, rows.Listing.Cash));
        return family.Index * rows.Epoch.Market.UsdPrice(rows.Listing.Cash);
    }
}
