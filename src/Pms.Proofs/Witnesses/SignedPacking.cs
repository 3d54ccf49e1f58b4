using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Witnesses;

/// <summary>Signed numbers below 2^56 in size, shifted by that and four a field element, the first one lowest: what a challenge is drawn after.</summary>
internal static class SignedPacking
{
    public const int SizeBits = 56;

    /// <summary>Of sums over accounts.</summary>
    public const int TotalBits = 72;

    private const int SignedAField = 4;

    public static int FieldsOf(int count) => FieldPacking.FieldsOf(count, SignedAField);

    public static IEnumerable<FieldElement> Pack(Int128[] values) => FieldPacking.Pack(values.Length, k => (ulong)(values[k] + (Int128.One << SizeBits)), SizeBits + 1, SignedAField);
}
