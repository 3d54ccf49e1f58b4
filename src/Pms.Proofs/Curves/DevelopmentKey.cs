using Pms.Proofs.Fields;

namespace Pms.Proofs.Curves;

/// <summary>
/// A commitment key (structured reference string) for development: powers of a tau that everybody knows, so anybody can forge proofs under it. It is for tests and local chains alone; a real one comes from a ceremony,
/// and its files are the operator's.
/// </summary>
/// <remarks>The tau is 3: a point is three times the one before, two additions. A secret is not lost, as there is none. Formulas: EFD, short Weierstrass a = 0, dbl-2009-l and madd-2007-bl.</remarks>
public static class DevelopmentKey
{
    /// <summary>The tau.</summary>
    public const int Tau = 3;

    /// <summary>Bytes of a point: affine x and y, most significant first.</summary>
    public const int PointBytes = 64;

    private const int Chunk = 1 << 14;

    /// <summary>tau times the generator of the second group: x.c0, x.c1, y.c0, y.c1, 32 bytes each, as Barretenberg's bn254_g2.dat has them; tests check it against a second implementation.</summary>
    public static ReadOnlySpan<byte> SecondGroup => SecondGroupBytes;

    private static readonly byte[] SecondGroupBytes = Convert.FromHexString(
        "06064e784db10e9051e52826e192715e8d7e478cb09a5e0012defa0694fbc7f5" + "1014772f57bb9742735191cd5dcfe4ebbc04156b6878a0a7c9824f32ffb66e85" + "058e1d5681b5b9e0074b0f9c8d2c68a069b920d74521e79765036d57666c5597" + "021e2335f3354bb7922ffcc2f38d3323dd9453ac49b55441452aeaca147711b2");

    /// <summary>Writes tau^i times the generator of the first group, i = 0 to count - 1.</summary>
    /// <param name="destination">as Barretenberg's bn254_g1.dat</param>
    /// <param name="count">points</param>
    public static void WriteFirstGroup(Stream destination, int count)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var (x, y, z) = (PrimeElement<CoordinatePrime>.One, PrimeElement<CoordinatePrime>.Of(2L), PrimeElement<CoordinatePrime>.One);
        var points = new (PrimeElement<CoordinatePrime> X, PrimeElement<CoordinatePrime> Y, PrimeElement<CoordinatePrime> Z)[Chunk];
        var before = new PrimeElement<CoordinatePrime>[Chunk];
        var bytes = new byte[Chunk * PointBytes];
        for (var done = 0; done < count; done += Chunk)
        {
            var length = Math.Min(Chunk, count - done);
            var product = PrimeElement<CoordinatePrime>.One;
            for (var i = 0; i < length; i++)
            {
                points[i] = (x, y, z);
                before[i] = product;
                product *= z;
                (x, y, z) = Triple(x, y, z);
            }

            // One inversion for all of them (Montgomery's trick).
            var inverse = product.Inverse();
            for (var i = length - 1; i >= 0; i--)
            {
                var own = inverse * before[i];
                inverse *= points[i].Z;
                var square = own * own;
                (points[i].X * square).WriteBigEndian(bytes.AsSpan(i * PointBytes));
                (points[i].Y * square * own).WriteBigEndian(bytes.AsSpan((i * PointBytes) + (PointBytes / 2)));
            }

            destination.Write(bytes, 0, length * PointBytes);
        }
    }

    private static (PrimeElement<CoordinatePrime> X, PrimeElement<CoordinatePrime> Y, PrimeElement<CoordinatePrime> Z) Triple(
        PrimeElement<CoordinatePrime> x1, PrimeElement<CoordinatePrime> y1, PrimeElement<CoordinatePrime> z1)
    {
        // Twice the point (dbl-2009-l).
        var a = x1 * x1;
        var b = y1 * y1;
        var c = b * b;
        var d = (x1 + b) * (x1 + b) - a - c;
        d += d;
        var e = a + a + a;
        var x2 = (e * e) - d - d;
        var c8 = c + c;
        c8 += c8;
        c8 += c8;
        var y2 = (e * (d - x2)) - c8;
        var z2 = y1 * z1;
        z2 += z2;

        // And once more (add-2007-bl); the two are never equal or opposite, as the point has a large prime order.
        var z1z1 = z1 * z1;
        var z2z2 = z2 * z2;
        var u1 = x1 * z2z2;
        var u2 = x2 * z1z1;
        var s1 = y1 * z2 * z2z2;
        var s2 = y2 * z1 * z1z1;
        var h = u2 - u1;
        var i = h + h;
        i *= i;
        var j = h * i;
        var r = s2 - s1;
        r += r;
        var v = u1 * i;
        var x3 = (r * r) - j - v - v;
        var s1j = s1 * j;
        var y3 = (r * (v - x3)) - s1j - s1j;
        var z3 = ((z1 + z2) * (z1 + z2) - z1z1 - z2z2) * h;
        return (x3, y3, z3);
    }
}
