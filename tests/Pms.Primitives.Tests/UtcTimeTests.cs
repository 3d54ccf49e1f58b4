using System.Globalization;
using Pms.Numerics;
using Pms.Testing;

namespace Pms.Primitives.Tests;

public sealed class UtcTimeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("2031-03-04", "2031-03-04T00:00:00Z")]
    [InlineData("2031-03-04T05:06", "2031-03-04T05:06:00Z")]
    [InlineData("2031-03-04T05:06Z", "2031-03-04T05:06:00Z")]
    [InlineData("2031-03-04 05:06:07", "2031-03-04T05:06:07Z")]
    [InlineData("2031-03-04T05:06:07z", "2031-03-04T05:06:07Z")]
    [InlineData("2031-03-04T05:06:07.1Z", "2031-03-04T05:06:07.1Z")]
    [InlineData("2031-03-04T05:06:07.123456+00:00", "2031-03-04T05:06:07.123456Z")]
    [InlineData("2031-03-04T05:06:07.123456789Z", "2031-03-04T05:06:07.123456Z")]
    [InlineData("2031-03-04T00:30:00+05:30", "2031-03-03T19:00:00Z")]
    [InlineData("2031-03-04T23:30:00-05:00", "2031-03-05T04:30:00Z")]
    [InlineData("2032-02-29T00:00:00Z", "2032-02-29T00:00:00Z")]
    public void TryParseIso_Iso_IsTheInstantInUtc(string text, string expected)
    {
        UtcTime.TryParseIso(text, out var instant).ShouldBeTrue();
        instant.ToIso().ShouldBe(expected);
        instant.Offset.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1/2/2031")]
    [InlineData("4 March 2031")]
    [InlineData("2031-3-4")]
    [InlineData("2031-02-29")]
    [InlineData("2031-13-01")]
    [InlineData("2031-00-01")]
    [InlineData("2031-01-00")]
    [InlineData("0000-01-01")]
    [InlineData("2031-03-04T")]
    [InlineData("2031-03-04T24:00:00Z")]
    [InlineData("2031-03-04T05:60:00Z")]
    [InlineData("2031-03-04T05:06:60Z")]
    [InlineData("2031-03-04T05:06:07.Z")]
    [InlineData("2031-03-04T05:06:07.1234567890Z")]
    [InlineData("2031-03-04T05:06:07+0530")]
    [InlineData("2031-03-04T05:06:07+15:00")]
    [InlineData("2031-03-04T05:06:07Z ")]
    [InlineData(" 2031-03-04T05:06:07Z")]
    [InlineData("2031-03-04T05:06:07 PM")]
    [InlineData("\u0662031-03-04")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    public void TryParseIso_AnythingElse_False(string text) => UtcTime.TryParseIso(text, out _).ShouldBeFalse();

    [Fact]
    public void TryParseIso_RandomInstants_RoundTripAndAgreeWithTheFramework()
    {
        var random = new RandomStream(0x7153);
        output.WriteLine($"seed {random.Seed:x}");
        for (ulong i = 0; i < (ulong)FuzzBudget.Cases(100_000); i++)
        {
            var instant = UtcTime.FromUnixMicroseconds((long)(random.Bits(i) % (ulong)UtcTime.MaxUnixMicroseconds));
            UtcTime.TryParseIso(instant.ToIso(), out var back).ShouldBeTrue();
            back.ShouldBe(instant);
            DateTimeOffset.Parse(instant.ToIso(), CultureInfo.InvariantCulture).ShouldBe(instant);
            instant.ToUnixMicroseconds().ShouldBe((long)(random.Bits(i) % (ulong)UtcTime.MaxUnixMicroseconds));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(UtcTime.MaxUnixMicroseconds + 1)]
    [InlineData(long.MaxValue)]
    public void FromUnixMicroseconds_OutsideTheRange_Refused(long microseconds) =>
        Should.Throw<InvalidInputException>(() => UtcTime.FromUnixMicroseconds(microseconds)).Code.ShouldBe("time-range");

    [Fact]
    public void YearsBetween_IsActualOver365()
    {
        var from = new DateTimeOffset(2031, 1, 1, 8, 0, 0, TimeSpan.Zero);
        UtcTime.YearsBetween(from, from.AddDays(365)).ShouldBe(1.0);
        UtcTime.YearsBetween(from, from.AddDays(-73)).ShouldBe(-0.2);
        UtcTime.YearsBetween(from, from.AddHours(1)).ShouldBe(1 / 8760.0);
    }
}
