using Pms.Cli.Output;
using Pms.Primitives;
using Pms.Validation.Analysis;

namespace Pms.Cli.Backtest;

/// <summary>The main tables of a backtest on a terminal.</summary>
internal static class BacktestText
{
    public static void Write(BacktestDocument document)
    {
        Console.WriteLine(
            $"{document.Windows} windows of {document.Provenance.HorizonDays:G3} days on {document.Days} days, {document.From.ToIso()} to {document.To.ToIso()}, up to {document.Overlap} at a time; {document.Skipped.Length} boards skipped; {document.LegsByModelShare:P2} of positions without a quote");
        Console.WriteLine($"boards: {document.SourcesText}{(document.HasModelledBoards ? "; modelled boards are a model's, nobody quoted them" : "")}");
        foreach (var name in new[] { "all", "hedged" })
        {
            if (document.Sample(name) is { } sample)
            {
                Console.WriteLine();
                Console.WriteLine($"{name}: {sample.Books} books, {sample.Observations} observations; initial margin and shortfall in % of notional");
                Models(sample);
            }
        }

        Console.WriteLine();
        Console.WriteLine("initial margin at equal coverage (1 % of losses above it), % of notional");
        var table = new TextTable(["books", .. document.Models, "hindsight"]);
        foreach (var sample in document.Samples)
        {
            table.Add(sample.Name, [.. document.Models.Select(m => sample.Models.FirstOrDefault(r => r.Model == m)?.Equal is { } e ? Percent(e.Average) : ""), Percent(sample.Hindsight)]);
        }

        table.Write();
        Tails(document);
        if (!document.Tools.IsEmpty)
        {
            Console.WriteLine();
            Console.WriteLine($"tools against procyclicality, maintenance margin of {document.Models[0]}");
            var tools = new TextTable("tool", "1 day", "5 days", "peak/trough 30 d", "average", "breaches");
            foreach (var t in document.Tools)
            {
                tools.Add(t.Tool, $"{t.Procyclicality.Rise1Day:P0}", $"{t.Procyclicality.Rise5Days:P0}", $"{t.Procyclicality.PeakToTrough:F2}", Percent(t.Average), Percent(t.Maintenance.Rate));
            }

            tools.Write();
        }
    }

    private static void Models(SampleReport sample)
    {
        var table = new TextTable("model", "breach IM", "breach MM", "average", "peak", "scale", "at equal coverage", "peak ", "worst shortfall", "unused", "rise 1 d", "5 d", "peak/trough");
        foreach (var m in sample.Models)
        {
            table.Add(
                m.Model,
                Percent(m.Initial.Rate), Percent(m.Maintenance.Rate), Percent(m.AverageInitial), Percent(m.PeakInitial), m.Equal is { } e ? $"{e.Scale:F2}" : "", m.Equal is { } a ? Percent(a.Average) : "", m.Equal is { } p ? Percent(p.Peak) : "", Percent(m.WorstShortfall), m.Unused is { } u ? $"{u:P0}" : "",
                $"{m.Procyclicality.Rise1Day:P0}", $"{m.Procyclicality.Rise5Days:P0}", $"{m.Procyclicality.PeakToTrough:F2}");
        }

        table.Write();
    }

    private static void Tails(BacktestDocument document)
    {
        foreach (var model in document.Models.Where(m => document.Samples.Any(s => s.Models.Any(r => r.Model == m && r.Tail is not null))))
        {
            Console.WriteLine();
            Console.WriteLine($"tail of {model}: VaR 99 % and ES 99 % (95 % intervals by blocks of {BlockBootstrap.BlockDays} days)");
            var table = new TextTable("books", "VaR breaches", "interval", "1 % accepted", "ES breaches", "Z2", "interval ", "green", "yellow", "red", "Kupiec", "Christoffersen");
            foreach (var sample in document.Samples)
            {
                if (sample.Models.FirstOrDefault(r => r.Model == model)?.Tail is { } t)
                {
                    table.Add(
                        sample.Name,
                        Percent(t.Var.Rate), $"{Percent(t.Var.Low)} to {Percent(t.Var.High)}", t.Var.Accepts ? "yes" : "no", Percent(t.EsBreachRate), $"{t.Z2.Value:F2}", $"{t.Z2.Low:F2} to {t.Z2.High:F2}", $"{t.Zones.Green}", $"{t.Zones.Yellow}", $"{t.Zones.Red}", $"{t.KupiecAccepted:P0}", $"{t.ChristoffersenAccepted:P0}");
                }
            }

            table.Write();
        }

        if (document.Aggregates.IsEmpty)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine("aggregates on windows that do not overlap, the worst of the times of day");
        var records = new TextTable("account", "model ", "breaches", "Basel ", "Kupiec p", "Christoffersen p", "Z2", "e-backtest, largest");
        foreach (var group in document.Aggregates.GroupBy(a => (a.Book, a.Model)))
        {
            var worst = group.MaxBy(a => a.Result.Kupiec.Exceptions)!.Result;
            records.Add(
                group.Key.Book,
                group.Key.Model, $"{worst.Kupiec.Exceptions} of {worst.Kupiec.Observations}", worst.Basel.Zone, $"{worst.Kupiec.PValue:G3}", worst.Christoffersen is { } c ? $"{c.PConditional:G3}" : "", worst.AcerbiSzekely is { } z ? $"{z.Z2:F2}" : "", worst.EBacktest is { } w ? $"{w.Largest:F2}" : "");
        }

        records.Write();
    }

    private static string Percent(double share) => $"{100 * share:F2}";
}
