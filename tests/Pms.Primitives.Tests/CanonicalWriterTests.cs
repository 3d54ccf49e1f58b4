namespace Pms.Primitives.Tests;

public sealed class CanonicalWriterTests
{
    [Fact]
    public void Write_EachKind_HasTheBytesOfTheEncodingPage()
    {
        var writer = new CanonicalWriter("s/1");
        writer.Write((byte)7);
        writer.Write(true);
        writer.Write(-2);
        writer.Write(0x0102030405060708);
        writer.Write(1.5);
        writer.Write(-0.0);
        writer.Write((double?)null);
        writer.Write((double?)1.0);
        writer.Write("\u00E9");
        writer.Write(DateTimeOffset.UnixEpoch.AddMilliseconds(1));
        writer.Write((DateTimeOffset?)null);
        Convert.ToHexStringLower(writer.WrittenSpan).ShouldBe(
            "03000000" + "732f31"
            + "07" + "01" + "feffffff" + "0807060504030201"
            + "000000000000f83f" + "0000000000000000" + "00" + "01000000000000f03f"
            + "02000000c3a9" + "e803000000000000" + "00");
        writer.LengthBytes.ShouldBe(writer.WrittenSpan.Length);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Write_NotFinite_Refused(double value)
    {
        Should.Throw<InvalidInputException>(() => new CanonicalWriter("s").Write(value)).Code.ShouldBe("not-finite");
        Should.Throw<InvalidInputException>(() => new CanonicalWriter("s").Write((double?)value)).Code.ShouldBe("not-finite");
    }

    [Fact]
    public void Write_HalfASurrogatePair_RefusedInsteadOfReplaced()
    {
        Should.Throw<InvalidInputException>(() => new CanonicalWriter("s").Write("a\uD800")).Code.ShouldBe("text-damaged");
    }

    [Fact]
    public void Hash_OfTheEmptyText_IsTheKnownSha256()
    {
        ContentHash.Of([]).ToString().ShouldBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "FIPS 180-4 example");
        ContentHash.Of("abc"u8).ToString().ShouldBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "FIPS 180-4 example");
    }

    [Fact]
    public void ContentHash_TextAndBytes_RoundTripAndCompare()
    {
        var hash = ContentHash.Of("abc"u8);
        ContentHash.Parse(hash.ToString()).ShouldBe(hash);
        ContentHash.Parse(hash.ToString().ToUpperInvariant()).ShouldBe(hash);
        Span<byte> bytes = stackalloc byte[ContentHash.SizeBytes];
        hash.CopyTo(bytes);
        ContentHash.FromBytes(bytes).ShouldBe(hash);
        (hash == ContentHash.FromBytes(bytes)).ShouldBeTrue();
        (hash != ContentHash.Of([])).ShouldBeTrue();
        bytes[31] ^= 1;
        ContentHash.FromBytes(bytes).ShouldNotBe(hash);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ba7816bf")]
    [InlineData("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015")]
    public void ContentHash_BadText_Refused(string text) => Should.Throw<InvalidInputException>(() => ContentHash.Parse(text)).Code.ShouldBe("hash-format");

    [Fact]
    public void ContentHash_BadLength_Refused() => Should.Throw<InvalidInputException>(() => ContentHash.FromBytes(new byte[31])).Code.ShouldBe("hash-length");
}
