using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attestation.Trees;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>One contract of a batch file.</summary>
/// <param name="Name">for people</param>
/// <param name="Row">leaf behind the stress root</param>
public sealed record BatchRow(string Name, StressRow Row);

/// <summary>A batch as a file: header, prices, leaves, rows, the board it was computed from and the signatures so far. Enough to sign, submit, and prove any leaf or row.</summary>
/// <param name="Domain">chain and registry</param>
/// <param name="Header">what is signed</param>
/// <param name="Prices">by price id</param>
/// <param name="Leaves">accounts rising</param>
/// <param name="Refused">accounts without a leaf</param>
/// <param name="Rows">contracts by rising id</param>
/// <param name="Board">from <see cref="SnapshotBytes"/></param>
/// <param name="Signatures">by signer; not verified here</param>
public sealed record BatchDocument(
    Eip712Domain Domain,
    BatchHeader Header,
    ImmutableArray<PriceE8> Prices,
    ImmutableArray<MarginLeaf> Leaves,
    ImmutableArray<RefusedAccount> Refused,
    ImmutableArray<BatchRow> Rows,
    ReadOnlyMemory<byte> Board,
    ImmutableSortedDictionary<EvmAddress, EvmSignature> Signatures)
{
    public const string Schema = "pms.batch/1";

    /// <summary>Accounts that a file may hold: as many as a header can count.</summary>
    public const int MostLeaves = 1 << FixedDepthTree.AccountDepth;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>What is signed.</summary>
    public Digest Digest => Domain.DigestOf(Header);

    public ProposedBatch Proposed => new(Header, Prices, Board);

    public static BatchDocument Of(Eip712Domain domain, Batch batch, ReadOnlyMemory<byte> board)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new BatchDocument(
            domain, batch.Header, batch.Prices, batch.Leaves, batch.Refused, [.. batch.Rows.Rows.Select(r => new BatchRow(batch.Rows.Listing.InstrumentOf(r.Instrument).Name, r))], board,
            ImmutableSortedDictionary<EvmAddress, EvmSignature>.Empty);
    }

    /// <summary>Place and path of an account's leaf; null where it has none.</summary>
    public (MarginLeaf Leaf, int Place, ImmutableArray<KeccakHash> Path)? Prove(AccountNumber account)
    {
        for (var place = 0; place < Leaves.Length; place++)
        {
            if (Leaves[place].Account == account)
            {
                return (Leaves[place], place, AccountTree().Prove(place));
            }
        }

        return null;
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["schema"] = Schema,
            ["chainId"] = $"{Domain.Chain}",
            ["registry"] = $"{Domain.Contract}",
            ["header"] = MessageJson.Of(Header),
            ["headerBytes"] = $"0x{Convert.ToHexStringLower(Header.ToAbi())}",
            ["batchHash"] = $"{Header.StructHash()}",
            ["digest"] = $"{Digest}",
            ["pricesE8"] = MessageJson.List(Prices, p => $"{p}"),
            ["leaves"] = MessageJson.List(Leaves, MessageJson.Of),
            ["refused"] = MessageJson.List(Refused, r => new JsonObject { ["account"] = $"{r.Account}", ["code"] = r.Reason.Code, ["message"] = r.Reason.Message }),
            ["rows"] = MessageJson.List(Rows, r =>
            {
                var row = MessageJson.Of(r.Row);
                row.Insert(0, "name", r.Name);
                return row;
            }),
            ["signatures"] = MessageJson.List(Signatures, s => new JsonObject { ["signer"] = $"{s.Key}", ["signature"] = $"{s.Value}" }),
            ["board"] = Convert.ToBase64String(Board.Span),
        },
        Indented);

    /// <summary>Reads a file and holds it against its own header: prices, leaves and rows must hash to what is signed.</summary>
    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c>; <c>batch-file</c>: a part does not belong to the header</exception>
    public static BatchDocument Read(ReadOnlySpan<byte> utf8)
    {
        var f = JsonFields.Parse(utf8);
        f.RequireSchema(Schema);

        var document = new BatchDocument(
            Eip712Domain.OfAttestations(new ChainId(f.Whole<ulong>("chainId")), f.Address("registry")),
            MessageReader.Header(f.Object("header")),
            [.. f.Texts("pricesE8", 16, t => new PriceE8(JsonFields.WholeOf<ulong>(t, "pricesE8")))],
            [.. f.List("leaves", MostLeaves, MessageReader.Leaf)],
            [.. f.List("refused", MostLeaves, r => new RefusedAccount(new AccountNumber(r.Whole<ulong>("account")), new Refusal(r.Text("code"), r.Text("message"))))],
            [.. f.List("rows", 1 << FixedDepthTree.RowDepth, r => new BatchRow(r.Text("name"), MessageReader.Row(r)))],
            f.Base64("board"),
            SignaturesOf(f));
        document.Require("headerBytes", f.Text("headerBytes"), $"0x{Convert.ToHexStringLower(document.Header.ToAbi())}");
        document.Require("batchHash", f.Text("batchHash"), $"{document.Header.StructHash()}");
        document.Require("digest", f.Text("digest"), $"{document.Digest}");
        document.Require("pricesHash", $"{document.Header.PricesHash}", $"{BatchHeader.HashPrices(document.Prices.AsSpan())}");
        document.Require("accountCount", $"{document.Header.AccountCount}", $"{document.Leaves.Length}");
        document.Require("rowCount", $"{document.Header.RowCount}", $"{document.Rows.Length}");
        document.Require("accountsRoot", $"{document.Header.AccountsRoot}", $"{document.AccountTree().Root}");
        document.Require("stressRoot", $"{document.Header.StressRoot}", $"{FixedDepthTree.Build([.. document.Rows.Select(r => r.Row.StructHash())], FixedDepthTree.RowDepth).Root}");
        f.End();
        return document;
    }

    private static ImmutableSortedDictionary<EvmAddress, EvmSignature> SignaturesOf(JsonFields f)
    {
        var listed = f.List("signatures", AttesterSet.MostMembers, s => (Signer: s.Address("signer"), Signature: MessageReader.Signature(s.Text("signature"))));
        return listed.DistinctBy(s => s.Signer).Count() == listed.Length
            ? listed.ToImmutableSortedDictionary(s => s.Signer, s => s.Signature)
            : throw new InvalidInputException("json-field", "signatures: a signer stands there twice");
    }

    private FixedDepthTree AccountTree() => FixedDepthTree.Build(MarginLeaf.StructHashes(Leaves.AsSpan()), FixedDepthTree.AccountDepth);

    private void Require(string what, string given, string own)
    {
        if (given != own)
        {
            throw new InvalidInputException("batch-file", $"{what} of batch {Header.Sequence} is {PrintableText.Of(given)}; the file's own content gives {own}");
        }
    }
}
