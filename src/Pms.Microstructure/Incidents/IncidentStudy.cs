using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Ledgers;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Microstructure.Incidents;

/// <summary>Cases from history as scripts: path, book, gas, faults and pass rules, under every system (docs/studies/incidents.md).</summary>
public static class IncidentStudy
{
    private const double Cent = 0.01;
    private const double MinuteNoise = 0.001;

    /// <summary>In order.</summary>
    public static ImmutableArray<string> Ids { get; } = ["S01", "S04", "S06", "S08", "S09", "S12"];

    /// <summary>Plays one incident.</summary>
    /// <exception cref="InvalidInputException"><c>incident</c>: no such incident; <c>incident-stage</c>: the board lacks what it needs</exception>
    public static IncidentOutcome Run(string id, IncidentStage stage, IncidentOptions options)
    {
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(options);
        return id switch
        {
            "S01" => BlackThursday(stage, options),
            "S04" => SelfTrade(stage, options, isWithdrawnFirst: false),
            "S06" => Squeeze(stage, options),
            "S08" => SelfTrade(stage, options, isWithdrawnFirst: true),
            "S09" => TokenOnOneVenue(stage, options),
            "S12" => OwnImpact(stage, options),
            _ => throw new InvalidInputException("incident", $"there is no incident '{PrintableText.Of(id)}'; there are {string.Join(", ", Ids)}"),
        };
    }

    /// <summary>S01, 12 March 2020: half the price gone within a day, gas times ten for three hours, prices an hour late, nine keepers of ten off and the others short of cash.</summary>
    private static IncidentOutcome BlackThursday(IncidentStage stage, IncidentOptions options)
    {
        var accounts = stage.Draw(options.Accounts);
        PathPoint[] shape = [new(0, 0), new(60, -0.06), new(120, -0.22), new(180, -0.36), new(240, ElementaryMath.Log(0.5)), new(300, -0.60), new(480, -0.51)];
        var path = options.Recorded ?? PricePath.Of([.. CoinsOf(stage).Select(c => (c, (IReadOnlyList<PathPoint>)shape))], MinuteNoise, options.Seed);
        var scene = Scene(stage, options, accounts, path) with
        {
            OracleDelayMinutes = 60,
            Keepers = KeeperParameters.Default with { MostNotional = 100_000, GasFactor = 10, TroubleFrom = 60, TroubleUntil = 240 },
        };
        var outcomes = CascadeStudy.Run(scene, accounts, Parameters(options));
        return new IncidentOutcome(
            "S01", "Black Thursday 2020-03-12: late prices, dear gas, hardly a keeper", PathOf(options, "-50 % in four hours"), outcomes,
            [
                .. outcomes.SelectMany(o => new[]
                {
                    new IncidentCheck(o.Name, "rewards beyond the equity left, USD", o.RewardsBeyondEquity, Cent),
                    new IncidentCheck(o.Name, "1 - lowest price of a taken lot over its value: half is the floor", 1 - o.LeastBid, 0.5),
                    new IncidentCheck(o.Name, "loss beyond the fund, USD", o.BeyondFund, Cent),
                    new IncidentCheck(o.Name, "steps of the waterfall out of order", OutOfOrder(o), 0),
                    new IncidentCheck(o.Name, "margin still missing at the end, USD: unsold lots are offered again", o.ShortfallLeft, Cent),
                    Conserved(o),
                }),
            ]);
    }

    /// <summary>S04 and S08: two accounts of one owner trade a perpetual with each other, push the price and take out what the margin lets them.</summary>
    /// <remarks>Three sizes are tried, in days of the coin's volume: an attacker takes the one that pays best. S04 (October 2022): the winner withdraws at a price five times as high. S08 (March 2025): the loser first withdraws all that its margin leaves, the winner at the top. Pushing the price costs them nothing here.</remarks>
    private static IncidentOutcome SelfTrade(IncidentStage stage, IncidentOptions options, bool isWithdrawnFirst)
    {
        double[] sizes = [0.2, 1, 5];
        var coin = ThinPerpetual(stage).Underlying.Base;
        var played = sizes.Select(s => SelfTrade(stage, options, isWithdrawnFirst, s)).ToArray();
        return new IncidentOutcome(
            isWithdrawnFirst ? "S08" : "S04",
            isWithdrawnFirst ? "JELLY 2025-03-26: margin withdrawn, then the price squeezed" : "Mango 2022-10-11: paper profit withdrawn as collateral",
            $"{coin} x{(isWithdrawnFirst ? 4 : 5)} in 40 minutes and back; figures below the rules are those of a position of one day's volume",
            played[1].Outcomes,
            [
                .. played.SelectMany((p, i) => p.Outcomes.Select(o => new IncidentCheck(o.Name, FormattableString.Invariant($"what the attackers gain with {sizes[i]:0.#} days of volume, USD"), p.Gains[o.Name], Cent))),
                .. played[1].Outcomes.SelectMany(o => new[]
                {
                    new IncidentCheck(o.Name, "loss beyond the fund, USD", o.BeyondFund, Cent),
                    new IncidentCheck(o.Name, "deleveraged over the least that restores the backstop", Overshot(o), 1.05),
                    new IncidentCheck(o.Name, "steps of the waterfall out of order", OutOfOrder(o), 0),
                    Conserved(o),
                }),
            ]);
    }

    private static (ImmutableArray<SystemOutcome> Outcomes, SortedDictionary<string, double> Gains) SelfTrade(IncidentStage stage, IncidentOptions options, bool isWithdrawnFirst, double days)
    {
        var perpetual = ThinPerpetual(stage);
        var coin = perpetual.Underlying.Base;
        var units = UnitsOf(stage, perpetual, days * VolumeOf(stage, coin));
        Account[] owners = [new("attack-0", [new Position(perpetual, units)], [Usd(1)]), new("attack-1", [new Position(perpetual, -units)], [Usd(1)])];
        ImmutableArray<Account> accounts = [.. owners, .. stage.Draw(Math.Max(options.Accounts / 10, 1))];
        var top = ElementaryMath.Log(isWithdrawnFirst ? 4 : 5);
        PathPoint[] pushed = [new(0, 0), new(10, 0), new(50, top), new(70, top), new(110, 0), new(180, 0)];
        PathPoint[] still = [new(0, 0), new(180, 0)];
        var path = PricePath.Of([.. CoinsOf(stage).Select(c => (c, (IReadOnlyList<PathPoint>)(c == coin ? pushed : still)))], MinuteNoise, options.Seed);
        var scene = Scene(stage, options, accounts, path);
        var results = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var outcomes = CascadeStudy.Run(scene, accounts, Parameters(options), name =>
        {
            var (winner, loser) = (VenueLedger.FirstAccount, VenueLedger.FirstAccount + 1);
            var taken = 0.0;
            List<ScriptedAct> acts = [new(60, run => taken += Withdraw(run, winner))];
            if (isWithdrawnFirst)
            {
                acts.Insert(0, new ScriptedAct(5, run => taken += Withdraw(run, loser)));
            }

            acts.Add(new ScriptedAct(path.Minutes, run =>
            {
                var left = Math.Max(run.ValueOf(winner), 0) + Math.Max(run.ValueOf(loser), 0);
                lock (results)
                {
                    results[name] = taken + left - run.StartValues[winner] - run.StartValues[loser];
                }
            }));
            return acts;
        });
        return (outcomes, results);
    }

    /// <summary>S06, 22 November 2022: a short of three days' volume on stable collateral, squeezed while it is closed.</summary>
    private static IncidentOutcome Squeeze(IncidentStage stage, IncidentOptions options)
    {
        var perpetual = ThinPerpetual(stage);
        var coin = perpetual.Underlying.Base;
        var notional = 3 * VolumeOf(stage, coin);
        ImmutableArray<Account> accounts = [new Account("squeezed-0", [new Position(perpetual, -UnitsOf(stage, perpetual, notional))], [Usd(1)]), .. stage.Draw(options.Accounts / 3)];
        PathPoint[] pushed = [new(0, 0), new(30, 0.05), new(150, 0.5), new(210, 0.5), new(300, 0.2)];
        PathPoint[] still = [new(0, 0), new(300, 0)];
        var path = PricePath.Of([.. CoinsOf(stage).Select(c => (c, (IReadOnlyList<PathPoint>)(c == coin ? pushed : still)))], MinuteNoise, options.Seed);
        var scene = Scene(stage, options, accounts, path);
        var outcomes = CascadeStudy.Run(scene, accounts, Parameters(options));
        var impact = ImpactShare(scene, accounts[0]);
        var full = outcomes.First(o => o.Name == "fixed-ratio");
        return new IncidentOutcome(
            "S06", "CRV 2022-11-22: a short of three days' volume, squeezed as it closes", $"{coin} +65 % in two hours and a half", outcomes,
            [
                .. outcomes.SelectMany(o => new[]
                {
                    new IncidentCheck(o.Name, "margin without a term for the position's size: 0 has one, 1 has none", o.Name == "pms" && impact > 0 ? 0 : 1, 0),
                    new IncidentCheck(o.Name, "loss of accounts, fund and others over that of a full close at the same capital", LossOf(o) / Math.Max(LossOf(full), Cent), 1),
                    new IncidentCheck(o.Name, "loss beyond the fund over the position, at most 0.1 %", o.BeyondFund / notional, 0.001),
                    new IncidentCheck(o.Name, "steps of the waterfall out of order", OutOfOrder(o), 0),
                    Conserved(o),
                }),
            ]);
    }

    /// <summary>S09, 10 October 2025: the market falls, and one venue of three prices a staked coin at a fraction; two accounts of five have it as collateral; the fund is next to nothing, so that deleveraging is needed.</summary>
    private static IncidentOutcome TokenOnOneVenue(IncidentStage stage, IncidentOptions options)
    {
        var (token, eth) = (new Asset("STETH"), new Asset("ETH"));
        if (!stage.Start.TryUsdPrice(eth, out var ethUsd) || !stage.Start.TryUsdPrice(token, out var tokenUsd))
        {
            throw new InvalidInputException("incident-stage", "S09 needs a board with prices of ETH and STETH");
        }

        // Two of five hold the token and nothing else.
        ImmutableArray<Account> accounts = [.. stage.Draw(options.Accounts).Select((a, i) => i % 5 < 2 ? a with { Collateral = [new CollateralHolding(token, decimal.Round(100_000m / (decimal)tokenUsd, 4))] } : a)];
        var fall = ElementaryMath.Log1p(-0.3);
        PathPoint[] shape = [new(0, 0), new(10, 0), new(25, fall), new(45, fall), new(105, 0.5 * fall), new(150, 0.5 * fall)];
        var path = PricePath.Through(shape, [.. CoinsOf(stage).Select(c => (c, CascadePaths.BetaOf(c)))], MinuteNoise, options.Seed);
        var lie = ElementaryMath.Log(1 - 0.887); // the lowest print of the time, against its coin
        var (own, index) = (new double[path.Minutes], new double[path.Minutes]);
        for (var minute = 0; minute < path.Minutes; minute++)
        {
            own[minute] = minute is >= 30 and < 70 ? lie : 0;
            index[minute] = ElementaryMath.Log(VenueIndex.Median([1, 1, ElementaryMath.Exp(own[minute])])!.Value);
        }

        var scene = Scene(stage, options, accounts, path) with { Pegs = ImmutableDictionary<Asset, ImmutableArray<double>>.Empty.Add(token, [.. index]) };
        var parameters = Parameters(options) with { FundShare = 0.0001 };
        var outcomes = CascadeStudy.Run(scene, accounts, parameters);
        var moved = index.Max(i => Math.Abs(ElementaryMath.Expm1(i)));
        var full = outcomes.First(o => o.Name == "fixed-ratio");
        return new IncidentOutcome(
            "S09", "2025-10-10: a staked coin mispriced on one venue, a storm, an empty fund", $"BTC -30 % in a quarter of an hour, {token} -88.7 % on one venue of three", outcomes,
            [
                .. outcomes.SelectMany(o => new[]
                {
                    new IncidentCheck(o.Name, "move of the collateral index by one venue's lie", moved, 0.02),
                    new IncidentCheck(o.Name, "deleveraged over the least that restores the backstop", Overshot(o), 1.05),
                    new IncidentCheck(o.Name, "loss of accounts, fund and others over that of a full close at the same capital", LossOf(o) / Math.Max(LossOf(full), Cent), 1),
                    new IncidentCheck(o.Name, "borne by owners without positions, USD", o.SocialisedOnIdle, 0),
                    new IncidentCheck(o.Name, "margin still missing at the end, USD: the storm is over", o.ShortfallLeft, Cent),
                    new IncidentCheck(o.Name, "steps of the waterfall out of order", OutOfOrder(o), 0),
                    Conserved(o),
                }),
            ]);
    }

    /// <summary>S12, 15 September 2017: a book that is large for its market; whoever closes it sees the price run away and closes more.</summary>
    private static IncidentOutcome OwnImpact(IncidentStage stage, IncidentOptions options)
    {
        var coin = CoinsOf(stage)[0];
        var options60 = stage.Listed.OfType<EuropeanOption>().Where(o => o.Underlying.Base == coin && (o.Expiry - stage.Start.At).TotalDays is > 10 and < 60).ToArray();
        var puts = options60.Where(o => o.Type == OptionType.Put && o.StrikeValue < 0.92 * stage.Start.UsdPrice(coin)).OrderByDescending(o => o.StrikeValue).Take(5).ToArray();
        var perpetual = stage.Listed.OfType<Perpetual>().FirstOrDefault(p => p.Underlying.Base == coin && p.IsCountedInQuote)
            ?? throw new InvalidInputException("incident-stage", $"S12 needs a coin-settled perpetual of {coin}");
        var volume = VolumeOf(stage, coin);
        var size = decimal.Round((decimal)(0.1 * volume / stage.Start.UsdPrice(coin)), 1);
        ImmutableArray<Account> accounts =
        [
            new Account("large-0", [.. puts.Select(p => new Position(p, -size)).Append(new Position(perpetual, decimal.Round((decimal)(0.3 * volume) / 10) * 10)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)], [Usd(1)]),
            .. stage.Draw(options.Accounts / 3),
        ];
        PathPoint[] shape = [new(0, 0), new(10, 0), new(70, ElementaryMath.Log1p(-0.15)), new(130, ElementaryMath.Log1p(-0.15)), new(240, ElementaryMath.Log1p(-0.08))];
        var path = options.Recorded ?? PricePath.Through(shape, [.. CoinsOf(stage).Select(c => (c, CascadePaths.BetaOf(c)))], MinuteNoise, options.Seed);
        var scene = Scene(stage, options, accounts, path) with { Keepers = KeeperParameters.Default with { OffShare = 0, GasFactor = 1 } };
        var outcomes = CascadeStudy.Run(scene, accounts, Parameters(options));
        return new IncidentOutcome(
            "S12", "Deribit 2017-09-15: a liquidator that sees its own impact", PathOf(options, "-15 % in an hour"), outcomes,
            [
                .. outcomes.SelectMany(o => new[]
                {
                    new IncidentCheck(o.Name, "most rounds of slices of one account", o.MostSteps, 8),
                    new IncidentCheck(o.Name, "margin still missing at the end, USD: it has stopped", o.ShortfallLeft, Cent),
                    new IncidentCheck(o.Name, "slices that would not have lowered the shortfall and were carried out", o.ProgressBroken, 0),
                    new IncidentCheck(o.Name, "loss beyond the fund, USD", o.BeyondFund, Cent),
                    Conserved(o),
                }),
            ]);
    }

    /// <summary>T35: what accounts, fund and makers who were made to pay have lost together; the path's own gains and losses are in it for every system alike.</summary>
    private static double LossOf(SystemOutcome o) => -o.AccountsGain + o.Fund - o.FundEnd + o.BorneByMakers;

    /// <summary>An owner takes out what is above its initial margin.</summary>
    private static double Withdraw(VenueRun run, int owner)
    {
        if (!run.Ledger.HasPositions(owner))
        {
            var rest = Math.Max(run.ValueOf(owner), 0);
            run.Ledger.PayUsd(owner, VenueLedger.Outside, rest);
            return rest;
        }

        var margin = run.Rule.Of(run.Ledger.AccountOf(owner));
        var usd = Math.Floor(Math.Max(Math.Min(margin.Equity - margin.Initial, run.ValueOf(owner)), 0));
        run.Ledger.PayUsd(owner, VenueLedger.Outside, usd);
        run.Touch(owner);
        return usd;
    }

    /// <summary>Liquidity and concentration add-ons over the maintenance margin of this system.</summary>
    private static double ImpactShare(CascadeScene scene, Account account)
    {
        var rule = (Procedures.EngineRule)CascadeStudy.Rule("pms", scene, CascadeParameters.Default, 0);
        var margin = rule.Engine.Evaluate(account);
        return (double)margin.Components.Where(c => c.Name is "liquidity" or "concentration").Sum(c => c.Amount) / Math.Max(margin.Maintenance, 1);
    }

    private static double Overshot(SystemOutcome o) => o.DeleveragedLeast > 0 ? o.DeleveragedNotional / o.DeleveragedLeast : 0;

    private static int OutOfOrder(SystemOutcome o)
    {
        string[] order = ["backstop", "insurance", "deleveraging", "socialised"];
        return o.Waterfall.Zip(o.Waterfall.Skip(1)).Count(p => Array.IndexOf(order, p.First) > Array.IndexOf(order, p.Second));
    }

    private static IncidentCheck Conserved(SystemOutcome o) => new(o.Name, "money or positions not conserved", o.IsConserved ? 0 : 1, 0);

    private static string PathOf(IncidentOptions options, string drawn) => options.Recorded is null ? drawn : "recorded prices";

    private static ImmutableArray<Asset> CoinsOf(IncidentStage stage) => RiskFactorLayout.Of(stage.Start, RiskParameters.Default.Scenarios.Pegs).Coins;

    private static CascadeParameters Parameters(IncidentOptions options) => CascadeParameters.Default with { Threads = options.Threads };

    private static CascadeScene Scene(IncidentStage stage, IncidentOptions options, ImmutableArray<Account> accounts, PricePath path)
    {
        var risk = RiskParameters.Default with { Scenarios = RiskParameters.Default.Scenarios with { MonteCarloCount = options.Scenarios } };
        return CascadeScene.Of(stage.Start, stage.Liquidity, stage.Listed, accounts, risk, path) with { Seed = options.Seed };
    }

    private static double VolumeOf(IncidentStage stage, Asset coin) =>
        CoinLiquidity.Of(stage.Start, stage.Liquidity, stage.Listed, [coin], RiskParameters.Default.Liquidity)[0].DailyVolumeUsd;

    /// <summary>Of the coin that trades least: the nearest that the board has to a thin one.</summary>
    private static Perpetual ThinPerpetual(IncidentStage stage) =>
        stage.Listed.OfType<Perpetual>().OrderBy(p => VolumeOf(stage, p.Underlying.Base)).ThenBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault()
        ?? throw new InvalidInputException("incident-stage", "the board has no perpetual");

    private static decimal UnitsOf(IncidentStage stage, Instrument instrument, double usd) =>
        decimal.Round((decimal)(usd / CoinLiquidity.NotionalUsd(stage.Start, instrument)), instrument.IsCountedInQuote ? 0 : 1);

    private static CollateralHolding Usd(decimal amount) => new(Asset.Usd, amount);
}
