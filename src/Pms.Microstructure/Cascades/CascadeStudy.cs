using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Pms.Liquidation.Auctions;
using Pms.Margin.Portfolios;
using Pms.Margin.Venues;
using Pms.Microstructure.Ledgers;
using Pms.Microstructure.Procedures;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Microstructure.Cascades;

/// <summary>Whose collateral accounts post.</summary>
public enum CollateralMode
{
    /// <summary>What the system's own initial margin asks for, times the buffer.</summary>
    Own,

    /// <summary>The same in every system: the most that any of those with a comparable total asks for, times the buffer.</summary>
    Same,
}

/// <summary>How systems are set side by side.</summary>
public sealed record CascadeParameters
{
    public static CascadeParameters Default { get; } = new();

    public CollateralMode Collateral { get; init; } = CollateralMode.Own;

    /// <summary>Collateral over initial margin at the start. 1 to 10.</summary>
    public double Buffer { get; init; } = 1.1;

    /// <summary>Insurance fund at the start, as a share of the book's notional. 0 to 1.</summary>
    public double FundShare { get; init; } = 0.01;

    /// <summary>Bonus of a full close, share of notional.</summary>
    public double FullCloseBonus { get; init; } = 0.01;

    /// <summary>Maintenance over initial margin of the fixed-ratio rule: that of the two others.</summary>
    public double FixedRatioMaintenance { get; init; } = 0.8;

    /// <summary>Derive's: the published deployment script.</summary>
    public DeriveAuctionParameters Auction { get; init; } = new(VenueParameters.BuiltIn(DeriveAuctionParameters.Model, "script"));

    public SliceParameters Slices { get; init; } = SliceParameters.Default;

    /// <summary>Which systems are run; empty: all.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>Systems run at the same time; the result does not depend on it.</summary>
    public int Threads { get; init; } = 1;

    /// <exception cref="InvalidInputException"><c>cascade-parameter</c></exception>
    public void Validate()
    {
        if (!(Buffer is >= 1 and <= 10) || !(FundShare is >= 0 and <= 1) || !(FullCloseBonus is >= 0 and <= 0.2) || !(FixedRatioMaintenance is > 0 and <= 1) || Threads is < 1 or > 256)
        {
            throw new InvalidInputException("cascade-parameter", $"buffer {Buffer} (1 to 10), fund {FundShare} (0 to 1), bonus {FullCloseBonus} (0 to 0.2), ratio {FixedRatioMaintenance} (0 to 1), threads {Threads} (1 to 256)");
        }

        if (Only.FirstOrDefault(s => !CascadeStudy.Systems.Contains(s)) is { } unknown)
        {
            throw new InvalidInputException("cascade-parameter", $"there is no system '{PrintableText.Of(unknown)}'; there are {string.Join(", ", CascadeStudy.Systems)}");
        }

        Slices.Policy.Validate();
    }
}

/// <summary>The same accounts on the same path under several systems of margin and liquidation (docs/studies/cascade.md).</summary>
public static class CascadeStudy
{
    /// <summary>In the order of tables.</summary>
    public static ImmutableArray<string> Systems { get; } = ["static", "fixed-ratio", "derive", "pms"];

    /// <param name="scene">market, path, keepers</param>
    /// <param name="accounts">positions, and the mix of their collateral</param>
    /// <param name="parameters">validated here</param>
    public static ImmutableArray<SystemOutcome> Run(CascadeScene scene, ImmutableArray<Account> accounts, CascadeParameters parameters) => Run(scene, accounts, parameters, null);

    /// <summary>The same, with acts of a script for each system by name.</summary>
    internal static ImmutableArray<SystemOutcome> Run(CascadeScene scene, ImmutableArray<Account> accounts, CascadeParameters parameters, Func<string, IReadOnlyList<ScriptedAct>>? acts)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        var own = Rule("pms", scene, parameters, 0);
        var full = Rule("static", scene, parameters, 0);
        // Fixed-ratio: the static rule scaled so that the book's initial margin is that of this system.
        var ratio = own.OfAll(accounts).Sum(m => m.Initial) / full.OfAll(accounts).Sum(m => m.Initial);
        var same = parameters.Collateral == CollateralMode.Same ? MostOf(scene, accounts, parameters, ratio) : default;
        ImmutableArray<string> names = [.. (same.IsDefault ? Systems : Systems.Remove("static")).Where(s => parameters.Only.IsEmpty || parameters.Only.Contains(s))];
        var outcomes = new SystemOutcome[names.Length];
        void One(int i)
        {
            var rule = Rule(names[i], scene, parameters, ratio);
            var posted = same.IsDefault ? CollateralPosting.Post(rule, accounts, parameters.Buffer) : same;
            outcomes[i] = Run(names[i], scene, rule, ProcedureOf(names[i], parameters), posted, parameters, ratio, acts?.Invoke(names[i]));
        }

        try
        {
            Parallel.For(0, names.Length, new ParallelOptions { MaxDegreeOfParallelism = parameters.Threads }, One);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return [.. outcomes];
    }

    internal static ILiquidationProcedure ProcedureOf(string system, CascadeParameters parameters) => system switch
    {
        "pms" => new SlicedLiquidation(parameters.Slices),
        "derive" => new DutchAuction(parameters.Auction),
        _ => new FullClose(parameters.FullCloseBonus),
    };

    internal static IMarginRule Rule(string system, CascadeScene scene, CascadeParameters parameters, double ratio)
    {
        IMarginRule rule = system switch
        {
            "pms" => new EngineRule(scene.Risk, scene.Start, scene.Instruments, scene.Assets, scene.Seed),
            "derive" => new VenueRule(VenueModels.Create("derive")),
            "fixed-ratio" => new VenueRule(VenueModels.Create("static"), ratio, parameters.FixedRatioMaintenance * ratio),
            _ => new VenueRule(VenueModels.Create("static")),
        };
        rule.See(scene.Start, scene.Liquidity);
        return rule;
    }

    internal static SystemOutcome Run(
        string name, CascadeScene scene, IMarginRule rule, ILiquidationProcedure procedure, ImmutableArray<Account> accounts, CascadeParameters parameters, double ratio, IEnumerable<ScriptedAct>? acts = null)
    {
        var initial = rule.OfAll(accounts).Sum(m => m.Initial);
        var fund = parameters.FundShare * accounts.Sum(a => a.Positions.Sum(p => (double)Math.Abs(p.Quantity) * Impact.CoinLiquidity.NotionalUsd(scene.Start, p.Instrument)));
        var run = new VenueRun(scene, rule, accounts, fund);
        var totals = run.Ledger.Totals();
        var script = acts?.ToArray() ?? [];
        var points = ImmutableArray.CreateBuilder<CascadePoint>(scene.Path.Minutes);
        var coins = run.Market.Coins;
        var order = coins.Select(c => scene.Path.Coins.IndexOf(c)).ToArray();
        var (pathLow, low, overshoot) = (new double[coins.Length], new double[coins.Length], new double[coins.Length]);
        var path = new double[coins.Length];
        for (var minute = 0; minute < scene.Path.Minutes; minute++)
        {
            for (var coin = 0; coin < coins.Length; coin++)
            {
                path[coin] = scene.Path.LogMoves[order[coin]][minute];
            }

            foreach (var (asset, moves) in scene.Pegs)
            {
                run.Market.SetPeg(asset, moves[Math.Min(minute, moves.Length - 1)]);
            }

            run.Begin(minute, path);
            foreach (var act in script.Where(a => a.Minute == minute))
            {
                act.Do(run);
            }

            procedure.Act(run);
            run.Waterfall.Work();
            for (var coin = 0; coin < coins.Length; coin++)
            {
                var impact = run.Market.ImpactOf(coin);
                pathLow[coin] = Math.Min(pathLow[coin], path[coin]);
                low[coin] = Math.Min(low[coin], path[coin] + impact);
                overshoot[coin] = Math.Max(overshoot[coin], -ElementaryMath.Expm1(impact));
            }

            var t = run.Tally;
            points.Add(new CascadePoint(minute, ElementaryMath.Exp(path[0]), ElementaryMath.Exp(path[0] + run.Market.ImpactOf(0)), t.Liquidated, fund - run.ValueOf(VenueLedger.Insurance) - run.ValueOf(VenueLedger.Backstop) + t.DeleveragedLoss + t.Socialised));
        }

        foreach (var act in script.Where(a => a.Minute == scene.Path.Minutes))
        {
            act.Do(run);
        }

        var tally = run.Tally;
        run.Due();
        return new SystemOutcome
        {
            Name = name,
            Rules = RulesOf(name, ratio),
            Capital = CollateralPosting.ValueOf(accounts.Where(a => !a.Positions.IsEmpty), scene.Start.UsdPrice),
            Initial = initial,
            AccountsLiquidated = tally.ByOwner.Count,
            Liquidations = tally.Liquidations,
            HandedOver = tally.HandedOver,
            HandedOverPoor = tally.HandedOverPoor,
            Fallbacks = tally.Fallbacks,
            Liquidated = tally.Liquidated,
            BadDebt = tally.BadDebt + run.AccountOwners.Sum(o => Math.Max(-run.ValueOf(o), 0)),
            Fund = fund,
            FundPaid = tally.FundPaid,
            FundEnd = run.ValueOf(VenueLedger.Insurance) + run.ValueOf(VenueLedger.Backstop),
            DeleveragedLoss = tally.DeleveragedLoss,
            DeleveragedNotional = tally.DeleveragedNotional,
            DeleveragedLeast = tally.DeleveragedLeast,
            Socialised = tally.Socialised,
            BorneByMakers = tally.BorneByMakers,
            SocialisedOnIdle = tally.SocialisedOnIdle,
            Unresolved = run.AccountOwners.Sum(o => Math.Max(-run.ValueOf(o), 0)),
            ShortfallLeft = run.AccountOwners.Where(run.Ledger.HasPositions).Sum(o => run.FiguresOf(o).Shortfall),
            AccountsGain = run.AccountOwners.Sum(o => run.ValueOf(o) - run.StartValues[o]),
            Rewards = tally.Rewards,
            Slippage = tally.Slippage,
            Gas = tally.Gas,
            Unprofitable = tally.Unprofitable,
            MinutesWithoutRoom = tally.MinutesWithoutRoom,
            WithoutProgress = tally.WithoutProgress,
            ProgressBroken = tally.ProgressBroken,
            MostSteps = tally.MostSteps,
            MostRewardOfEquity = tally.MostRewardOfEquity,
            LeastBid = tally.LeastBid,
            RewardsBeyondEquity = tally.RewardsBeyondEquity,
            IsConserved = run.Ledger.Totals().AsSpan().SequenceEqual(totals),
            Waterfall = [.. tally.Waterfall],
            Lows = [.. coins.Select((c, i) => new CoinLow(c, ElementaryMath.Exp(pathLow[i]), ElementaryMath.Exp(low[i]), overshoot[i]))],
            Kinds = KindsOf(run, accounts, scene),
            Points = points.MoveToImmutable(),
        };
    }

    private static ImmutableArray<Account> MostOf(CascadeScene scene, ImmutableArray<Account> accounts, CascadeParameters parameters, double ratio)
    {
        var posted = Systems.Remove("static").Select(s => CollateralPosting.Post(Rule(s, scene, parameters, ratio), accounts, parameters.Buffer)).ToArray();
        return
        [
            .. accounts.Select((_, i) => posted.Select(p => p[i]).MaxBy(a => CollateralPosting.ValueOf([a], scene.Start.UsdPrice))!),
        ];
    }

    /// <summary>Notional and what of it was closed, by the part of the id before its last dash.</summary>
    private static ImmutableArray<KindOutcome> KindsOf(VenueRun run, ImmutableArray<Account> accounts, CascadeScene scene) =>
    [
        .. accounts.Select((account, i) => (Kind: account.Id[..Math.Max(account.Id.LastIndexOf('-'), 0)], Account: account, Owner: VenueLedger.FirstAccount + i))
            .Where(a => !a.Account.Positions.IsEmpty)
            .GroupBy(a => a.Kind)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new KindOutcome(
                g.Key,
                g.Count(),
                g.Count(a => run.Tally.ByOwner.ContainsKey(a.Owner)),
                g.Sum(a => a.Account.Positions.Sum(p => (double)Math.Abs(p.Quantity) * Impact.CoinLiquidity.NotionalUsd(scene.Start, p.Instrument))),
                g.Sum(a => run.Tally.ByOwner.GetValueOrDefault(a.Owner)))),
    ];

    private static string RulesOf(string system, double ratio) => system switch
    {
        "static" => "full collateral for every leg, full close for a fixed bonus",
        "fixed-ratio" => FormattableString.Invariant($"{ratio:P1} of full collateral for every leg, full close for a fixed bonus"),
        "derive" => "PMRM 2, pro-rata Dutch auction",
        _ => "this system's margin, cheapest closing in slices",
    };
}

/// <summary>Something that a script does to a venue besides moving prices.</summary>
/// <param name="Minute">when; the length of the path: at the end</param>
/// <param name="Do">what</param>
internal sealed record ScriptedAct(int Minute, Action<VenueRun> Do);
