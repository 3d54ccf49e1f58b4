using System.Collections.Immutable;
using System.Globalization;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Margin.Portfolios;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>A house's book from a portfolio file, for batches that no chain has to take: studies, rehearsals, tests.</summary>
public static class PortfolioBook
{
    /// <summary>Accounts whose legs were opened one after the other, by rising id.</summary>
    /// <param name="portfolio">ids are account numbers, or any texts: then accounts are numbered from 1 in order</param>
    /// <param name="listing">is told of every contract</param>
    /// <param name="block">of the book</param>
    /// <exception cref="InvalidInputException"><c>portfolio-collateral</c>: neither cash nor a coin of the house; <c>house-listing</c>: a contract that the house cannot list; <c>quantity-wad</c>, <c>amount-range</c></exception>
    public static HouseBook Of(Portfolio portfolio, HouseListing listing, BlockNumber block)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        ArgumentNullException.ThrowIfNull(listing);
        var numbers = portfolio.Accounts.Select(a => ulong.TryParse(a.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
        var areNumbers = numbers.All(n => n > 0) && numbers.Distinct().Count() == numbers.Length;
        return new HouseBook(
            block,
            [.. portfolio.Accounts.Select((a, i) => AccountOf(a, new AccountNumber(areNumbers ? numbers[i] : (ulong)i + 1), listing)).OrderBy(a => a.Number)],
            ImmutableDictionary<InstrumentId, Wad>.Empty)
        {
            // No chain drew it, so its scenarios are those of a fixed seed for each height.
            BlockHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes($"pms.portfolio-book/1 {block}")),
        };
    }

    private static HouseAccount AccountOf(Account account, AccountNumber number, HouseListing listing)
    {
        ImmutableArray<HouseLeg> legs = [.. account.Positions
            .Select(p => new HouseLeg(listing.Add(listing.TermsOf(p.Instrument)), QuantityWad.Of(p.Quantity), Wad.Zero)).OrderBy(l => l.Instrument)];
        var cash = Wad.Zero;
        var coins = ImmutableSortedDictionary.CreateBuilder<byte, decimal>();
        foreach (var holding in account.Collateral)
        {
            if (holding.Asset == listing.Cash)
            {
                cash = new Wad(QuantityWad.Of(holding.Amount).Units);
                continue;
            }

            var coin = listing.Coins.Where(c => c.Value.Asset == holding.Asset).Select(c => (byte?)c.Key).FirstOrDefault();
            if (coin is not { } index || holding.Amount < 0)
            {
                throw new InvalidInputException(
                    "portfolio-collateral",
                    $"account {account.Id} holds {holding.Amount} {holding.Asset}: cash in {listing.Cash}, and {string.Join(", ", listing.Coins.Values.Select(c => c.Asset))} of at least 0 are what the house takes");
            }

            coins[index] = holding.Amount;
        }

        var hash = legs.Aggregate(PositionsHash.Empty, (h, l) => h.After(l.Instrument, QuantityWad.Zero, l.Quantity));
        return new HouseAccount(number, new AccountSequence((ulong)legs.Length), hash, cash, legs, coins.ToImmutable());
    }
}
