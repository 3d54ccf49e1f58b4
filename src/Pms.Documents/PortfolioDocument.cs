using Pms.Margin.Portfolios;

namespace Pms.Documents;

/// <summary>A portfolio in the JSON shape that the portfolio reader takes (docs/cli.md, portfolio file).</summary>
public sealed record PortfolioDocument(IReadOnlyList<PortfolioAccount> Accounts)
{
    public static PortfolioDocument Of(IEnumerable<Account> accounts) => new([.. accounts.Select(a => new PortfolioAccount(
        a.Id,
        [.. a.Positions.Select(p => new PortfolioPosition(p.Instrument.Name, p.Quantity))],
        [.. a.Collateral.Select(c => new PortfolioCollateral(c.Asset.Code, c.Amount))]))]);
}

public sealed record PortfolioAccount(string Id, IReadOnlyList<PortfolioPosition> Positions, IReadOnlyList<PortfolioCollateral> Collateral);

public sealed record PortfolioPosition(string Instrument, decimal Quantity);

public sealed record PortfolioCollateral(string Asset, decimal Amount);
