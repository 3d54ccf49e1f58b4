using Pms.Proofs.Fields;

namespace Pms.Proofs.Hashing;

/// <summary>Several small numbers in one field element, the first one lowest: circuits/lib/src/packing.nr. The caller has shifted them to at least 0 and bounded them.</summary>
internal static class FieldPacking
{
    /// <param name="count">numbers</param>
    /// <param name="valueAt">[number] in [0, 2^bits)</param>
    /// <param name="bits">of each</param>
    /// <param name="perField">how many a field element holds; places beyond the last number hold 0</param>
    public static IEnumerable<FieldElement> Pack(int count, Func<int, ulong> valueAt, int bits, int perField)
    {
        var step = FieldElement.Of(UInt128.One << bits);
        for (var from = 0; from < count; from += perField)
        {
            var packed = FieldElement.Zero;
            for (var k = Math.Min(from + perField, count) - 1; k >= from; k--)
            {
                packed = (packed * step) + FieldElement.Of((UInt128)valueAt(k));
            }

            yield return packed;
        }
    }

    /// <summary>Field elements that so many numbers take.</summary>
    public static int FieldsOf(int count, int perField) => (count + perField - 1) / perField;
}
