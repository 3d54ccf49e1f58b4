using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.Cli.Plotting;
using Pms.Liquidation.Planning;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Incidents;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Procedures;
using Pms.Primitives;
using Pms.Simulation.Books;

namespace Pms.Cli.Commands;

/// <summary><c>pms study</c>: whole systems of margin and liquidation on one path, side by side.</summary>
internal static class StudyCommand
{
    public static Command Create() => PmsCommand.Group("study", "Systems of margin and liquidation side by side.", Cascade(), Incident());

    private static Command Cascade()
    {
        var accounts = new Option<int>("--accounts") { Description = "accounts with positions, 1 to 20,000", DefaultValueFactory = _ => 2_000 };
        var fall = new Option<double>("--fall") { Description = "fall of BTC at the low, 0 to 0.9; ETH and SOL fall 1.2 and 1.35 times as far in the log", DefaultValueFactory = _ => 0.4 };
        var minutes = new Option<int>("--minutes") { Description = "time that the fall takes, 1 to 1,440", DefaultValueFactory = _ => 20 };
        var calm = new Option<bool>("--calm-liquidity") { Description = "the margin reads spreads and volumes off the board of the start", Arity = ArgumentArity.Zero };
        var hedge = new Option<bool>("--hedge") { Description = "this system's slices may open perpetuals where that costs less than closing", Arity = ArgumentArity.Zero };
        var systems = new Option<string[]>("--system") { Description = $"{string.Join(", ", CascadeStudy.Systems)}; may be repeated; default: all", DefaultValueFactory = _ => [] };
        var target = new Option<double>("--target") { Description = "equity over maintenance margin that this system's slices reach", DefaultValueFactory = _ => LiquidationPolicy.Default.TargetRatio };
        var gas = new Option<double>("--gas") { Description = "factor of the price of gas during the trouble", DefaultValueFactory = _ => 10 };
        var off = new Option<double>("--keepers-off") { Description = "share of keepers that are off during the trouble, 0 to 1", DefaultValueFactory = _ => 0.9 };
        var depth = new Option<double>("--depth") { Description = "factor of the board's volumes, by which trades move prices", DefaultValueFactory = _ => 1 };
        var fund = new Option<double>("--fund") { Description = "insurance fund as a share of the book's notional", DefaultValueFactory = _ => CascadeParameters.Default.FundShare };
        var buffer = new Option<double>("--buffer") { Description = "collateral over initial margin at the start", DefaultValueFactory = _ => CascadeParameters.Default.Buffer };
        var collateral = new Option<string>("--collateral") { Description = "own: what each system's own initial margin asks for; same: one collateral for all", DefaultValueFactory = _ => "own" };
        var scenarios = new Option<int>("--scenarios") { Description = "Monte Carlo scenarios of this system's margin", DefaultValueFactory = _ => 2_000 };
        var seed = new Option<ulong>("--seed") { Description = "of board, book, path and scenarios", DefaultValueFactory = _ => 1 };
        var threads = new Option<int>("--threads") { Description = "systems run at the same time", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };
        var board = new Option<string?>("--board") { Description = "file of market data in any known format; default: a simulated board" };
        var at = new Option<string?>("--at") { Description = "instant of the board" };
        var plot = new Option<string?>("--plot") { Description = "write a picture, out.svg" };
        return PmsCommand.Create(
            "cascade",
            "A flash crash in which liquidations move prices, with dear gas and few keepers, under four systems; docs/studies/cascade.md.",
            "pms study cascade --accounts 2000 --fall 0.4 --gas 10 --keepers-off 0.9 --plot cascade.svg",
            (context, _) =>
            {
                var mode = context.Get(collateral) switch
                {
                    "own" => CollateralMode.Own,
                    "same" => CollateralMode.Same,
                    var other => throw new InvalidInputException("collateral-flag", $"--collateral '{PrintableText.Of(other)}' is neither own nor same"),
                };
                if (context.Get(minutes) is < 1 or > 1_440 || context.Get(accounts) is < 1 or > 20_000 || !(context.Get(fall) is >= 0 and <= 0.9))
                {
                    throw new InvalidInputException("study-range", $"--accounts {context.Get(accounts)} (1 to 20,000), --minutes {context.Get(minutes)} (1 to 1,440), --fall {context.Get(fall)} (0 to 0.9)");
                }

                var start = StudyBoard.Of(context.Get(board), context.Get(at), context.Get(seed));
                var book = Book(start, context.Get(accounts), context.Get(seed));
                var risk = RiskParameters.Default with { Scenarios = RiskParameters.Default.Scenarios with { MonteCarloCount = context.Get(scenarios) } };
                var coins = RiskFactorLayout.Of(start.Market, risk.Scenarios.Pegs).Coins;
                var scene = start.Scene(book, risk, CascadePaths.FlashCrash(coins, context.Get(fall), context.Get(minutes), context.Get(seed))) with
                {
                    Impact = ImpactParameters.Default with { DepthFactor = context.Get(depth) },
                    Keepers = KeeperParameters.Default with
                    {
                        OffShare = context.Get(off),
                        TroubleUntil = KeeperParameters.Default.TroubleFrom + context.Get(minutes) + 170,
                        GasFactor = context.Get(gas),
                        GasCoinUsd = start.Market.TryUsdPrice(new Asset("ETH"), out var eth) ? eth : KeeperParameters.Default.GasCoinUsd,
                    },
                    Seed = context.Get(seed),
                    MarginSeesStress = !context.Get(calm),
                };
                var parameters = CascadeParameters.Default with { Collateral = mode, FundShare = context.Get(fund), Buffer = context.Get(buffer), Threads = context.Get(threads), Only = [.. context.Get(systems)!], Slices = SliceParameters.Default with { Policy = LiquidationPolicy.Default with { TargetRatio = context.Get(target), Hedges = context.Get(hedge) ? [.. scene.Instruments.Where(i => i is Perpetual)] : [] } } };
                var outcomes = CascadeStudy.Run(scene, book, parameters);
                if (context.Get(plot) is { } path)
                {
                    CascadeSvg.Write(outcomes, scene, context.Get(fall), path);
                }

                if (context.Json)
                {
                    JsonOutput.Write(CascadeDocument.Of(outcomes, scene, book));
                }
                else
                {
                    Write(outcomes, scene, book);
                }

                return Task.FromResult(ExitCode.Ok);
            },
            accounts,
            fall,
            minutes,
            calm,
            target,
            systems,
            hedge,
            gas,
            off,
            depth,
            fund,
            buffer,
            collateral,
            scenarios,
            seed,
            threads,
            board,
            at,
            plot);
    }

    private static Command Incident()
    {
        var id = new Argument<string>("ID") { Description = $"{string.Join(", ", IncidentStudy.Ids)} or all" };
        var accounts = new Option<int>("--accounts") { Description = "accounts of the drawn book, 30 to 5,000", DefaultValueFactory = _ => IncidentOptions.Default.Accounts };
        var scenarios = new Option<int>("--scenarios") { Description = "Monte Carlo scenarios of this system's margin", DefaultValueFactory = _ => IncidentOptions.Default.Scenarios };
        var seed = new Option<ulong>("--seed") { Description = "of board, book, path and scenarios", DefaultValueFactory = _ => 1 };
        var threads = new Option<int>("--threads") { Description = "systems run at the same time", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };
        var history = new Option<string?>("--history") { Description = "folder with hourly bars (docs/formats.md): S01 and S12 then follow recorded prices" };
        return PmsCommand.Create(
            "incident",
            "Cases from history as scripts with pass rules, under four systems; docs/studies/incidents.md.",
            "pms study incident S06 --json",
            (context, _) =>
            {
                var wanted = context.Require(id).ToUpperInvariant();
                if (context.Get(accounts) is < 30 or > 5_000)
                {
                    throw new InvalidInputException("study-range", $"--accounts {context.Get(accounts)}: 30 to 5,000 are possible");
                }

                var start = StudyBoard.Of(null, null, context.Get(seed));
                var stage = new IncidentStage(start.Market, start.Liquidity, [.. start.Listed], count => new BookGenerator(start.Snapshot, start.Market, context.Get(seed)).Generate(count));
                var options = IncidentOptions.Default with { Accounts = context.Get(accounts), Scenarios = context.Get(scenarios), Seed = context.Get(seed), Threads = context.Get(threads) };
                var coins = RiskFactorLayout.Of(start.Market, RiskParameters.Default.Scenarios.Pegs).Coins;
                var outcomes = (wanted == "ALL" ? IncidentStudy.Ids : [wanted])
                    .Select(i => IncidentStudy.Run(i, stage, options with { Recorded = IncidentHistory.Of(context.Get(history), i, coins) }))
                    .ToArray();
                if (context.Json)
                {
                    JsonOutput.Write(new IncidentDocument([.. outcomes.Select(o => IncidentEntry.Of(o))]));
                }
                else
                {
                    foreach (var outcome in outcomes)
                    {
                        Write(outcome);
                    }
                }

                return Task.FromResult(ExitCode.Ok);
            },
            id,
            accounts,
            scenarios,
            seed,
            threads,
            history);
    }

    private static void Write(IncidentOutcome outcome)
    {
        Console.WriteLine($"{outcome.Id} {outcome.Title}; path: {outcome.Path}");
        var names = outcome.Systems.Select(s => s.Name).ToArray();
        var table = new TextTable(["rule", "most", .. names]);
        foreach (var rule in outcome.Checks.GroupBy(c => c.Rule))
        {
            table.Add(rule.Key, [rule.First().Limit.ToString("0.####", CultureInfo.InvariantCulture), .. names.Select(n => rule.First(c => c.System == n) is var c && c.Passes ? $"{c.Value:0.####}" : $"{c.Value:N4} FAILS")]);
        }

        table.Add("passes", ["", .. names.Select(n => outcome.Passes(n) ? "yes" : "no")]);
        void Row(string name, Func<SystemOutcome, string> cell) => table.Add(name, ["", .. outcome.Systems.Select(cell)]);
        Row("capital posted, M USD", o => Millions(o.Capital));
        Row("notional liquidated, M USD", o => Millions(o.Liquidated));
        Row("bad debt, M USD", o => Millions(o.BadDebt));
        Row("net loss of fund and others, M USD", o => Millions(o.NetLoss));
        Row("fund: start, end, M USD", o => $"{Millions(o.Fund)}, {Millions(o.FundEnd)}");
        table.Write();
    }

    /// <summary>Drawn accounts, and one in twenty more with cash and no position.</summary>
    private static ImmutableArray<Account> Book(StudyBoard start, int count, ulong seed)
    {
        var drawn = new BookGenerator(start.Snapshot, start.Market, seed).Generate(count);
        return [.. drawn, .. Enumerable.Range(0, Math.Max(1, count / 20)).Select(i => new Account($"idle-{i:D4}", [], [new CollateralHolding(Asset.Usd, 10_000)]))];
    }

    private static void Write(ImmutableArray<SystemOutcome> outcomes, CascadeScene scene, ImmutableArray<Account> book)
    {
        Console.WriteLine($"{book.Length} accounts, notional {CascadeDocument.NotionalOf(scene, book) / 1e6:N0} M USD; fund {outcomes[0].Fund / 1e6:N2} M USD; amounts in M USD");
        var table = new TextTable(["", .. outcomes.Select(o => o.Name)]);
        void Row(string name, Func<SystemOutcome, string> cell) => table.Add(name, [.. outcomes.Select(cell)]);
        Row("capital posted", o => Millions(o.Capital));
        Row("initial margin", o => Millions(o.Initial));
        Row("accounts liquidated", o => o.AccountsLiquidated.ToString("N0", CultureInfo.InvariantCulture));
        Row("liquidations", o => o.Liquidations.ToString("N0", CultureInfo.InvariantCulture));
        Row("handed over", o => o.HandedOver.ToString("N0", CultureInfo.InvariantCulture));
        Row("of them too poor to close", o => o.HandedOverPoor.ToString("N0", CultureInfo.InvariantCulture));
        Row("slices without a keeper", o => o.Fallbacks.ToString("N0", CultureInfo.InvariantCulture));
        Row("notional liquidated", o => Millions(o.Liquidated));
        Row("bad debt", o => Millions(o.BadDebt));
        Row("paid by the fund, gross", o => Millions(o.FundPaid));
        Row("deleveraged", o => Millions(o.DeleveragedLoss));
        Row("socialised", o => Millions(o.Socialised));
        Row("open at the end", o => Millions(o.Unresolved));
        Row("beyond the fund", o => Millions(o.BeyondFund));
        Row("fund at the end", o => Millions(o.FundEnd));
        Row("net loss of fund and others", o => Millions(o.NetLoss));
        Row("slippage paid", o => Millions(o.Slippage));
        Row("rewards less gas", o => Millions(o.Rewards - o.Gas));
        Row("gas", o => Millions(o.Gas));
        foreach (var (coin, i) in outcomes[0].Lows.Select((l, i) => (l.Coin, i)))
        {
            Row($"{coin} overshoot", o => $"{100 * o.Lows[i].Overshoot:F2} %");
            Row($"{coin} low (path {100 * (outcomes[0].Lows[i].PathLow - 1):F1} %)", o => $"{100 * (o.Lows[i].Low - 1):F1} %");
        }

        Row("minutes without room", o => o.MinutesWithoutRoom.ToString("N0", CultureInfo.InvariantCulture));
        Row("offers refused", o => o.Unprofitable.ToString("N0", CultureInfo.InvariantCulture));
        Row("shortfall left", o => Millions(o.ShortfallLeft));
        Row("most rounds", o => o.MostSteps.ToString("N0", CultureInfo.InvariantCulture));
        Row("without progress", o => o.WithoutProgress.ToString("N0", CultureInfo.InvariantCulture));
        Row("conserved", o => o.IsConserved ? "yes" : "NO");
        foreach (var kind in outcomes[0].Kinds)
        {
            Row($"{kind.Kind}: closed of {kind.Notional / 1e6:N0}", o => Millions(o.Kinds.First(k => k.Kind == kind.Kind).Liquidated));
        }

        table.Write();
        foreach (var o in outcomes)
        {
            Console.WriteLine($"{o.Name}: {o.Rules}{(o.Waterfall.IsEmpty ? "" : $"; waterfall: {string.Join(", ", o.Waterfall)}")}");
        }
    }

    private static string Millions(double usd) => (usd / 1e6).ToString("N3", CultureInfo.InvariantCulture);
}
