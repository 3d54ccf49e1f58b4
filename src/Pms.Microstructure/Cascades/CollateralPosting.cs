using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Procedures;

namespace Pms.Microstructure.Cascades;

/// <summary>Gives accounts the collateral that a rule asks for: what they hold is scaled, its mix of coins and USD kept.</summary>
internal static class CollateralPosting
{
    private const double MostScale = 1_000;

    /// <summary>So that equity is <paramref name="buffer"/> times the initial margin; nothing where positions alone have that much. Who has no position keeps what he has.</summary>
    /// <param name="rule">has seen the market</param>
    /// <param name="accounts">with a mix of collateral; its size does not matter</param>
    /// <param name="buffer">1 or more</param>
    public static ImmutableArray<Account> Post(IMarginRule rule, ImmutableArray<Account> accounts, double buffer)
    {
        double[] Missing(IReadOnlyList<Account> tried) => [.. rule.OfAll(tried).Select(m => m.Equity - (buffer * m.Initial))];
        var none = Missing([.. accounts.Select(a => Scaled(a, 0))]);
        var whole = Missing(accounts);
        var scales = new double[accounts.Length];
        for (var round = 0; round < 2; round++)
        {
            // Equity is nearly linear in the scale: one secant, then another from where it led.
            var at = round == 0 ? whole : Missing([.. accounts.Select((a, i) => Scaled(a, scales[i]))]);
            for (var i = 0; i < scales.Length; i++)
            {
                var from = round == 0 ? 1 : scales[i];
                scales[i] = none[i] >= 0 || from == 0 || !(at[i] > none[i]) ? 0 : Math.Clamp(from * none[i] / (none[i] - at[i]), 0, MostScale);
            }
        }

        var scaled = accounts.Select((a, i) => Scaled(a, scales[i])).ToImmutableArray();
        var left = Missing(scaled);
        return [.. scaled.Select((a, i) => WithUsd(a, Math.Max(-left[i], 0)))];
    }

    /// <summary>Value of all collateral. USD.</summary>
    public static double ValueOf(IEnumerable<Account> accounts, Func<Asset, double> usdPrice) =>
        accounts.Sum(a => a.Collateral.Sum(c => (double)c.Amount * usdPrice(c.Asset)));

    public static Account WithUsd(Account account, double usd)
    {
        var more = decimal.Ceiling((decimal)usd * 100) / 100;
        var held = account.Collateral.Where(c => c.Asset == Asset.Usd).Sum(c => c.Amount) + more;
        return account with
        {
            Collateral = [.. account.Collateral.Where(c => c.Asset != Asset.Usd).Concat(held == 0 ? [] : [new CollateralHolding(Asset.Usd, held)]).OrderBy(c => c.Asset.Code, StringComparer.Ordinal)],
        };
    }

    private static Account Scaled(Account account, double scale) => account.Positions.IsEmpty ? account : account with
    {
        Collateral = [.. account.Collateral.Select(c => c with { Amount = decimal.Round(c.Amount * (decimal)scale, c.Asset == Asset.Usd ? 2 : 8) }).Where(c => c.Amount != 0)],
    };
}
