using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Testing;

namespace Pms.Attestation.Tests.Messages;

public sealed class MessageVectorTests
{
    [Theory]
    [InlineData("batchHeader", BatchHeader.TypeString)]
    [InlineData("marginLeaf", MarginLeaf.TypeString)]
    [InlineData("stressRow", StressRow.TypeString)]
    [InlineData("clearance", Clearance.TypeString)]
    [InlineData("settlementPrice", SettlementPrice.TypeString)]
    [InlineData("fundingIndex", FundingIndex.TypeString)]
    [InlineData("order", Order.TypeString)]
    [InlineData("trade", Trade.TypeString)]
    [InlineData("coinWithdrawal", CoinWithdrawal.TypeString)]
    [InlineData("liquidation", LiquidationSlice.TypeString)]
    [InlineData("deleveraging", Deleveraging.TypeString)]
    public void Message_OfTheVectors_HasTheirHashes(string kind, string typeString)
    {
        var vector = VectorFile.Open("attestation-messages.json").GetProperty(kind);
        vector.Text("type").ShouldBe(typeString);
        var cases = vector.List("cases").ToArray();
        cases.Length.ShouldBe(3);
        foreach (var c in cases)
        {
            var message = VectorFile.Message(kind, c.GetProperty("message"));
            var (chain, contract) = (new ChainId(c.U64("chainId")), c.Address("verifyingContract"));
            var domain = kind is "order" or "trade" or "coinWithdrawal" or "liquidation" or "deleveraging" ? Eip712Domain.OfOrders(chain, contract) : Eip712Domain.OfAttestations(chain, contract);
            message.StructHash().ShouldBe(c.Hash("structHash"));
            domain.Separator.ShouldBe(c.Hash("domainSeparator"));
            domain.DigestOf(message).ShouldBe(new Digest(c.Hash("digest")));
        }
    }

    [Fact]
    public void Message_Random_HasTheHashesOfEveryOtherLanguage()
    {
        var last = FuzzBudget.Long ? 100_000UL : 2_000UL;
        var checkpoints = VectorFile.Open("attestation-random.json").List("checkpoints").ToDictionary(c => c.GetProperty("count").GetUInt64(), c => c.Hash("hash"));
        checkpoints.ShouldContainKey(last);
        var running = default(KeccakHash);
        for (var i = 0UL; i < last; i++)
        {
            running = RandomMessages.Fold(running, i);
            if (checkpoints.TryGetValue(i + 1, out var expected))
            {
                running.ShouldBe(expected, $"a message at or before number {i} differs, after the checkpoint before");
            }
        }
    }

    [Fact]
    public void Hashes_OfTheVectors_AreEqual()
    {
        var vector = VectorFile.Open("attestation-hashes.json");
        foreach (var t in vector.List("instruments"))
        {
            new InstrumentTerms((InstrumentKind)t.U8("kind"), new PriceId(t.U8("priceId")), new UnixSeconds(t.U64("expiry")), new UnitPriceWad(t.U128("strikeWad"))).Id().Value.ShouldBe(t.Hash("id"));
        }

        var positions = PositionsHash.Empty;
        foreach (var link in vector.List("positions"))
        {
            positions = positions.After(new InstrumentId(link.Hash("instrument")), new QuantityWad(link.I128("fromWad")), new QuantityWad(link.I128("toWad")));
            positions.Value.ShouldBe(link.Hash("hash"));
        }

        foreach (var s in vector.List("sets"))
        {
            var set = new AttesterSet(new SetId(s.U64("setId")), [.. s.List("members").Select(m => EvmAddress.Parse(m.GetString()!))]);
            set.Hash().ShouldBe(s.Hash("hash"));
            set.Quorum.ShouldBe(set.Members.Length == 7 ? 5 : 3);
        }

        foreach (var p in vector.List("prices"))
        {
            BatchHeader.HashPrices([.. p.List("pricesE8").Select(x => new PriceE8(ulong.Parse(x.GetString()!)))]).ShouldBe(p.Hash("hash"));
        }

        foreach (var s in vector.List("shares"))
        {
            BatchHeader.HashShares([.. s.List("partsPerBillion").Select(x => uint.Parse(x.GetString()!))]).ShouldBe(s.Hash("hash"));
        }

        foreach (var e in vector.List("entries"))
        {
            int[] entries = [.. e.List("entries").Select(x => int.Parse(x.GetString()!))];
            $"0x{Convert.ToHexStringLower(StressRow.EntryBytes(entries))}".ShouldBe(e.Text("bytes"));
            StressRow.HashEntries(entries).ShouldBe(e.Hash("hash"));
        }
    }
}
