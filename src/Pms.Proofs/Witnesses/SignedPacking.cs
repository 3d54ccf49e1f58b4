using Pms.Proofs.Fields;

namespace Pms.Proofs.Witnesses;

/// <summary>Signed numbers below 2^56 in size, shifted by that and four a field element, the first one lowest: what a challenge is drawn after.</summary>
internal static class SignedPacking
{
    public const int SizeBits = 56;

    /// <summary>Of sums over accounts.</summary>
    public const int TotalBits = 72;

    private const int SignedAField = 4;
    private static readonly FieldElement Step = FieldElement.Of(1L << 57);

    public static int FieldsOf(int count) => (count + SignedAField - 1) / SignedAField;

    public static IEnumerable<FieldElement> Pack(Int128[] values)
    {
        for (var from = 0; from < values.Length; from += SignedAField)
        {
            var packed = FieldElement.Zero;
            for (var j = Math.Min(SignedAField, values.Length - from) - 1; j >= 0; j--)
            {
                packed = (packed * Step) + FieldElement.Of((UInt128)(values[from + j] + (Int128.One << SizeBits)));
            }

            yield return packed;
        }
    }
}
