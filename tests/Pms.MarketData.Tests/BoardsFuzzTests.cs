using System.Text;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.Testing;

namespace Pms.MarketData.Tests;

/// <summary>Damaged files: whatever the bytes, a reader gives typed events or a typed error, in time linear in the bytes, and no bad number.</summary>
public sealed class BoardsFuzzTests(ITestOutputHelper output)
{
    private const ulong Seed = 0x5EED_B0A2D5;

    // Tokens that number and text parsers are known to trip over.
    private static readonly byte[][] Tokens = new[]
    {
        "NaN", "nan", "Infinity", "-Infinity", "inf", "1e999", "-1e999", "1e-999", "0", "-0", "-1", "0.0000000001", "1e308", "99999999999999999999999999", "0x1F",
        "1,5", "1.5.5", "+", "-", ".", "e5", "1e", "1_000", "\u0661\u0662", "\u221E", "\u00A0", "\uFEFF", "\u202E", "\0", "\"", "\"\"", "'", ",", ",,,,,,", "\n", "\r\n",
        "\r", "\t", "null", "true", "{", "}", "[", "]", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ":", "\\ud800", "\\u0000", "BTC-31FEB31-1-C", "BTC-28MAR31-0-C",
        "BTC-28MAR31-1d2d3-C", "BTC-28MAR99-90000-C", "-PERPETUAL", "2031-13-04T05:06:07Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "1930000000",
        "-9223372036854775808", "9223372036854775807", "32503708800000", "call", "put", "bid", "ask", "true", "false",
    }.Select(Encoding.UTF8.GetBytes).ToArray();

    public static TheoryData<int> Samples()
    {
        var data = new TheoryData<int>();
        for (var i = 0; i < BoardSamples.All.Count; i++)
        {
            data.Add(i);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Read_DamagedSample_TypedOutcomeAndFiniteNumbers(int sample)
    {
        // Method: 1 to 4 mutations of a valid file a case (bits, tokens, cuts, copies, swapped fields), read through the reader of its format under varied
        // limits; every tenth case goes through format detection and gzip, whose bytes are then damaged too.
        var (format, text) = BoardSamples.All[sample];
        var reader = MarketFormats.All.Single(r => r.Format == format);
        var bytes = Encoding.UTF8.GetBytes(text);
        var cases = FuzzBudget.Cases(100_000);
        output.WriteLine($"{format}: seed {Seed + (ulong)sample:x}, {cases} cases");
        var random = new Draw(new Numerics.RandomStream(Seed + (ulong)sample));
        var limits = new[]
        {
            new ReadLimits { Coin = new Asset("BTC"), MaxLineBytes = 4096, MaxDocumentBytes = 1 << 14 },
            new ReadLimits { Coin = new Asset("ETH"), MaxLineBytes = 100, MaxDocumentBytes = 1 << 14 },
            new ReadLimits { MaxLineBytes = 1, MaxRows = 2, MaxJsonDepth = 3, MaxDocumentBytes = 512 },
        };
        long accepted = 0;
        long rejected = 0;
        long failed = 0;
        var codes = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < cases; i++)
        {
            var mutated = Mutate(bytes, random);
            var limit = limits[random.Below(16) switch { 0 => 2, 1 => 1, _ => 0 }];
            try
            {
                var events = random.Below(10) == 0 ? ThroughFile(mutated, random, limit) : reader.Read(new MemoryStream(mutated), limit);
                var count = 0;
                foreach (var marketEvent in events)
                {
                    (++count).ShouldBeLessThanOrEqualTo(16 + (4 * mutated.Length));
                    Check(marketEvent, ref accepted, ref rejected);
                    if (marketEvent is RejectedInput input)
                    {
                        codes.Add(input.Reason.Code);
                    }
                }
            }
            catch (MarketFormatException e)
            {
                e.Code.ShouldNotBeNullOrEmpty();
                e.Message.Any(c => char.IsControl(c)).ShouldBeFalse(e.Message);
                failed++;
            }
            catch (Exception e) when (e is not Shouldly.ShouldAssertException)
            {
                Assert.Fail($"case {i} of {format}: {e.GetType()} for {Convert.ToBase64String(mutated)}: {e}");
            }
        }

        output.WriteLine($"{accepted} quotes, {rejected} rejections, {failed} refused files");
        output.WriteLine(string.Join(' ', codes));
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "formats.md"));
        codes.Where(c => !page.Contains($"`{c}`", StringComparison.Ordinal)).ShouldBeEmpty("every code is on docs/formats.md");
        accepted.ShouldBeGreaterThan(cases / 4, "the mutations must leave much intact, or the readers are not reached");
        (rejected + failed).ShouldBeGreaterThan(cases / 20);
    }

    private static IEnumerable<MarketEvent> ThroughFile(byte[] bytes, Draw random, ReadLimits limits)
    {
        var packed = bytes;
        if (bytes.Length > 0 && random.Below(2) == 0)
        {
            packed = BoardSamples.Gzip(bytes);
            if (random.Below(2) == 0)
            {
                packed[random.Below(packed.Length)] ^= (byte)(1 << random.Below(8));
            }

            if (random.Below(4) == 0)
            {
                packed = packed[..random.Below(packed.Length)];
            }
        }

        using var file = MarketFile.Open(new MemoryStream(packed), "fuzz", limits);
        foreach (var marketEvent in file.ReadEvents())
        {
            yield return marketEvent;
        }
    }

    private static void Check(MarketEvent marketEvent, ref long accepted, ref long rejected)
    {
        marketEvent.Provenance.Source.ShouldNotBeNullOrEmpty();
        switch (marketEvent)
        {
            case QuoteUpdate update:
                accepted++;
                CheckValues(update);
                break;
            case BookImage image:
                accepted++;
                CheckLevels(image.Bids, mayDelete: false);
                CheckLevels(image.Asks, mayDelete: false);
                break;
            case BookChange change:
                CheckLevels(change.Bids, mayDelete: true);
                CheckLevels(change.Asks, mayDelete: true);
                break;
            case IndexUpdate index:
                if (!(index.Price > 0) || !double.IsFinite(index.Price))
                {
                    Assert.Fail($"index {index.Price}");
                }

                break;
            case VolatilityIndexUpdate vol:
                if (!(vol.Vol is > 0 and <= 50))
                {
                    Assert.Fail($"vol index {vol.Vol}");
                }

                break;
            case RejectedInput input:
                rejected++;
                if (input.Position < 1 || input.Reason.Code.Length == 0 || input.Reason.Message.Length == 0
                    || input.Excerpt.Length > RejectedInput.MaxExcerptLength || input.Excerpt.Any(char.IsControl)
                    || input.Reason.Message.Any(char.IsControl) || input.Reason.Message.Length > 1000)
                {
                    Assert.Fail($"bad rejection {input}");
                }

                break;
        }
    }

    // Written out anew, and not through the product's own check: a number that slips past that check must not slip past this one.
    private static void CheckValues(QuoteUpdate update)
    {
        var v = update.Values;
        double?[] prices = [v.Bid, v.Ask, v.Last, v.UnderlyingPrice];
        double?[] vols = [v.MarkVol, v.BidVol, v.AskVol];
        double?[] amounts = [v.Mark, v.BidSize, v.AskSize, v.OpenInterest, v.Volume24h];
        double?[] any = [v.Delta, v.Gamma, v.Vega, v.Theta, v.Rho, v.CurrentFunding, v.Funding8h];
        var ok = prices.All(p => p is null || (double.IsFinite(p.Value) && p > 0))
            && vols.All(p => p is null || (double.IsFinite(p.Value) && p > 0 && p <= 50))
            && amounts.All(p => p is null || (double.IsFinite(p.Value) && p >= 0))
            && any.All(p => p is null || double.IsFinite(p.Value))
            && (update.Instrument is not EuropeanOption { Underlying.Settlement: Settlement.Inverse } || !(v.Bid > 100 || v.Ask > 100 || v.Mark > 100))
            && update.Provenance.ReceivedAt.Year is >= 2010 and < 2100
            && (update.Provenance.ExchangeTime?.Year ?? 2020) is >= 2010 and < 2100;
        if (!ok)
        {
            Assert.Fail($"a number past the border: {update}");
        }
    }

    private static void CheckLevels(System.Collections.Immutable.ImmutableArray<BookLevel> levels, bool mayDelete)
    {
        foreach (var level in levels)
        {
            if (!(level.Price > 0) || !double.IsFinite(level.Price) || !double.IsFinite(level.Amount) || level.Amount < 0 || (level.Amount == 0 && !mayDelete))
            {
                Assert.Fail($"bad level {level}");
            }
        }
    }

    private static byte[] Mutate(byte[] original, Draw random)
    {
        var bytes = original;
        var count = 1 + random.Below(4);
        for (var i = 0; i < count; i++)
        {
            bytes = MutateOnce(bytes, random);
        }

        return bytes;
    }

    private static byte[] MutateOnce(byte[] bytes, Draw random)
    {
        var length = bytes.Length;
        if (length == 0)
        {
            return Tokens[random.Below(Tokens.Length)];
        }

        switch (random.Below(9))
        {
            case 0: // one bit
                var flipped = (byte[])bytes.Clone();
                flipped[random.Below(length)] ^= (byte)(1 << random.Below(8));
                return flipped;
            case 1: // one byte, any value
                var changed = (byte[])bytes.Clone();
                changed[random.Below(length)] = (byte)random.Below(256);
                return changed;
            case 2: // a token instead of a field
                var (start, end) = Field(bytes, random.Below(length));
                return [.. bytes[..start], .. Tokens[random.Below(Tokens.Length)], .. bytes[end..]];
            case 3: // a token somewhere
                var at = random.Below(length);
                return [.. bytes[..at], .. Tokens[random.Below(Tokens.Length)], .. bytes[at..]];
            case 4 when random.Below(4) == 0: // cut off
                return bytes[..random.Below(length)];
            case 5: // a piece removed
                var from = random.Below(length);
                return [.. bytes[..from], .. bytes[Math.Min(length, from + 1 + random.Below(40))..]];
            case 6: // a piece repeated elsewhere
                var source = random.Below(length);
                var piece = bytes[source..Math.Min(length, source + 1 + random.Below(200))];
                var target = random.Below(length);
                return [.. bytes[..target], .. piece, .. bytes[target..]];
            case 7: // two fields swapped
                var (s1, e1) = Field(bytes, random.Below(length));
                var (s2, e2) = Field(bytes, random.Below(length));
                return e1 <= s2 ? [.. bytes[..s1], .. bytes[s2..e2], .. bytes[e1..s2], .. bytes[s1..e1], .. bytes[e2..]] : bytes;
            default: // a digit
                var digit = (byte[])bytes.Clone();
                var place = random.Below(length);
                digit[place] = char.IsAsciiDigit((char)digit[place]) ? (byte)('0' + random.Below(10)) : digit[place];
                return digit;
        }
    }

    private static (int Start, int End) Field(byte[] bytes, int at)
    {
        var start = at;
        while (start > 0 && !IsSeparator(bytes[start - 1]))
        {
            start--;
        }

        var end = at;
        while (end < bytes.Length && !IsSeparator(bytes[end]))
        {
            end++;
        }

        return (start, end);
    }

    private static bool IsSeparator(byte b) => b is (byte)',' or (byte)'\n' or (byte)':' or (byte)'"' or (byte)'{' or (byte)'}' or (byte)' ';

    private sealed class Draw(Numerics.RandomStream stream)
    {
        private ulong _next;

        public int Below(int bound) => bound == 0 ? 0 : (int)(stream.Bits(_next++) % (ulong)bound);
    }
}
