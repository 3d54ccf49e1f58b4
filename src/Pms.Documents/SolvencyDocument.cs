using System.Globalization;
using System.Text.Json;
using Pms.Margin.Epochs;
using Pms.Margin.Measures;
using Pms.Primitives;
using Pms.Solvency.Indices;
using Pms.Solvency.Stresses;

namespace Pms.Documents;

/// <summary>What <c>pms solvency show</c> prints (docs/cli.md). Amounts are USD.</summary>
public sealed record SolvencyDocument(MarginProvenance Provenance, SolvencyFigures Solvency, IReadOnlyList<ErrorBody>? Refusals)
{
    /// <param name="epoch">of the book</param>
    /// <param name="assessment">of it</param>
    /// <param name="refusals">why accounts are left out</param>
    public static SolvencyDocument Of(MarginEpoch epoch, SolvencyAssessment assessment, IReadOnlyList<Refusal> refusals) =>
        new(MarginProvenance.Of(epoch), SolvencyFigures.Of(assessment), refusals.Count == 0 ? null : [.. refusals.Select(ErrorBody.Of)]);
}

/// <summary>An index and what it is made of (docs/model/solvency.md).</summary>
/// <param name="Index">resources over shortfall, cut down to 1e-18, at most 1,000</param>
/// <param name="IndexWad">the same as a whole number of 1e-18</param>
/// <param name="Band">strong, covered, short or unknown</param>
/// <param name="Level">of the expected shortfall</param>
/// <param name="Insurance">fund, USD</param>
/// <param name="Backstop">USD</param>
/// <param name="Resources">both</param>
/// <param name="Shortfall">expected, rounded up</param>
/// <param name="StandardError">of it</param>
/// <param name="ShortProbability">that anybody is short</param>
/// <param name="BeyondProbability">that the resources do not suffice</param>
/// <param name="Accounts">that are in it</param>
/// <param name="Refused">that could not be valued and are not</param>
/// <param name="Worst">scenarios, worst first; stress included</param>
/// <param name="Cover1">largest uncovered loss of one owner in any scenario</param>
/// <param name="Cover2">of two owners</param>
/// <param name="Contributors">accounts with a part in the tail</param>
/// <param name="Contributions">the largest of them</param>
public sealed record SolvencyFigures(
    decimal Index,
    string IndexWad,
    string Band,
    double Level,
    decimal Insurance,
    decimal Backstop,
    decimal Resources,
    decimal Shortfall,
    decimal StandardError,
    decimal ShortProbability,
    decimal BeyondProbability,
    int Accounts,
    int Refused,
    IReadOnlyList<SolvencyScenario> Worst,
    SolvencyCover Cover1,
    SolvencyCover Cover2,
    int Contributors,
    IReadOnlyList<SolvencyContribution> Contributions)
{
    /// <summary>Contributions that are told one by one.</summary>
    public const int MostContributions = 50;

    public static SolvencyFigures Of(SolvencyAssessment a)
    {
        ArgumentNullException.ThrowIfNull(a);
        var (insurance, backstop) = (Money.Usd(a.Terms.Resources.Insurance), Money.Usd(a.Terms.Resources.Backstop));
        return new SolvencyFigures(
            a.Index.Value,
            a.Index.Wad.ToString(CultureInfo.InvariantCulture),
            NameOf(a.Band),
            a.Terms.Level.Alpha,
            insurance,
            backstop,
            insurance + backstop,
            Money.Usd(a.Shortfall),
            Money.Usd(a.StandardError / Money.UnitsPerUsd),
            a.ShortProbability / (decimal)TailLevel.Whole,
            a.BeyondProbability / (decimal)TailLevel.Whole,
            a.Accounts,
            a.Refused,
            [.. a.Worst.Select(w => new SolvencyScenario(w.Scenario, w.Description, Money.Usd(w.Shortfall)))],
            SolvencyCover.Of(a.Cover1),
            SolvencyCover.Of(a.Cover2),
            a.Contributions.Length,
            [.. a.Contributions.Take(MostContributions).Select(c => new SolvencyContribution(c.Account, c.Owner, Money.Usd(a.MeanOf(c) / Money.UnitsPerUsd), (double)c.LossMass / (double)a.LossMass))]);
    }

    public static string NameOf(SolvencyBand band) => band switch
    {
        SolvencyBand.Strong => "strong",
        SolvencyBand.Covered => "covered",
        SolvencyBand.Short => "short",
        _ => "unknown",
    };
}

public sealed record SolvencyScenario(int Scenario, string Description, decimal Shortfall);

/// <param name="Amount">USD</param>
/// <param name="Scenario">absent where nobody is short in any</param>
/// <param name="Description">of the scenario</param>
/// <param name="Owners">whose accounts, largest first</param>
public sealed record SolvencyCover(decimal Amount, int? Scenario, string? Description, IReadOnlyList<string> Owners)
{
    internal static SolvencyCover Of(CoverLoss cover) => cover.Scenario < 0
        ? new SolvencyCover(0, null, null, [])
        : new SolvencyCover(Money.Usd(cover.Amount), cover.Scenario, cover.Description, cover.Owners);
}

/// <param name="Account">id</param>
/// <param name="Owner">whose</param>
/// <param name="Mean">its mean uncovered loss over the tail; those of all accounts add up to the expected shortfall</param>
/// <param name="Share">of the expected shortfall</param>
public sealed record SolvencyContribution(string Account, string Owner, decimal Mean, double Share);

/// <summary>What <c>pms solvency whatif</c> prints.</summary>
public sealed record SolvencyWhatIfDocument(MarginProvenance Provenance, SolvencyCase Case, SolvencyFigures Before, SolvencyFigures After)
{
    public static SolvencyWhatIfDocument Of(MarginEpoch epoch, SolvencyWhatIf whatIf, SolvencyAssessment before, SolvencyAssessment after) =>
        new(MarginProvenance.Of(epoch), SolvencyCase.Of(whatIf, after), SolvencyFigures.Of(before), SolvencyFigures.Of(after));
}

/// <param name="Lost">accounts or owners that default</param>
/// <param name="Gaps">coins that fall as collateral</param>
/// <param name="HoursWithoutKeepers">0: none</param>
/// <param name="LossFactor">on every loss</param>
public sealed record SolvencyCase(IReadOnlyList<string> Lost, IReadOnlyList<SolvencyGap> Gaps, double HoursWithoutKeepers, double LossFactor)
{
    public static SolvencyCase Of(SolvencyWhatIf whatIf, SolvencyAssessment after) =>
        new(whatIf.Lost, [.. whatIf.Gaps.Select(g => new SolvencyGap(g.Asset.Code, g.SharePartsPerBillion / 1e9m))], whatIf.HoursWithoutKeepers, after.Terms.Stretch.Factor);
}

/// <param name="Asset">coin</param>
/// <param name="Share">of its value that is lost</param>
public sealed record SolvencyGap(string Asset, decimal Share);

/// <summary>An index as it is kept and told later.</summary>
public sealed record SolvencyPoint(
    long Epoch,
    DateTimeOffset At,
    string ParametersHash,
    string ScenarioSetHash,
    string SnapshotHash,
    double Level,
    int Accounts,
    int Refused,
    decimal Insurance,
    decimal Backstop,
    decimal Shortfall,
    decimal StandardError,
    decimal Worst,
    decimal Cover1,
    decimal Cover2,
    decimal Index,
    string IndexWad,
    string Band)
{
    public static SolvencyPoint Of(SolvencyRecord r)
    {
        ArgumentNullException.ThrowIfNull(r);
        return new SolvencyPoint(
            r.Epoch,
            r.At,
            r.ParametersHash.ToString(),
            r.ScenarioSetHash.ToString(),
            r.SnapshotHash.ToString(),
            r.Level.Alpha,
            r.Accounts,
            r.Refused,
            Money.Usd(r.Resources.Insurance),
            Money.Usd(r.Resources.Backstop),
            Money.Usd(r.Shortfall),
            Money.Usd(r.StandardError / Money.UnitsPerUsd),
            Money.Usd(r.Worst),
            Money.Usd(r.Cover1),
            Money.Usd(r.Cover2),
            r.Index.Value,
            r.Index.Wad.ToString(CultureInfo.InvariantCulture),
            SolvencyFigures.NameOf(r.Band));
    }

    /// <summary>Reads what was kept; index and band must be those of its own numbers.</summary>
    /// <exception cref="InvalidInputException"><c>solvency-record</c></exception>
    public static SolvencyPoint Parse(string json)
    {
        try
        {
            var point = JsonSerializer.Deserialize<SolvencyPoint>(json, DocumentJson.Compact);
            if (point is not null)
            {
                var index = SolvencyIndex.Of(SolvencyResources.OfUsd(point.Insurance, point.Backstop), (Int128)decimal.Ceiling(point.Shortfall * Money.UnitsPerUsd));
                if (index.Wad.ToString(CultureInfo.InvariantCulture) == point.IndexWad && index.Value == point.Index && SolvencyFigures.NameOf(index.Band(point.Refused == 0)) == point.Band)
                {
                    return point;
                }
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidInputException("solvency-record", $"a kept index cannot be read: {PrintableText.Of(e.Message)}", e);
        }

        throw new InvalidInputException("solvency-record", "a kept index is not that of its own numbers");
    }
}
