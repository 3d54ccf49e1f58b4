using System.Collections.Immutable;
using System.Globalization;
using Pms.Margin.Arrays;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Solvency.Accounts;
using Pms.Solvency.Indices;
using Pms.Solvency.Shortfalls;

namespace Pms.Solvency.Stresses;

/// <summary>A coin that falls as collateral, at once, before the scenario.</summary>
/// <param name="Asset">held by accounts; not USD, which all is counted in</param>
/// <param name="SharePartsPerBillion">of its value that is lost, 1 to 1e9</param>
public readonly record struct CollateralGap(Asset Asset, int SharePartsPerBillion)
{
    /// <exception cref="InvalidInputException"><c>solvency-gap</c></exception>
    public static CollateralGap Of(Asset asset, double share) => share is > 0 and <= 1 && asset != Asset.Usd
        ? new CollateralGap(asset, (int)Math.Ceiling(share * 1e9))
        : throw new InvalidInputException("solvency-gap", $"a gap of {share} in {asset}: a share above 0, at most 1, of an asset other than USD is required");

    /// <param name="text">as in STETH=0.2</param>
    /// <exception cref="InvalidInputException"><c>solvency-gap</c></exception>
    public static CollateralGap Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('=');
        return parts.Length == 2 && Asset.IsValid(parts[0]) && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
            ? Of(new Asset(parts[0]), share)
            : throw new InvalidInputException("solvency-gap", $"gap '{PrintableText.Of(text)}' is not ASSET=SHARE");
    }
}

/// <summary>What might go wrong beside the scenarios; all of it at once. docs/model/solvency.md says what each assumes.</summary>
/// <remarks>
/// In this order: lost owners take out what they may, so that their accounts are worth no more than their initial margins; coins fall; then the scenario, with losses stretched by the hours without keepers.
/// None of the three ever raises an index.
/// </remarks>
public sealed record SolvencyWhatIf
{
    /// <summary>Accounts or owners that default.</summary>
    public ImmutableArray<string> Lost { get; init; } = [];

    public ImmutableArray<CollateralGap> Gaps { get; init; } = [];

    /// <summary>Nobody liquidates for so long after the horizon. Hours, at least 0.</summary>
    public double HoursWithoutKeepers { get; init; }

    /// <summary>In place of what there is; null: as it is.</summary>
    public SolvencyResources? Resources { get; init; }

    /// <param name="book">as it is</param>
    /// <param name="terms">as they are</param>
    /// <exception cref="InvalidInputException"><c>account-missing</c>, <c>solvency-gap</c>, <c>solvency-hours</c>, <c>solvency-resources</c>, <c>margin-overflow</c></exception>
    public (SolvencyBook Book, SolvencyTerms Terms) Apply(SolvencyBook book, SolvencyTerms terms)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(terms);
        var gaps = new Dictionary<int, int>();
        foreach (var gap in Gaps)
        {
            if (gap.SharePartsPerBillion is < 1 or > 1_000_000_000 || !book.Array.TryFind(gap.Asset, out var row) || gap.Asset == Asset.Usd || !gaps.TryAdd(row, gap.SharePartsPerBillion))
            {
                throw new InvalidInputException("solvency-gap", $"a gap of {gap.SharePartsPerBillion} parts per billion in {gap.Asset}: each asset once, held by an account, not USD");
            }
        }

        foreach (var lost in Lost)
        {
            if (!book.Accounts.Any(a => a.Id == lost || a.Owner == lost))
            {
                throw new InvalidInputException("account-missing", $"the book has neither an account nor an owner '{PrintableText.Of(lost)}'");
            }
        }

        long Unit(int row) => book.Array.Rows[row].UnitValueTicks;
        var gone = Lost.ToHashSet(StringComparer.Ordinal);
        var accounts = book.Accounts.Select(a => gone.Contains(a.Id) || gone.Contains(a.Owner) ? Withdrawn(a) : a).Select(a => Fallen(a, gaps, Unit));
        var stretch = HoursWithoutKeepers == 0 ? terms.Stretch : LossStretch.OfHours(HoursWithoutKeepers, book.Set.HorizonYears);
        return (book with { Accounts = [.. accounts] }, terms with { Resources = Resources ?? terms.Resources, Stretch = stretch });
    }

    /// <summary>Worth no more than its initial margin: the rest is taken out, in cash, before it defaults.</summary>
    internal static SolvencyAccount Withdrawn(SolvencyAccount account) => account.Initial is { } initial && initial < account.Equity ? account with { Equity = initial } : account;

    /// <summary>Of each coin the lost share of the units is gone, with all that they would gain; the units that stay are rounded down. Debts stay.</summary>
    /// <param name="account">before</param>
    /// <param name="gaps">row of an asset, share lost in parts per billion</param>
    /// <param name="unitValue">money units of a lot now</param>
    internal static SolvencyAccount Fallen(SolvencyAccount account, IReadOnlyDictionary<int, int> gaps, Func<int, long> unitValue)
    {
        if (gaps.Count == 0 || !account.Holdings.Any(h => h.Lots > 0 && gaps.ContainsKey(h.Row)))
        {
            return account;
        }

        Int128 equity = account.Equity;
        var holdings = ImmutableArray.CreateBuilder<RowLots>(account.Holdings.Length);
        foreach (var holding in account.Holdings)
        {
            var kept = holding.Lots;
            if (kept > 0 && gaps.TryGetValue(holding.Row, out var share))
            {
                kept = (long)((Int128)kept * (1_000_000_000 - share) / 1_000_000_000);
                equity -= (Int128)(holding.Lots - kept) * unitValue(holding.Row);
            }

            holdings.Add(holding with { Lots = kept });
        }

        return account with { Equity = Rounding.Checked(equity, "the worth of the account"), Holdings = holdings.MoveToImmutable() };
    }
}
