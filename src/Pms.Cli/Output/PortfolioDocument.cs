using Pms.Margin.Portfolios;

namespace Pms.Cli.Output;

/// <summary>A portfolio in the JSON shape that the portfolio reader takes (docs/cli.md, portfolio file).</summary>
internal sealed record PortfolioDocument(IReadOnlyList<PortfolioAccount> Accounts)
{
    public static PortfolioDocument Of(IEnumerable<Account> accounts) => new([.. accounts.Select(a => new PortfolioAccount(
        a.Id,
        [.. a.Positions.Select(p => new PortfolioPosition(p.Instrument.Name, p.Quantity))],
        [.. a.Collateral.Select(c => new PortfolioCollateral(c.Asset.Code, c.Amount))]))]);
}

internal sealed record PortfolioAccount(string Id, IReadOnlyList<PortfolioPosition> Positions, IReadOnlyList<PortfolioCollateral> Collateral);

internal sealed record PortfolioPosition(string Instrument, decimal Quantity);

internal sealed record PortfolioCollateral(string Asset, decimal Amount);
