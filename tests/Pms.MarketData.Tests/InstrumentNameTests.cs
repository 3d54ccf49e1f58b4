using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.MarketData.Tests;

public sealed class InstrumentNameTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("BTC-26DEC25-100000-C", Settlement.Inverse, "USD", "BTC")]
    [InlineData("ETH-2AUG26-2500-P", Settlement.Inverse, "USD", "ETH")]
    [InlineData("MATIC_USDC-9MAR24-1d02-C", Settlement.Linear, "USDC", "USDC")]
    [InlineData("BTC-PERPETUAL", Settlement.Inverse, "USD", "BTC")]
    [InlineData("SOL_USDC-PERPETUAL", Settlement.Linear, "USDC", "USDC")]
    [InlineData("BTC-25JUN27", Settlement.Inverse, "USD", "BTC")]
    [InlineData("BTC_USDC", Settlement.Linear, "USDC", "USDC")]
    public void Parse_VenueName_KnowsSettlementAndFormatsBack(string name, Settlement settlement, string quote, string paidIn)
    {
        var instrument = DeribitNames.Parse(name);
        instrument.Underlying.Settlement.ShouldBe(settlement);
        instrument.Underlying.Quote.Code.ShouldBe(quote);
        instrument.Underlying.SettlementAsset.Code.ShouldBe(paidIn);
        instrument.Name.ShouldBe(name);
        instrument.ToString().ShouldBe(name);
    }

    [Fact]
    public void Parse_Option_ReadsEveryTerm()
    {
        var option = (EuropeanOption)DeribitNames.Parse("MATIC_USDC-9MAR24-1d02-P");
        option.Expiry.ShouldBe(new DateTimeOffset(2024, 3, 9, 8, 0, 0, TimeSpan.Zero), "08:00 UTC of the named day");
        option.Strike.ShouldBe(1.02m);
        option.StrikeValue.ShouldBe(1.02);
        option.Type.ShouldBe(OptionType.Put);
    }

    [Theory]
    [InlineData("MATIC_USDC-9MAR24-1D02-C", "MATIC_USDC-9MAR24-1d02-C")]
    [InlineData("MATIC_USDC-9MAR24-1d20-C", "MATIC_USDC-9MAR24-1d2-C")]
    [InlineData("BTC-9MAR24-050000-C", "BTC-9MAR24-50000-C")]
    public void Parse_SecondSpellingOfAStrike_IsTheSameInstrument(string spelling, string canonical)
    {
        DeribitNames.Parse(spelling).ShouldBe(DeribitNames.Parse(canonical));
        DeribitNames.Parse(spelling).Name.ShouldBe(canonical);
        DeribitNames.Parse(spelling).GetHashCode().ShouldBe(DeribitNames.Parse(canonical).GetHashCode());
    }

    [Theory]
    [InlineData("", "instrument-name")]
    [InlineData("BTC", "instrument-name")]
    [InlineData("btc-PERPETUAL", "instrument-name")]
    [InlineData("BTC-perpetual", "instrument-name")]
    [InlineData("BTC-", "instrument-name")]
    [InlineData("-PERPETUAL", "instrument-name")]
    [InlineData("BTC_-PERPETUAL", "instrument-name")]
    [InlineData("BTC_USDC_X-PERPETUAL", "instrument-name")]
    [InlineData("BTC-31FEB26-100-C", "instrument-name")]
    [InlineData("BTC-29FEB25", "instrument-name")]
    [InlineData("BTC-0JAN26", "instrument-name")]
    [InlineData("BTC-02AUG26-100-C", "instrument-name")]
    [InlineData("BTC-2AUG2026-100-C", "instrument-name")]
    [InlineData("BTC-2Aug26-100-C", "instrument-name")]
    [InlineData("BTC-2AUG26-0-C", "instrument-name")]
    [InlineData("BTC-2AUG26-0d0-C", "instrument-name")]
    [InlineData("BTC-2AUG26--100-C", "instrument-name")]
    [InlineData("BTC-2AUG26-1.5-C", "instrument-name")]
    [InlineData("BTC-2AUG26-d5-C", "instrument-name")]
    [InlineData("BTC-2AUG26-5d-C", "instrument-name")]
    [InlineData("BTC-2AUG26-1d2d3-C", "instrument-name")]
    [InlineData("BTC-2AUG26-1e5-C", "instrument-name")]
    [InlineData("BTC-2AUG26-12345678901234-C", "instrument-name")]
    [InlineData("BTC-2AUG26-100-X", "instrument-name")]
    [InlineData("BTC-2AUG26-100-c", "instrument-name")]
    [InlineData("BTC-2AUG26-100", "instrument-name")]
    [InlineData("BTC-2AUG26-100-C-D", "instrument-name")]
    [InlineData(" BTC-PERPETUAL", "instrument-name")]
    [InlineData("BTC-PERPETUAL ", "instrument-name")]
    [InlineData("BTC-\u0662AUG26", "instrument-name")]
    [InlineData("BTC-FS-25JUN27_PERP", "instrument-combo")]
    [InlineData("BTC-STRD-26DEC25-100000", "instrument-combo")]
    [InlineData("BTC-CSR12-25SEP26-65000_68000", "instrument-combo")]
    public void TryParse_NotASingleInstrument_TypedRefusal(string name, string code)
    {
        DeribitNames.TryParse(name, out var instrument, out var refusal).ShouldBeFalse();
        instrument.ShouldBeNull();
        refusal!.Code.ShouldBe(code);
        Should.Throw<InvalidInputException>(() => DeribitNames.Parse(name)).Code.ShouldBe(code);
    }

    [Fact]
    public void Parse_VeryLongName_RefusedWithoutEchoingIt()
    {
        DeribitNames.TryParse(new string('A', 100_000), out _, out var refusal).ShouldBeFalse();
        refusal!.Message.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void Format_RandomInstruments_ParseBackEqual()
    {
        var random = new RandomStream(0x4E41_4D45);
        output.WriteLine($"seed {random.Seed:x}");
        ulong next = 0;
        int Below(int bound) => (int)(random.Bits(next++) % (ulong)bound);
        for (var i = 0; i < FuzzBudget.Cases(100_000); i++)
        {
            var coin = new Asset(new[] { "BTC", "ETH", "SOL", "1INCH", "A" }[Below(5)]);
            var family = Below(2) == 0 ? UnderlyingId.Inverse(coin) : UnderlyingId.Linear(coin, new Asset(Below(2) == 0 ? "USDC" : "USDT"));
            var expiry = new DateTimeOffset(2000, 1, 1, 8, 0, 0, TimeSpan.Zero).AddDays(Below(36_500));
            Instrument instrument = Below(4) switch
            {
                0 => new Perpetual(family),
                1 => new DatedFuture(family, expiry),
                2 when family.Settlement == Settlement.Linear => new Spot(family),
                _ => new EuropeanOption(family, expiry, new decimal(1 + Below(int.MaxValue), 0, 0, false, (byte)Below(10)), (OptionType)Below(2)),
            };
            var back = DeribitNames.Parse(instrument.Name);
            back.ShouldBe(instrument);
            back.Name.ShouldBe(instrument.Name);
            back.GetHashCode().ShouldBe(instrument.GetHashCode());
        }
    }

    [Fact]
    public void TryParse_DamagedNames_RefusedOrCanonical()
    {
        var random = new RandomStream(0xBAD_4E41);
        output.WriteLine($"seed {random.Seed:x}");
        ulong next = 0;
        int Below(int bound) => (int)(random.Bits(next++) % (ulong)bound);
        const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_dD.,+ \0\u0660\uD800";
        string[] valid = ["BTC-26DEC25-100000-C", "MATIC_USDC-9MAR24-1d02-P", "BTC-PERPETUAL", "BTC-25JUN27", "BTC_USDC"];
        var accepted = 0;
        for (var i = 0; i < FuzzBudget.Cases(100_000); i++)
        {
            var name = valid[Below(valid.Length)].ToList();
            for (var change = Below(3); change >= 0; change--)
            {
                var at = Below(name.Count + 1);
                switch (Below(3))
                {
                    case 0:
                        name.Insert(at, Characters[Below(Characters.Length)]);
                        break;
                    case 1 when at < name.Count:
                        name.RemoveAt(at);
                        break;
                    default:
                        if (at < name.Count)
                        {
                            name[at] = Characters[Below(Characters.Length)];
                        }

                        break;
                }
            }

            var text = string.Concat(name);
            if (DeribitNames.TryParse(text, out var instrument, out var refusal))
            {
                accepted++;
                DeribitNames.Parse(instrument.Name).ShouldBe(instrument, text);
            }
            else
            {
                refusal.Code.ShouldStartWith("instrument-");
            }
        }

        accepted.ShouldBeGreaterThan(1_000);
    }

    [Theory]
    [InlineData(1999)]
    [InlineData(2100)]
    public void Format_ExpiryOfAnotherCentury_RefusedInsteadOfRenamed(int year)
    {
        var future = new DatedFuture(UnderlyingId.Inverse(new Asset("BTC")), new DateTimeOffset(year, 6, 1, 8, 0, 0, TimeSpan.Zero));
        Should.Throw<InvalidInputException>(() => future.Name).Code.ShouldBe("expiry-range");
    }

    [Fact]
    public void Expiry_GivenInAnotherZone_IsTheSameInstrumentWithTheSameName()
    {
        // 20:00 on the 27th twelve hours west of Greenwich is 08:00 UTC on the 28th.
        var family = UnderlyingId.Inverse(new Asset("BTC"));
        var west = new DateTimeOffset(2031, 3, 27, 20, 0, 0, TimeSpan.FromHours(-12));
        new EuropeanOption(family, west, 90_000, OptionType.Call).ShouldSatisfyAllConditions(
            o => o.Name.ShouldBe("BTC-28MAR31-90000-C"),
            o => o.Expiry.Offset.ShouldBe(TimeSpan.Zero),
            o => o.ShouldBe(DeribitNames.Parse("BTC-28MAR31-90000-C")));
        new DatedFuture(family, west).Name.ShouldBe("BTC-28MAR31");
    }

    [Fact]
    public void Terms_OfAnInstrument_CannotBeChangedInACopy()
    {
        // A changed copy would keep the name and the strike of the old one, which are worked out once.
        foreach (var type in new[] { typeof(Instrument), typeof(Spot), typeof(Perpetual), typeof(DatedFuture), typeof(EuropeanOption) })
        {
            type.GetProperties().Where(p => p.CanWrite).ShouldBeEmpty(type.Name);
        }
    }

    [Fact]
    public void Asset_ManyCodes_AreNotKeptForTheLifeOfTheProcess()
    {
        // A hostile file may name a new coin in every row.
        var code = string.Concat("LEAK", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        new Asset(code).ShouldBe(new Asset(new string(code.AsSpan())));
        string.IsInterned(new string(code.AsSpan())).ShouldBeNull();
    }

    [Fact]
    public void OkxNames_NameWithTerminalCodes_IsShownWithoutThem()
    {
        OkxNames.TryParse("BTC-\u001b[31mUSD", out _, out var refusal).ShouldBeFalse();
        refusal!.Message.ShouldNotContain("\u001b");
    }

    [Theory]
    [InlineData("")]
    [InlineData("btc")]
    [InlineData("BT C")]
    [InlineData("ABCDEFGHIJKLMNOPQ")]
    [InlineData("\u0412TC")]
    public void Asset_BadCode_Refused(string code)
    {
        Should.Throw<InvalidInputException>(() => new Asset(code)).Code.ShouldBe("asset-code");
        Should.Throw<InvalidInputException>(() => default(Asset).Code).Code.ShouldBe("asset-code");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Option_StrikeNotAboveZero_Refused(int strike)
    {
        Should.Throw<InvalidInputException>(() => new EuropeanOption(UnderlyingId.Inverse(new Asset("BTC")), DateTimeOffset.UnixEpoch, strike, OptionType.Call))
            .Code.ShouldBe("strike-range");
    }
}
