using System.Collections.Immutable;
using System.Globalization;
using Pms.Cli.Output;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.Margin.Venues;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>What <c>pms margin</c> does with a board and a book: one model, or all of them side by side.</summary>
internal static class MarginBook
{
    private const int MostRows = 40;

    /// <param name="context">flags</param>
    /// <param name="inputs">of the book</param>
    /// <param name="model">whose</param>
    /// <param name="account">shown alone; null: all are</param>
    /// <param name="isDegraded">of this system's model: as on a board with a degraded surface</param>
    public static int Run(CommandContext context, MarginInputs inputs, string model, string? account, bool isDegraded)
    {
        if (!MarginComparison.Models.Contains(model, StringComparer.Ordinal))
        {
            throw new InvalidInputException("venue-model", $"there is no model '{PrintableText.Of(model)}'; there are {string.Join(", ", MarginComparison.Models)}");
        }

        var run = inputs.Read(context);
        var notes = run.Portfolio.Notes;
        var accounts = Chosen(run, account);
        if (model == MarginComparison.Own)
        {
            var epoch = run.Epoch();
            var results = epoch.Engine.EvaluateBook(accounts, MarginContext.Normal with { IsDegraded = isDegraded }, run.Threads);
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
        var margins = accounts.Select(a => (a.Id, venue.Evaluate(a, market))).ToArray();
        Write(context, MarginDocument.Of(MarginProvenance.Of(run.Inputs, market, assumed), model, notes, margins));
        return margins.Any(m => m.Item2.Equity < m.Item2.Maintenance) ? ExitCode.MarginCall : ExitCode.Ok;
    }

    /// <param name="context">flags</param>
    /// <param name="inputs">of the book</param>
    /// <param name="account">shown alone; null: all are</param>
    public static int RunAll(CommandContext context, MarginInputs inputs, string? account)
    {
        var run = inputs.Read(context);
        var epoch = run.Epoch();
        var comparison = MarginComparison.Of(epoch, Chosen(run, account), run.Portfolio.Notes, run.Threads);
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

    private static ImmutableArray<Account> Chosen(MarginRun run, string? account) => account is null ? run.Portfolio.Accounts : [run.Account(account)];

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
        var table = new TextTable(["account", .. MarginComparison.Models]);
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
