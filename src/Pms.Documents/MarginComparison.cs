using Pms.Margin.Epochs;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Venues;
using Pms.Primitives;

namespace Pms.Documents;

/// <summary>Every model's answer for one book.</summary>
public sealed record MarginComparison(MarginProvenance Provenance, IReadOnlyList<string>? Notes, IReadOnlyList<MarginComparisonAccount> Accounts, IReadOnlyList<ModelTotals> Totals)
{
    /// <summary>This system's model.</summary>
    public const string Own = "pms";

    /// <summary>Models that can answer for a book, in the order of the columns.</summary>
    public static IReadOnlyList<string> Models { get; } = [Own, .. VenueModels.Names];

    /// <summary>Every model on every account; a model that refuses an account says why in its place.</summary>
    /// <param name="epoch">market, array, engine</param>
    /// <param name="accounts">whose contracts have rows in the array</param>
    /// <param name="notes">of the portfolio file</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    public static MarginComparison Of(MarginEpoch epoch, IReadOnlyList<Account> accounts, IReadOnlyList<string> notes, int threads)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(notes);
        var venues = VenueModels.Names.Select(n => VenueModels.Create(n)).ToArray();
        var own = epoch.Engine.EvaluateBook(accounts, threads: threads);
        var compared = accounts.Select((a, i) => new MarginComparisonAccount(a.Id, [OfOwn(own[i]), .. venues.Select(v => OfVenue(v, a, epoch))])).ToArray();
        return new MarginComparison(MarginProvenance.Of(epoch), notes.Count == 0 ? null : notes, compared, TotalsOf(compared));
    }

    private static ModelMargin OfOwn(MarginResult r) => new(Own, Money.Usd(r.Equity), Money.Usd(r.Initial), Money.Usd(r.Maintenance), r.Binding, null);

    private static ModelMargin OfVenue(IVenueModel venue, Account account, MarginEpoch epoch)
    {
        try
        {
            var m = venue.Evaluate(account, epoch.Market);
            return new ModelMargin(venue.Name, Money.Usd(m.Equity), Money.Usd(m.Initial), Money.Usd(m.Maintenance), m.Binding, null);
        }
        catch (InvalidInputException e)
        {
            return new ModelMargin(venue.Name, null, null, null, null, new ErrorBody(e.Code, e.Message));
        }
    }

    private static List<ModelTotals> TotalsOf(MarginComparisonAccount[] accounts)
    {
        var totals = new List<ModelTotals>();
        for (var m = 0; m < Models.Count; m++)
        {
            var answered = accounts.Where(a => a.Models[m].Initial is not null).ToArray();
            var byStatic = answered.Sum(a => a.Models.Single(x => x.Model == "static").Initial ?? 0);
            var initial = answered.Sum(a => a.Models[m].Initial!.Value);
            totals.Add(new ModelTotals(Models[m], initial, answered.Sum(a => a.Models[m].Maintenance!.Value), byStatic > 0 ? (double)(initial / byStatic) : null, accounts.Length - answered.Length));
        }

        return totals;
    }
}

public sealed record MarginComparisonAccount(string Account, IReadOnlyList<ModelMargin> Models);

public sealed record ModelMargin(string Model, decimal? Equity, decimal? Initial, decimal? Maintenance, string? Binding, ErrorBody? Error);

/// <param name="Model">whose</param>
/// <param name="Initial">sum over the accounts that it answered for, USD</param>
/// <param name="Maintenance">the same</param>
/// <param name="OfStatic">initial margin as a share of what the static rule asks of the same accounts</param>
/// <param name="Refused">accounts without an answer</param>
public sealed record ModelTotals(string Model, decimal Initial, decimal Maintenance, double? OfStatic, int Refused);
