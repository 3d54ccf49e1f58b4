using System.Collections.Immutable;
using System.Globalization;
using Pms.Primitives;
using Pms.Validation.Books;
using Pms.Validation.WalkForward;

namespace Pms.Cli.Backtest;

/// <summary>Every observation of a run as one CSV row, for other tools.</summary>
internal static class ObservationCsv
{
    /// <summary>Names are without commas and quotes; numbers are shortest round trip, empty where there is none.</summary>
    public static void Write(string path, ImmutableArray<string> models, IReadOnlyList<BacktestWindow> windows)
    {
        using var writer = new StreamWriter(path) { NewLine = "\n" };
        writer.WriteLine("from,to,book,class,coins,notional,loss," + string.Join(',', models.SelectMany(m => new[] { $"{m}.initial", $"{m}.maintenance", $"{m}.var", $"{m}.es" })));
        foreach (var window in windows)
        {
            foreach (var o in window.Observations)
            {
                writer.WriteLine(string.Join(
                    ',',
                    [
                        window.From.ToIso(), window.To.ToIso(), o.Book, BookClasses.NameOf(o.Class), string.Join('+', o.Coins), Number(o.NotionalUsd), Number(o.LossUsd),
                        .. o.Margins.SelectMany(m => new[] { Number(m?.Initial), Number(m?.Maintenance), Number(m?.Var), Number(m?.Es) }),
                    ]));
            }
        }
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
