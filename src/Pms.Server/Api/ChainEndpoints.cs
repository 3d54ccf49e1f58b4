using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Attestation.Amounts;
using Pms.Attestation.Wire;
using Pms.Primitives;
using Pms.Server.Chain;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>What stands on the chain: batches and their proofs, liquidations, keepers, governed numbers.</summary>
/// <param name="loop">margins</param>
/// <param name="chain">null: this server follows none</param>
internal sealed class ChainEndpoints(RiskLoop loop, ChainLoop? chain)
{
    private const int MostPage = 500;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/chain", Chain).WithSummary("Where the house stands, its attesters, the newest batch").Answers<ChainDocument>();
        api.MapGet("/batches", Batches).WithSummary("Batches, newest first, accepted or not").Answers<BatchPage>();
        api.MapGet("/batches/current", Current).WithSummary("The batch in force as pms batch and keepers read it, with its signatures").AnswersFile(OpenApiRoutes.Json);
        api.MapGet("/accounts/{id}/attestation", Attestation).WithSummary("An account's leaf in the batch in force, its path, the header and its signatures").Answers<AttestationDocument>();
        api.MapGet("/liquidations", Liquidations).WithSummary("Accounts under liquidation or due for it, and what happened").Answers<LiquidationPage>();
        api.MapGet("/keepers", Keepers).WithSummary("Keepers of this server and what they last decided").Answers<KeeperPage>();
        api.MapGet("/solvency/proof", Proof).WithSummary("The newest zero-knowledge proof of solvency that the chain accepted").Answers<SolvencyProofDocument>();
        api.MapGet("/governance", Governance).WithSummary("Governed numbers on the chain with their bounds").Answers<GovernancePage>();
    }

    internal ApiAnswer Chain() => ApiAnswer.Json(chain?.Document ?? new ChainDocument("absent", null, [], null, null, null, null));

    internal ApiAnswer Batches(int last = 100)
    {
        var batches = Required().Batches;
        return last is >= 1 and <= MostPage
            ? ApiAnswer.Json(new BatchPage([.. batches.Take(last)]))
            : throw new InvalidInputException("page-limit", $"last {last}: 1 to {MostPage} are possible");
    }

    internal ApiAnswer Current() => new(InForce().Document.Write(), OpenApiRoutes.Json, null);

    internal ApiAnswer Attestation(string id, long? epoch = null)
    {
        var (summary, batch) = InForce();
        var house = Required().Identity!;
        _ = Answers.Account(Answers.Epoch(loop, epoch), id);
        var number = ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
        if (number == 0 || batch.Prove(new AccountNumber(number)) is not { } proven)
        {
            var refused = batch.Refused.FirstOrDefault(r => r.Account.Value == number);
            throw new InvalidInputException("leaf-missing", refused is null ? $"account '{PrintableText.Of(id)}' has no leaf in batch {batch.Header.Sequence}: it is not the house's, or was opened later" : $"account {number} has no leaf in batch {batch.Header.Sequence}: {refused.Reason.Message}");
        }

        return ApiAnswer.Json(new AttestationDocument(
                summary,
                $"{batch.Domain.Chain}",
                $"{batch.Domain.Contract}",
                MessageJson.Of(batch.Header),
                MessageJson.Of(proven.Leaf),
                proven.Place,
                [.. proven.Path.Select(h => $"{h}")],
                [.. batch.Signatures.Select(s => new SignatureRow($"{s.Key}", $"{s.Value}"))],
                house.Members,
                house.Quorum));
    }

    internal ApiAnswer Liquidations() => ApiAnswer.Json(Required().Liquidations ?? throw NotYet());

    internal ApiAnswer Keepers() => ApiAnswer.Json(new KeeperPage(Required().Keepers));

    internal ApiAnswer Proof() => ApiAnswer.Json(chain?.Proof ?? SolvencyProofDocument.None);

    internal ApiAnswer Governance() => ApiAnswer.Json(Required().Governance ?? throw NotYet());

    private (BatchSummary Summary, BatchDocument Document) InForce() => Required().InForce is { } batch ? (batch.Summary, batch.Document!) : throw NotYet();

    private ChainLoop Required() => chain ?? throw new InvalidInputException("chain-absent", "this server follows no chain");

    private static InvalidInputException NotYet() => new("chain-starting", "the chain is being followed, but nothing of it is known yet: /api/v1/chain says how far it is");
}
