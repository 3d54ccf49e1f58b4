using Pms.MarketData.Instruments;

namespace Pms.Volatility.Quotes;

/// <summary>What became of one option quote in a fit.</summary>
/// <param name="Option">contract</param>
/// <param name="K">ln(strike / forward of this quote)</param>
/// <param name="BidStdDev">vol sqrt(years) of the bid; 0 where the bid is absent or holds no time value</param>
/// <param name="AskStdDev">vol sqrt(years) of the ask; infinite where it is absent</param>
/// <param name="IsTwoSided">both sides shown</param>
/// <param name="Reason">why it was left out, or <see cref="QuarantineReason.None"/></param>
public readonly record struct QuoteVerdict(EuropeanOption Option, double K, double BidStdDev, double AskStdDev, bool IsTwoSided, QuarantineReason Reason)
{
    public bool IsUsed => Reason == QuarantineReason.None;
}
