using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Documents;
using Pms.Margin.Requirement;
using Pms.Primitives;
using Pms.Server.Epochs;
using Pms.Solvency.Indices;
using Pms.Solvency.Stresses;

namespace Pms.Server.Api;

/// <summary>The Protocol Solvency Index now.</summary>
/// <param name="Epoch">that it is of</param>
/// <param name="AgeMs">of the market</param>
/// <param name="Band">strong, covered or short; unknown where a reason says why</param>
/// <param name="Reasons">why the band is unknown</param>
/// <param name="Solvency">figures; absent where they could not be computed; their own band does not know of age and fund</param>
public sealed record SolvencyAnswer(EpochHead Epoch, long AgeMs, string Band, IReadOnlyList<ErrorBody> Reasons, SolvencyFigures? Solvency);

/// <summary>Indices of the epochs kept, newest first.</summary>
public sealed record SolvencyHistoryAnswer(IReadOnlyList<SolvencyPoint> Items);

/// <summary>Whether the protocol can pay when its accounts cannot (docs/model/solvency.md).</summary>
internal sealed class SolvencyEndpoints(RiskLoop loop)
{
    private const int MostHistory = 1_000;
    private const int MostLost = 64;
    private const int MostGaps = 16;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/solvency", Now).WithSummary("The Protocol Solvency Index and what it is made of").Answers<SolvencyAnswer>();
        api.MapGet("/solvency/history", History).WithSummary("Indices of the epochs kept").Answers<SolvencyHistoryAnswer>();
        api.MapGet("/solvency/whatif", WhatIf).WithSummary("The document of pms solvency whatif --json").Answers<SolvencyWhatIfDocument>();
    }

    internal ApiAnswer Now(long? epoch = null)
    {
        var newest = Answers.Epoch(loop, epoch);
        var age = loop.Time.GetUtcNow() - newest.Snapshot.ObservedAt;
        var solvency = newest.Solvency ?? throw new InvalidInputException("solvency-missing", $"epoch {newest.Number} has no index");
        List<Refusal> reasons = [];
        if (loop.Feed.Status.AgeAt(loop.Time.GetUtcNow()) is not { } marketAge || marketAge.TotalMilliseconds >= loop.Options.DegradedAfterMs)
        {
            reasons.Add(new Refusal("market-stale", $"no market newer than {loop.Options.DegradedAfterMs / 1_000.0:F1} s"));
        }

        if (loop.Failure is { } failure)
        {
            reasons.Add(failure);
        }

        if (!solvency.Fund.IsKnown)
        {
            reasons.Add(new Refusal("fund-unknown", "no insurance fund is configured, and no house names one"));
        }

        if (solvency.Refusal is { } refusal)
        {
            reasons.Add(refusal);
        }

        if (solvency.Assessment is { Refused: > 0 } partial)
        {
            reasons.Add(new Refusal("accounts-refused", $"{partial.Refused} accounts could not be valued and are left out"));
        }

        return ApiAnswer.Json(
            new SolvencyAnswer(
                EpochHead.Of(newest),
                (long)age.TotalMilliseconds,
                SolvencyFigures.NameOf(solvency.Assessment is { } a ? a.Index.Band(isKnown: reasons.Count == 0) : SolvencyBand.Unknown),
                [.. reasons.Select(ErrorBody.Of)],
                solvency.Assessment is { } known ? SolvencyFigures.Of(known) : null),
            newest);
    }

    internal ApiAnswer History(int last = 200) => last is >= 1 and <= MostHistory
        ? ApiAnswer.Json(new SolvencyHistoryAnswer([.. loop.Store.EpochHeads(last).Select(h => JsonSerializer.Deserialize<EpochHead>(h.Head.Span, DocumentJson.Compact)?.Solvency).OfType<SolvencyPoint>()]))
        : throw new InvalidInputException("page-limit", $"last {last}: 1 to {MostHistory} are possible");

    /// <param name="lose">accounts that default</param>
    /// <param name="gap">coins that fall as collateral, as in STETH=0.2</param>
    /// <param name="hours">without keepers</param>
    /// <param name="insurance">fund after, USD; null: as it is</param>
    /// <param name="backstop">after, USD; null: as it is</param>
    /// <param name="epoch">number that the caller saw; null: whichever is the newest</param>
    internal ApiAnswer WhatIf(string[]? lose = null, string[]? gap = null, double hours = 0, decimal? insurance = null, decimal? backstop = null, long? epoch = null)
    {
        if (lose?.Length > MostLost || gap?.Length > MostGaps)
        {
            throw new InvalidInputException("solvency-whatif", $"{lose?.Length} accounts and {gap?.Length} gaps: {MostLost} and {MostGaps} are possible");
        }

        var newest = Answers.Epoch(loop, epoch);
        var solvency = newest.Solvency;
        if (solvency is not { Book: { } book, Assessment: { } before, Fund.Terms: var terms })
        {
            throw solvency?.Refusal?.ToException() ?? new InvalidInputException("solvency-missing", $"epoch {newest.Number} has no index");
        }

        var whatIf = new SolvencyWhatIf
        {
            Lost = [.. lose ?? []],
            Gaps = [.. (gap ?? []).Select(CollateralGap.Parse)],
            HoursWithoutKeepers = hours,
            Resources = insurance is null && backstop is null
                ? null
                : SolvencyResources.OfUsd(insurance ?? Rounding.ToUsd(terms.Resources.Insurance), backstop ?? Rounding.ToUsd(terms.Resources.Backstop)),
        };
        var (then, termsThen) = whatIf.Apply(book, terms);
        return ApiAnswer.AsCommandLine(SolvencyWhatIfDocument.Of(newest.Margin, whatIf, before, SolvencyAssessment.Of(then, termsThen)), newest);
    }
}
