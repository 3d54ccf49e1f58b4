using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>What attesters are sent and answer, as JSON (docs/protocol.md, section 11).</summary>
public static class ProposalJson
{
    /// <summary>A batch to attest: the header, and the board that it was computed from.</summary>
    /// <param name="batch">whose payload is <see cref="SnapshotBytes"/></param>
    public static byte[] Of(ProposedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Bytes(new JsonObject { ["header"] = MessageJson.Of(batch.Header), ["board"] = Convert.ToBase64String(batch.Payload.Span) });
    }

    /// <summary>A clearance to sign.</summary>
    /// <exception cref="InvalidInputException"><c>clearance-action</c></exception>
    public static byte[] Of(ClearanceProposal proposal)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        return Bytes(new JsonObject
        {
            ["clearance"] = MessageJson.Of(proposal.Clearance),
            ["action"] = proposal.Action switch
            {
                Trade trade => new JsonObject { ["trade"] = new JsonObject { ["matches"] = MessageJson.List(trade.Matches, MessageJson.Of) } },
                CoinWithdrawal withdrawal => new JsonObject { ["withdrawal"] = MessageJson.Of(withdrawal) },
                LiquidationSlice slice => new JsonObject { ["liquidation"] = MessageJson.Of(slice) },
                Deleveraging deleveraging => new JsonObject { ["deleveraging"] = MessageJson.Of(deleveraging) },
                _ => throw ClearanceBuilder.NotCleared(proposal.Action),
            },
        });
    }

    /// <param name="signer">who answers</param>
    /// <param name="answer">its word</param>
    public static JsonObject Of(EvmAddress signer, AttesterAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Signature is { } signature
            ? new JsonObject { ["signer"] = $"{signer}", ["signature"] = $"{signature}" }
            : new JsonObject { ["signer"] = $"{signer}", ["refusal"] = new JsonObject { ["code"] = answer.Refusal!.Code, ["message"] = answer.Refusal.Message } };
    }

    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c>, <c>snapshot-bytes</c></exception>
    public static BatchProposal Batch(ReadOnlySpan<byte> utf8)
    {
        var fields = JsonFields.Parse(utf8);
        var proposal = new BatchProposal(SnapshotBytes.Read(fields.Base64("board")), MessageReader.Header(fields.Object("header")));
        fields.End();
        return proposal;
    }

    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c></exception>
    public static ClearanceProposal Clearance(ReadOnlySpan<byte> utf8)
    {
        var fields = JsonFields.Parse(utf8);
        var clearance = MessageReader.Clearance(fields.Object("clearance"));
        var action = fields.Object("action");
        IStructuredMessage message = action.Has("trade") ? TradeOf(action.Object("trade"))
            : action.Has("liquidation") ? MessageReader.Slice(action.Object("liquidation"))
            : action.Has("deleveraging") ? MessageReader.Deleveraging(action.Object("deleveraging"))
            : MessageReader.Withdrawal(action.Object("withdrawal"));
        action.End();
        fields.End();
        return new ClearanceProposal(clearance, message);
    }

    /// <summary>Reads an answer. Whether the signature is good is the collector's question.</summary>
    /// <exception cref="InvalidInputException"><c>json-shape</c>, <c>json-field</c></exception>
    public static AttesterAnswer Answer(ReadOnlySpan<byte> utf8)
    {
        var fields = JsonFields.Parse(utf8);
        _ = fields.Address("signer");
        if (fields.Has("signature"))
        {
            var signed = AttesterAnswer.Signed(MessageReader.Signature(fields.Text("signature")));
            fields.End();
            return signed;
        }

        var refusal = fields.Object("refusal");
        return AttesterAnswer.Refused(PrintableText.Of(refusal.Text("code")), PrintableText.Of(refusal.Text("message")));
    }

    private static Trade TradeOf(JsonFields f)
    {
        var trade = new Trade([.. f.List("matches", MessageReader.MostMatches, MessageReader.Match)]);
        f.End();
        return trade;
    }

    private static byte[] Bytes(JsonObject document) => JsonSerializer.SerializeToUtf8Bytes(document);
}
