using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;

namespace Pms.Server.Books;

/// <summary>An expired position that was taken out of the margin.</summary>
/// <param name="Position">as it is held</param>
/// <param name="Price">delivery, quote per coin</param>
/// <param name="Asset">settlement asset</param>
/// <param name="Payment">units of it that the account receives, negative where it pays; rounded down to 1e-8; 0 for futures, whose gains were in the margin until the end</param>
public sealed record SettledPosition(Position Position, double Price, Asset Asset, decimal Payment);

/// <summary>An account as it is margined: expired contracts whose delivery is known are paid out and gone. What it holds in the book stays until its owner's ledger writes it anew.</summary>
/// <param name="Account">margined</param>
/// <param name="Settled">taken out of it; empty: it is margined as it is held</param>
public sealed record SettledAccount(Account Account, ImmutableArray<SettledPosition> Settled)
{
    private const decimal PaymentUnit = 0.00000001m;

    /// <param name="account">as it is held</param>
    /// <param name="deliveries">known ones; an expired contract without one stays, and the margin refuses it</param>
    /// <param name="at">instant of the market</param>
    public static SettledAccount Of(Account account, ImmutableDictionary<(UnderlyingId Underlying, DateTimeOffset Expiry), double> deliveries, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(deliveries);
        if (deliveries.IsEmpty)
        {
            return new SettledAccount(account, []);
        }

        ImmutableArray<SettledPosition> settled = [.. account.Positions.Select(p => Settle(p, deliveries, at)).OfType<SettledPosition>()];
        if (settled.IsEmpty)
        {
            return new SettledAccount(account, []);
        }

        var gone = settled.Select(s => s.Position.Instrument).ToHashSet();
        var assets = account.Collateral.ToDictionary(c => c.Asset, c => c.Amount);
        foreach (var position in settled)
        {
            assets[position.Asset] = assets.GetValueOrDefault(position.Asset) + position.Payment;
        }

        return new SettledAccount(
            new Account(
                account.Id,
                [.. account.Positions.Where(p => !gone.Contains(p.Instrument))],
                [.. assets.Where(a => a.Value != 0).Select(a => new CollateralHolding(a.Key, a.Value)).OrderBy(a => a.Asset.Code, StringComparer.Ordinal)]),
            settled);
    }

    /// <summary>Expiry of a contract that has one.</summary>
    internal static DateTimeOffset? ExpiryOf(Instrument instrument) => instrument switch
    {
        EuropeanOption option => option.Expiry,
        DatedFuture future => future.Expiry,
        _ => null,
    };

    private static SettledPosition? Settle(Position position, ImmutableDictionary<(UnderlyingId Underlying, DateTimeOffset Expiry), double> deliveries, DateTimeOffset at)
    {
        var instrument = position.Instrument;
        if (ExpiryOf(instrument) is not { } expiry || expiry > at || !deliveries.TryGetValue((instrument.Underlying, expiry), out var price))
        {
            return null;
        }

        var payment = 0m;
        if (instrument is EuropeanOption option)
        {
            var delivery = (decimal)price;
            var perUnit = Math.Max(option.Type == OptionType.Call ? delivery - option.Strike : option.Strike - delivery, 0);
            perUnit = option.Underlying.Settlement == Settlement.Inverse ? perUnit / delivery : perUnit;
            payment = decimal.Floor(position.Quantity * perUnit / PaymentUnit) * PaymentUnit;
        }

        return new SettledPosition(position, price, instrument.Underlying.SettlementAsset, payment);
    }
}
