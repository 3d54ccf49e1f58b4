using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>So many lots of a row's contract or asset.</summary>
/// <param name="Row">index in the risk array</param>
/// <param name="Lots">long positive</param>
public readonly record struct RowLots(int Row, long Lots);

/// <summary>Gain of one unit of a contract or asset in every scenario, in whole ticks; immutable.</summary>
public sealed class RiskRow
{
    private const byte ContractKind = 0;
    private const byte AssetKind = 1;

    private readonly int[] _ticks;
    private readonly Lazy<ContentHash> _leafHash;

    internal RiskRow(RowKey key, int lotExponent, long unitValueTicks, int[] ticks, int mostTicks, ContentHash inputsHash)
    {
        Key = key;
        LotExponent = lotExponent;
        UnitValueTicks = unitValueTicks;
        MostTicks = mostTicks;
        InputsHash = inputsHash;
        _ticks = ticks;
        _leafHash = new Lazy<ContentHash>(HashLeaf);
    }

    public RowKey Key { get; }

    /// <summary>A tick is 10 to this power USD per unit; with the lot's exponent it adds up to <see cref="LotRule.MoneyExponent"/>.</summary>
    public int TickExponent => LotRule.MoneyExponent - LotExponent;

    /// <summary>A lot is 10 to this power units.</summary>
    public int LotExponent { get; }

    /// <summary>What one unit is worth now, in ticks, halves to even; 0 for margined futures and perpetuals. A lot is worth as many money units.</summary>
    public long UnitValueTicks { get; }

    /// <summary>The largest |entry|.</summary>
    public int MostTicks { get; }

    /// <summary>Of everything that the entries depend on: a row with equal inputs need not be revalued.</summary>
    public ContentHash InputsHash { get; }

    /// <summary>[scenario] gain of one unit in ticks; also the gain of one lot in money units (1e-6 USD).</summary>
    public ReadOnlySpan<int> Ticks => _ticks;

    /// <summary>Hash of the row as a leaf of the array's tree.</summary>
    public ContentHash LeafHash => _leafHash.Value;

    internal int[] TickArray => _ticks;

    /// <summary>A quantity in lots.</summary>
    /// <param name="quantity">units, long positive</param>
    /// <param name="lots">lots</param>
    /// <param name="refusal"><c>quantity-lot</c>: not a whole number of lots; <c>quantity-range</c>: more than 9.2e18 lots</param>
    public bool TryLots(decimal quantity, out long lots, out Refusal? refusal)
    {
        lots = 0;
        var lot = LotRule.DecimalPowerOfTen(LotExponent);
        // Beyond this the quotient could leave the range of a decimal.
        if (Math.Abs(quantity) > long.MaxValue * Math.Min(lot, 1m))
        {
            refusal = new Refusal("quantity-range", $"{quantity} of {Key} is more than {long.MaxValue} lots of {lot}");
            return false;
        }

        // A product with a power of ten costs a fraction of the quotient; the checks hold for either.
        var exact = LotExponent < 0 ? quantity * LotRule.DecimalPowerOfTen(-LotExponent) : quantity / lot;
        if (exact != decimal.Truncate(exact) || exact * lot != quantity)
        {
            refusal = new Refusal("quantity-lot", $"{quantity} of {Key} is not a whole number of lots of {lot}");
            return false;
        }

        lots = (long)exact;
        refusal = null;
        return true;
    }

    /// <summary>Lots as units.</summary>
    /// <exception cref="OverflowException">beyond 7.9e28 units</exception>
    public decimal Quantity(long lots) => lots * LotRule.DecimalPowerOfTen(LotExponent);

    /// <inheritdoc cref="TryLots"/>
    /// <exception cref="InvalidInputException"><c>quantity-lot</c>, <c>quantity-range</c></exception>
    public long Lots(decimal quantity) => TryLots(quantity, out var lots, out var refusal) ? lots : throw refusal!.ToException();

    /// <summary>The nearest whole number of lots, for amounts that come in any size (collateral); the rest is at most half a lot.</summary>
    /// <param name="amount">units, held positive</param>
    /// <param name="restBound">money units (1e-6 USD), rounded up: the rest gains or loses no more than this in any scenario</param>
    /// <exception cref="InvalidInputException"><c>quantity-range</c></exception>
    public long NearestLots(decimal amount, out long restBound)
    {
        var lot = LotRule.DecimalPowerOfTen(LotExponent);
        if (Math.Abs(amount) > long.MaxValue * Math.Min(lot, 1m))
        {
            throw new InvalidInputException("quantity-range", $"{amount} of {Key} is more than {long.MaxValue} lots of {lot}");
        }

        var exact = amount / lot;
        var lots = decimal.Round(exact, MidpointRounding.ToEven);
        restBound = (long)decimal.Ceiling(Math.Abs(exact - lots) * (MostTicks + 0.5m));
        return (long)lots;
    }

    /// <summary>The canonical bytes of the row without its entries (docs/model/encoding.md).</summary>
    internal byte[] Header()
    {
        var writer = new CanonicalWriter(RiskArray.RowSchema);
        writer.Write(Key.Instrument is null ? AssetKind : ContractKind);
        writer.Write(Key.Name);
        writer.Write(TickExponent);
        writer.Write(LotExponent);
        writer.Write(UnitValueTicks);
        writer.Write(_ticks.Length);
        return writer.WrittenSpan.ToArray();
    }

    private ContentHash HashLeaf()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([MerkleTree.LeafTag]);
        hash.AppendData(Header());
        if (BitConverter.IsLittleEndian)
        {
            hash.AppendData(MemoryMarshal.AsBytes(Ticks));
        }
        else
        {
            var swapped = new int[_ticks.Length];
            BinaryPrimitives.ReverseEndianness(_ticks, swapped);
            hash.AppendData(MemoryMarshal.AsBytes(swapped.AsSpan()));
        }

        Span<byte> result = stackalloc byte[ContentHash.SizeBytes];
        hash.GetHashAndReset(result);
        return ContentHash.FromBytes(result);
    }
}
