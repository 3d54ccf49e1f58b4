using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attestation.Tests.Attesters;
using Pms.Attestation.Wire;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Wire;

/// <summary>Messages as JSON: every value comes back equal, and every other form of it is refused.</summary>
public sealed class WireTests
{
    private static readonly HouseWorld World = HouseWorld.Shared;

    private static readonly Batch Batch = BatchBuilder.Build(
        World.Rows, World.Book, new BatchTerms(new SetId(3), new BatchSequence(1), 120), World.Epochs.ParameterHash);

    private static readonly EvmSignature Signature = EvmSignature.FromBytes([.. Enumerable.Repeat((byte)1, 64), 27]);

    private static BatchDocument Document => BatchDocument.Of(AttesterWorld.Policy.Domain, Batch, SnapshotBytes.Write(World.Snapshot)) with
    {
        Signatures = ImmutableSortedDictionary<EvmAddress, EvmSignature>.Empty.Add(AttesterWorld.Registry, Signature),
    };

    [Fact]
    public void Snapshot_SentAndRead_KeepsItsHash() => SnapshotBytes.Read(SnapshotBytes.Write(World.Snapshot)).Hash.ShouldBe(World.Snapshot.Hash);

    [Theory]
    [InlineData("")]
    [InlineData("not a board")]
    [InlineData("account,instrument,quantity\n1,BTC-PERPETUAL,1\n")]
    public void Snapshot_OtherBytes_AreRefused(string text) =>
        Should.Throw<InvalidInputException>(() => SnapshotBytes.Read(System.Text.Encoding.UTF8.GetBytes(text))).Code.ShouldBe("snapshot-bytes");

    [Fact]
    public void Snapshot_CutOff_IsRefused()
    {
        var bytes = SnapshotBytes.Write(World.Snapshot);
        Should.Throw<InvalidInputException>(() => SnapshotBytes.Read(bytes.AsMemory(0, bytes.Length / 2))).Code.ShouldBe("snapshot-bytes");
    }

    [Fact]
    public void BatchProposal_WrittenAndRead_IsEqual()
    {
        var read = ProposalJson.Batch(ProposalJson.Of(Document.Proposed));
        read.Header.ShouldBe(Batch.Header);
        read.Snapshot.Hash.ShouldBe(World.Snapshot.Hash);
    }

    [Fact]
    public void ClearanceProposal_WrittenAndRead_IsEqual()
    {
        var order = new Order
        {
            Account = new AccountNumber(ulong.MaxValue),
            Instrument = World.Perpetual,
            Quantity = new QuantityWad(Int128.MaxValue),
            LimitPrice = new UnitPriceWad(UInt128.MaxValue),
            Expiry = new UnixSeconds(5),
            Nonce = ulong.MaxValue,
            Matcher = AttesterWorld.Registry,
        };
        var trade = new Trade([new Match(order, order with { Quantity = new QuantityWad(Int128.MinValue) }, new QuantityWad(1), new UnitPriceWad(0))]);
        var clearance = new Clearance
        {
            SetId = new SetId(1),
            BatchSequence = new BatchSequence(2),
            ObservedAt = new UnixSeconds(3),
            ValidUntil = new UnixSeconds(4),
            ActionHash = trade.StructHash(),
            ParameterHash = ContentHash.Of([1]),
            Accounts =
            [
                new AccountClearance
                {
                    Account = new AccountNumber(1), Sequence = new AccountSequence(2), Before = PositionsHash.Empty, After = new PositionsHash(Keccak256.Hash([1])), Initial = new UnsignedWad(UInt128.MaxValue),
                    Maintenance = new UnsignedWad(0), MarkValue = new Wad(-1), ReducesRisk = true,
                },
            ],
        };
        var read = ProposalJson.Clearance(ProposalJson.Of(new ClearanceProposal(clearance, trade)));
        read.Clearance.ShouldBe(clearance);
        read.Action.ShouldBe(trade);
        var withdrawal = new CoinWithdrawal(new AccountNumber(1), new CoinIndex(255), new TokenAmount(System.Numerics.BigInteger.Pow(2, 256) - 1), AttesterWorld.Registry);
        ProposalJson.Clearance(ProposalJson.Of(new ClearanceProposal(clearance, withdrawal))).Action.ShouldBe(withdrawal);
        var deleveraging = new Deleveraging(new AccountNumber(1), new AccountNumber(ulong.MaxValue), [new SliceLeg(default, new QuantityWad(Int128.MinValue))], new Wad(Int128.MinValue), new UnsignedWad(UInt128.MaxValue), new UnsignedWad(1));
        ProposalJson.Clearance(ProposalJson.Of(new ClearanceProposal(clearance, deleveraging))).Action.ShouldBe(deleveraging);
    }

    [Fact]
    public void Answer_WrittenAndRead_IsEqual()
    {
        byte[] Bytes(AttesterAnswer answer) => System.Text.Encoding.UTF8.GetBytes(ProposalJson.Of(AttesterWorld.Registry, answer).ToJsonString());
        ProposalJson.Answer(Bytes(AttesterAnswer.Signed(Signature))).Signature.ShouldBe(Signature);
        ProposalJson.Answer(Bytes(AttesterAnswer.Refused("a-code", "why"))).Refusal.ShouldBe(new Refusal("a-code", "why"));
    }

    [Fact]
    public void BatchFile_WrittenAndRead_GivesTheSameBytesAndProofsThatHold()
    {
        var bytes = Document.Write();
        var read = BatchDocument.Read(bytes);
        read.Write().ShouldBe(bytes);
        read.Header.ShouldBe(Batch.Header);
        foreach (var leaf in Batch.Leaves)
        {
            var (own, place, path) = read.Prove(leaf.Account)!.Value;
            own.ShouldBe(leaf);
            Pms.Attestation.Trees.FixedDepthTree.Verify(Batch.Header.AccountsRoot, leaf.StructHash(), place, Batch.Leaves.Length, Pms.Attestation.Trees.FixedDepthTree.AccountDepth, path.AsSpan()).ShouldBeTrue();
        }

        read.Prove(new AccountNumber(99)).ShouldBeNull();
    }

    [Fact]
    public void BatchFile_EveryNumberOfItChanged_IsRefused()
    {
        // Whatever stands in the file is bound by the header's hash; the board, the refused accounts, names and signatures are bound elsewhere.
        var bytes = Document.Write();
        var places = 0;
        foreach (var section in new[] { "header", "pricesE8", "leaves", "rows" })
        {
            foreach (var value in JsonNode.Parse(bytes)![section]!.AsArrayOfValues())
            {
                var document = JsonNode.Parse(bytes)!.AsObject();
                var target = document[section]!.AsArrayOfValues().Single(v => v.GetPath() == value.GetPath());
                if (value.GetPath().EndsWith(".name", StringComparison.Ordinal))
                {
                    continue;
                }

                var text = (string)value!;
                target.ReplaceWith(text.StartsWith("0x", StringComparison.Ordinal) ? text[..^1] + (text[^1] == '0' ? '1' : '0') : text == "0" ? "1" : "0");
                Should.Throw<InvalidInputException>(() => BatchDocument.Read(System.Text.Encoding.UTF8.GetBytes(document.ToJsonString())), value.GetPath()).Code.ShouldBeOneOf("batch-file", "json-field");
                places++;
            }
        }

        places.ShouldBeGreaterThan(50);
    }

    [Theory]
    [InlineData("""{"header":{}}""", "json-field", "board: is missing")]
    [InlineData("""[]""", "json-field", "an object is expected")]
    [InlineData("""{"header":1,"header":2}""", "json-shape", "header")]
    [InlineData("{", "json-shape", "")]
    public void BatchProposal_OtherShape_IsRefused(string json, string code, string says)
    {
        var refusal = Should.Throw<InvalidInputException>(() => ProposalJson.Batch(System.Text.Encoding.UTF8.GetBytes(json)));
        refusal.Code.ShouldBe(code);
        refusal.Message.ShouldContain(says);
    }

    [Fact]
    public void BatchProposal_FieldThatNobodyReads_IsRefusedByName()
    {
        var proposal = JsonNode.Parse(ProposalJson.Of(Document.Proposed))!;
        proposal["header"]!["signMe"] = "1";
        Should.Throw<InvalidInputException>(() => ProposalJson.Batch(System.Text.Encoding.UTF8.GetBytes(proposal.ToJsonString()))).Message.ShouldStartWith("header.signMe: ");
    }

    [Theory]
    [InlineData("01")]
    [InlineData("-0")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-1")]
    [InlineData("18446744073709551616")]
    public void Whole_OtherThanItsOneForm_IsRefused(string text) => Should.Throw<InvalidInputException>(() => JsonFields.WholeOf<ulong>(text, "field")).Code.ShouldBe("json-field");
}

internal static class JsonNodes
{
    /// <summary>All texts below a node.</summary>
    public static IEnumerable<JsonValue> AsArrayOfValues(this JsonNode node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Value!.AsArrayOfValues()),
        JsonArray a => a.SelectMany(i => i!.AsArrayOfValues()),
        _ => [node.AsValue()],
    };
}
