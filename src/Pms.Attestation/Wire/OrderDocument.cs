using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>A signed order as a file: enough to match it.</summary>
/// <param name="Domain">chain and clearing house</param>
/// <param name="Order">what is signed</param>
/// <param name="Signer">who says to have signed</param>
/// <param name="Signature">not verified here</param>
public sealed record OrderDocument(Eip712Domain Domain, Order Order, EvmAddress Signer, EvmSignature Signature)
{
    public const string Schema = "pms.order/1";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>What is signed.</summary>
    public Digest Digest => Domain.DigestOf(Order);

    public JsonObject ToJson() => new()
    {
        ["schema"] = Schema,
        ["chainId"] = $"{Domain.Chain}",
        ["house"] = $"{Domain.Contract}",
        ["order"] = MessageJson.Of(Order),
        ["digest"] = $"{Digest}",
        ["signer"] = $"{Signer}",
        ["signature"] = $"{Signature}",
    };

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(ToJson(), Indented);

    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c>; <c>order-file</c>: the digest is of another order</exception>
    public static OrderDocument Read(ReadOnlySpan<byte> utf8)
    {
        var f = JsonFields.Parse(utf8);
        f.RequireSchema(Schema);
        var document = new OrderDocument(
            Eip712Domain.OfOrders(new ChainId(f.Whole<ulong>("chainId")), f.Address("house")),
            MessageReader.Order(f.Object("order")),
            f.Address("signer"),
            MessageReader.Signature(f.Text("signature")));
        var digest = f.Text("digest");
        f.End();
        return digest == $"{document.Digest}"
            ? document
            : throw new InvalidInputException("order-file", $"the digest of the order of account {document.Order.Account} is {PrintableText.Of(digest)}; its own fields give {document.Digest}");
    }
}
