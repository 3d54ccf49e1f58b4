namespace Pms.Margin.Portfolios;

/// <summary>One holding as the file says it, not yet read.</summary>
/// <param name="Place">where it stands, for messages: <c>line 3</c>, <c>accounts[0].positions[2]</c></param>
/// <param name="Account">id</param>
/// <param name="Name">instrument name, or asset code of collateral</param>
/// <param name="Amount">a plain decimal number</param>
/// <param name="Unit">of a position: coin, usd or contracts; empty: the instrument's own</param>
/// <param name="IsCollateral">whether <paramref name="Name"/> is an asset</param>
internal readonly record struct PortfolioRow(string Place, string Account, string Name, string Amount, string? Unit, bool IsCollateral);
