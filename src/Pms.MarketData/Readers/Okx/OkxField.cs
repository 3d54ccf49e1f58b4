using System.Text;

namespace Pms.MarketData.Readers.Okx;

/// <summary>The fields of OKX's data objects that this project reads; all others are skipped.</summary>
internal enum OkxField : byte
{
    None,
    InstId,
    Last,
    AskPx,
    AskSz,
    BidPx,
    BidSz,
    VolCcy24h,
    Ts,
    TradeId,
    Px,
    Sz,
    Side,
    Checksum,
    SeqId,
    PrevSeqId,
    MarkPx,
    IdxPx,
    DeltaBS,
    GammaBS,
    VegaBS,
    ThetaBS,
    MarkVol,
    BidVol,
    AskVol,
    FwdPx,
    CtVal,
    CtMult,
    CtValCcy,
    ExpTime,
    TickSz,
    MinSz,
    State,
    ListTime,
    InstType,
    OptType,
    Stk,
    LastText = Stk,
    Asks,
    Bids,
}

internal static class OkxFields
{
    /// <summary>OKX writes its names as the members above with a small first letter.</summary>
    private static readonly Dictionary<byte[], OkxField> Table = Enum.GetValues<OkxField>()
        .Where(f => f != OkxField.None && Enum.GetName(f) != nameof(OkxField.LastText))
        .Distinct()
        .ToDictionary(f => Encoding.UTF8.GetBytes(Name(f)), f => f, Utf8KeyComparer.Instance);

    public static OkxField Find(ReadOnlySpan<byte> name)
    {
        return Table.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var field) ? field : OkxField.None;
    }

    public static string Name(OkxField field)
    {
        var name = field == OkxField.Stk ? nameof(OkxField.Stk) : field.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
