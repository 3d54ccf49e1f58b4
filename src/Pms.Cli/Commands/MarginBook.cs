using System.Globalization;
using Pms.Cli.Output;
using Pms.Margin.Epochs;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.Margin.Venues;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>What <c>pms margin</c> does with a board and a book: one model, or all of them side by side.</summary>
internal static class MarginBook
{
    private const string Own = "pms";
    private const int MostRows = 40;

    /// <summary>Models that can answer for a book.</summary>
    public static IReadOnlyList<string> Models { get; } = [Own, .. VenueModels.Names];

    public static int Run(CommandContext context, MarginInputs inputs, string model)
    {
        if (!Models.Contains(model, StringComparer.Ordinal))
        {
            throw new InvalidInputException("venue-model", $"there is no model '{PrintableText.Of(model)}'; there are {string.Join(", ", Models)}");
        }

        var run = inputs.Read(context);
        var notes = run.Portfolio.Notes;
        if (model == Own)
        {
            var epoch = run.Epoch();
            var results = epoch.Engine.EvaluateBook(run.Portfolio.Accounts, threads: run.Threads);
            Write(context, MarginDocument.Of(epoch, notes, results));
            return results.Any(r => r.Excess < 0) ? ExitCode.MarginCall : ExitCode.Ok;
        }

        // A venue's model needs the market alone: no scenario set, no risk array. What cannot be valued, as an expired contract, is refused as an array would.
        var market = run.Market(out var assumed);
        var valuation = new ScenarioValuation(market, run.Inputs.Parameters.Array.PerpetualBasisDays / 365);
        foreach (var instrument in run.Portfolio.Accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Distinct())
        {
            _ = valuation.Of(instrument);
        }

        var venue = VenueModels.Create(model);
        var margins = run.Portfolio.Accounts.Select(a => (a.Id, venue.Evaluate(a, market))).ToArray();
        Write(context, MarginDocument.Of(MarginProvenance.Of(run.Inputs, market, assumed), model, notes, margins));
        return margins.Any(m => m.Item2.Equity < m.Item2.Maintenance) ? ExitCode.MarginCall : ExitCode.Ok;
    }

    public static int RunAll(CommandContext context, MarginInputs inputs)
    {
        var run = inputs.Read(context);
        var epoch = run.Epoch();
        var comparison = Compare(epoch, run.Portfolio, run.Threads);
        if (context.Json)
        {
            JsonOutput.Write(comparison);
        }
        else
        {
            WriteTable(comparison);
        }

        return ExitCode.Ok;
    }

    /// <summary>Every model on every account; a model that refuses an account says why in its place.</summary>
    public static MarginComparison Compare(MarginEpoch epoch, Portfolio portfolio, int threads)
    {
        var venues = VenueModels.Names.Select(n => VenueModels.Create(n)).ToArray();
        var own = epoch.Engine.EvaluateBook(portfolio.Accounts, threads: threads);
        var accounts = portfolio.Accounts.Select((a, i) => new MarginComparisonAccount(a.Id, [OfOwn(own[i]), .. venues.Select(v => OfVenue(v, a, epoch))])).ToArray();
        return new MarginComparison(MarginProvenance.Of(epoch), portfolio.Notes.IsEmpty ? null : portfolio.Notes, accounts, Totals(accounts));
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

    private static List<ModelTotals> Totals(MarginComparisonAccount[] accounts)
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

    private static void Write(CommandContext context, MarginDocument document)
    {
        if (context.Json)
        {
            JsonOutput.Write(document);
            return;
        }

        WriteProvenance(document.Provenance, document.Notes);
        var table = new TextTable("account", "equity", "initial", "maintenance", "ratio", "excess", "ES", "+- s.e.", "VaR", "binding ");
        foreach (var a in document.Accounts.Take(MostRows))
        {
            table.Add(
                a.Account,
                Usd(a.Equity),
                Usd(a.Initial),
                Usd(a.Maintenance),
                a.Ratio is { } ratio ? ratio.ToString(ratio < 100 ? "F2" : "F0", CultureInfo.InvariantCulture) : "",
                Usd(a.Excess),
                a.Tail is { } t ? Usd(t.Es) : "",
                a.Tail is { } e ? Usd((decimal)e.StandardError) : "",
                a.Tail is { } v ? Usd(v.Var) : "",
                a.Binding);
        }

        table.Write();
        WriteRest(document.Accounts.Count);
        Console.WriteLine(
            $"{document.Totals.Accounts} accounts, {document.Model}: initial {Usd(document.Totals.Initial)}, maintenance {Usd(document.Totals.Maintenance)} USD; {document.Totals.BelowMaintenance} below maintenance");
    }

    private static void WriteTable(MarginComparison comparison)
    {
        WriteProvenance(comparison.Provenance, comparison.Notes);
        Console.WriteLine("Initial margin by model, USD:");
        var table = new TextTable(["account", .. Models]);
        foreach (var account in comparison.Accounts.Take(MostRows))
        {
            table.Add(account.Account, [.. account.Models.Select(m => m.Initial is { } i ? Usd(i) : m.Error!.Code)]);
        }

        table.Add("all", [.. comparison.Totals.Select(t => Usd(t.Initial))]);
        table.Add("of static", [.. comparison.Totals.Select(t => t.OfStatic is { } share ? $"{100 * share:F1} %" : "")]);
        table.Write();
        WriteRest(comparison.Accounts.Count);
        foreach (var t in comparison.Totals.Where(t => t.Refused > 0))
        {
            Console.WriteLine($"{t.Model} refused {t.Refused} accounts; shares compare the accounts that it answered for");
        }
    }

    private static void WriteProvenance(MarginProvenance p, IReadOnlyList<string>? notes)
    {
        Console.WriteLine(p.ScenarioSetHash is null || p.ArrayRoot is null
            ? $"{p.ObservedAt.ToIso()}  snapshot {p.SnapshotHash[..16]}  constants {p.ModelParametersHash?[..16]}"
            : $"{p.ObservedAt.ToIso()}  snapshot {p.SnapshotHash[..16]}  scenarios {p.ScenarioSetHash[..16]} ({p.ScenariosWithProbability} + {p.StressScenarios} stress, {p.HorizonDays} d, seed {p.Seed})  array {p.ArrayRoot[..16]}");
        foreach (var price in p.AssumedPrices ?? [])
        {
            Console.WriteLine($"{price.Asset} at {price.UsdPrice} USD: {price.Reason}");
        }

        if (p.History is { } h)
        {
            Console.WriteLine($"history {h.FirstDate} to {h.LastDate}, {h.Dates} dates, stressed {h.StressedFrom ?? "none"} to {h.StressedTo ?? "none"}; {h.ValuesAfterBoard} values of the board's day and later left out");
        }

        if (p.CorrelationRepairs is { Pairs: > 0 } repairs)
        {
            Console.WriteLine($"correlations of {repairs.Pairs} pairs of coins contradict each other and were repaired, by up to {repairs.LargestChange:F3}");
        }

        foreach (var note in notes ?? [])
        {
            Console.WriteLine(note);
        }

        Console.WriteLine();
    }

    private static void WriteRest(int count)
    {
        if (count > MostRows)
        {
            Console.WriteLine($"... and {count - MostRows} more accounts: --json has all of them");
        }
    }

    private static string Usd(decimal amount) => amount.ToString("N0", CultureInfo.InvariantCulture);
}
