using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Primitives;
using Pms.Validation.ReverseStress;

namespace Pms.Cli.Commands;

/// <summary><c>pms stress</c>: what would have to happen.</summary>
internal static class StressCommand
{
    private const int MostRows = 12;

    public static Command Create() => PmsCommand.Group("stress", "What would have to happen (docs/model/validation.md).", Reverse());

    private static Command Reverse()
    {
        var inputs = new MarginInputs();
        var account = new Option<string?>("--account") { Description = "the account to break" };
        var top = new Option<int?>("--top") { Description = "break so many accounts in one scenario: those with the largest maintenance margins" };
        var atLeast = new Option<int?>("--at-least") { Description = "with --top: break at least so many of them, not all" };
        var fund = new Option<string?>("--fund") { Description = "break an insurance fund of so many USD: by what all accounts lose beyond all they are worth" };
        var threshold = new Option<string>("--threshold") { Description = "an account breaks when it is worth nothing (equity), or when the loss takes its equity to its maintenance margin of now (maintenance)", DefaultValueFactory = _ => "equity" };
        return PmsCommand.Create(
            "reverse",
            "The most plausible scenario that breaks an account, the top accounts at once, or the insurance fund; every scenario is revalued in full.",
            "pms stress reverse --board board.csv.gz --portfolio book.csv --account a1 --history prices",
            (context, _) => Task.FromResult(Run(context, inputs, account, top, atLeast, fund, threshold)),
            [.. inputs.All, account, top, atLeast, fund, threshold]);
    }

    private static int Run(CommandContext context, MarginInputs inputs, Option<string?> account, Option<int?> top, Option<int?> atLeast, Option<string?> fund, Option<string> threshold)
    {
        var (id, count, money) = (context.Get(account), context.Get(top), context.Get(fund) is { } text ? FundOf(text) : (long?)null);
        if ((id is null ? 0 : 1) + (count is null ? 0 : 1) + (money is null ? 0 : 1) != 1)
        {
            throw new InvalidInputException(id is null && count is null && money is null ? "no-input" : "flags-conflict", "one of --account ID, --top N and --fund USD says what shall be broken");
        }

        var at = context.Get(threshold) switch
        {
            "equity" => BreakThreshold.Equity,
            "maintenance" => BreakThreshold.Maintenance,
            var other => throw new InvalidInputException("threshold-flag", $"--threshold '{PrintableText.Of(other!)}' is none of equity, maintenance"),
        };
        if (money is not null)
        {
            context.Refuse("the fund pays what accounts owe beyond all they are worth", threshold);
        }

        if (count is null)
        {
            context.Refuse("it goes with --top", atLeast);
        }

        var run = inputs.Read(context);
        Account[] accounts = id is not null ? [run.Account(id)] : [.. run.Portfolio.Accounts];
        var epoch = run.Epoch();
        if (count is { } n)
        {
            accounts = [.. ReverseStressTest.Top(epoch.Engine, accounts, n, run.Threads)];
        }

        var target = money is { } usd ? ReverseStressTarget.Fund(usd) : ReverseStressTarget.Accounts(at, context.Get(atLeast));
        var result = ReverseStressTest.Run(epoch.Engine, accounts, target, PastDays.Of(epoch), threads: run.Threads);
        var document = ReverseStressDocument.Of(epoch, target, result);
        if (context.Json)
        {
            JsonOutput.Write(document);
        }
        else
        {
            Write(document);
        }

        return ExitCode.Ok;
    }

    private static long FundOf(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var usd) && usd >= 0 && usd <= Rounding.MostMoney / (decimal)Rounding.MoneyPerUsd
        ? (long)decimal.Floor(usd * Rounding.MoneyPerUsd)
        : throw new InvalidInputException("fund-flag", $"--fund '{PrintableText.Of(text)}' is no amount of USD from 0 to {Rounding.MostMoney / Rounding.MoneyPerUsd}");

    private static void Write(ReverseStressDocument d)
    {
        var what = d.Target switch
        {
            { Kind: "fund" } => $"a fund of {d.Target.Fund:N0} USD behind {d.Target.Accounts.Count} accounts",
            { Accounts.Count: 1 } => $"{d.Target.Accounts[0]} to its {d.Target.Threshold}",
            _ => $"{(d.Target.AtLeast is { } least ? $"at least {least} of " : "")}{d.Target.Accounts.Count} accounts at once to their {d.Target.Threshold}: {string.Join(", ", d.Target.Accounts.Take(5))}{(d.Target.Accounts.Count > 5 ? ", ..." : "")}",
        };
        if (d.Status == "brokenNow")
        {
            Console.WriteLine($"{what}: broken in the market as it is");
            return;
        }

        if (d.Scenario is { } nearest)
        {
            Console.WriteLine($"The most plausible scenario that breaks {what}:");
            Write(nearest);
            foreach (var (other, i) in d.Others!.Select((o, i) => (o, i)))
            {
                Console.WriteLine($"Another way {i + 1}: distance {other.Distance:F2}, {string.Join("; ", other.Coins.Select(Text))}; loss {other.Loss:N0}");
            }
        }
        else
        {
            Console.WriteLine($"Nothing within the box breaks {what}. The worst of {d.Search!.Evaluations} scenarios:");
            Write(d.Worst!);
        }

        var set = d.OfSet!;
        Console.WriteLine(set.Nearest is null
            ? "No scenario of the set breaks it."
            : $"Of the set {set.Breaking} scenarios with probability {set.BreakingProbability:G4} break it; the nearest, {set.Nearest}: distance {set.Distance:F2}, probability {set.Probability:G4}, loss {set.Loss:N0}.");
        if (d.Past is { } past)
        {
            Console.WriteLine($"Of {past.Days} past days {past.Breaking} would have broken it{(past.Breaking > 0 ? $": {string.Join(", ", past.BreakingDays.Take(3).Select(d => d.Split(';')[0]))}{(past.Breaking > 3 ? ", ..." : "")}" : "")}.");
        }
    }

    private static void Write(ReverseScenarioDocument s)
    {
        foreach (var coin in s.Coins)
        {
            Console.WriteLine($"  {Text(coin)}");
        }

        foreach (var peg in s.Pegs ?? [])
        {
            Console.WriteLine($"  {peg.Asset} {peg.Move:+0.00 %;-0.00 %;0.00 %} against its anchor");
        }

        Console.WriteLine($"  distance {s.Distance:F2} standard deviations; probability of at least as far that way: normal law {s.NormalBeyond:G2}, scenario set {s.SetBeyond:G4}"
            + (s.Past is { } past ? $", history {past.Beyond} of {past.Days} days" : ""));
        var accounts = new TextTable("account", "worth", "loss", "after", "");
        foreach (var a in s.Accounts.OrderBy(a => a.After).Take(MostRows))
        {
            accounts.Add(a.Account, $"{a.Worth:N2}", $"{a.Loss:N2}", $"{a.After:N2}", a.Broken ? "broken" : "");
        }

        accounts.Write();
        var positions = new TextTable("position", "quantity", "gain");
        foreach (var p in s.Positions.Take(MostRows))
        {
            positions.Add(p.Instrument, $"{p.Quantity:0.########}", $"{p.Pnl:N2}");
        }

        positions.Write();
        if (s.Uncovered > 0)
        {
            Console.WriteLine($"  uncovered {s.Uncovered:N2} USD");
        }
    }

    private static string Text(ReverseCoinDocument c)
    {
        var vols = (c.Vols ?? []).Where(v => v.Days is >= 7 and <= 90).Select(v => v.Now is { } now ? $"{100 * (v.Then - now):+0.0;-0.0;0.0} vol points at {v.Days:0} d ({now:P1} to {v.Then:P1})" : $"vol x{Math.Round(Numerics.ElementaryMath.Exp(v.LogChange), 3)} at {v.Days:0} d");
        string?[] parts =
        [
            $"{c.Coin} {c.Spot:+0.00 %;-0.00 %;0.00 %}",
            .. vols,
            c.Skew is { } skew ? $"skew {skew:+0.000;-0.000;0.000}" : null,
            c.Basis is { } basis ? $"basis {100 * basis:+0.0;-0.0;0.0} points a year" : null,
        ];
        return string.Join(", ", parts.OfType<string>());
    }
}
