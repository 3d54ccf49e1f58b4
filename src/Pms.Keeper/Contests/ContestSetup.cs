using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Auctions;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Keeper.Contests;

/// <summary>An account at the start of a contest, USD; prices stay as they are.</summary>
public sealed record ContestAccount(ulong Account, double Equity, double Worth, double Initial, double Maintenance, double GrossMark);

/// <summary>One keeper.</summary>
/// <param name="Name">for the answer</param>
/// <param name="Rules">as of a real one; not a dry run</param>
/// <param name="CashUsd">at the start</param>
/// <param name="TipGwei">offered above the base fee: who offers more comes first in a block</param>
/// <param name="PresentFromSeconds">absent before</param>
public sealed record ContestKeeper(string Name, KeeperConfig Rules, double CashUsd, double TipGwei, double PresentFromSeconds);

/// <summary>All that decides how a contest goes.</summary>
public sealed record ContestSetup
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    public ImmutableArray<ContestAccount> Accounts { get; init; } = [];

    public ImmutableArray<ContestKeeper> Keepers { get; init; } = [];

    /// <summary>Of every auction; the start is set when one starts.</summary>
    public AuctionTerms Terms { get; init; } = new() { FastSeconds = 600, SlowSeconds = 5_400, StartRateE6 = 0, KneeRateE6 = 50_000, EndRateE6 = 300_000, TargetE6 = 1_100_000, FeeE6 = 10_000 };

    public int Minutes { get; init; } = 150;

    public int BlockSeconds { get; init; } = 12;

    public double BaseFeeGwei { get; init; } = 20;

    public double EtherUsd { get; init; } = 3_000;

    public ulong Seed { get; init; } = 1;

    /// <exception cref="InvalidInputException"><c>contest</c></exception>
    public void Validate()
    {
        Require(Accounts.Length is >= 1 and <= 10_000 && Accounts.Select(a => a.Account).Distinct().Count() == Accounts.Length, $"{Accounts.Length} accounts: 1 to 10000, each once, are required");
        Require(Accounts.All(a => a.Maintenance > 0 && a.Initial >= a.Maintenance && a.GrossMark >= 0 && double.IsFinite(a.Equity + a.Worth + a.Initial + a.GrossMark) && a.Initial < 1e15), "an account has no maintenance margin, an initial margin below it, or amounts that are not finite");
        Require(Keepers.Length is >= 1 and <= 100, $"{Keepers.Length} keepers: 1 to 100 are required");
        Require(Keepers.All(k => k.CashUsd >= 0 && k.TipGwei > 0 && k.PresentFromSeconds >= 0), "a keeper has negative cash, no tip or a negative time");
        Require(Minutes is >= 1 and <= 10_000 && BlockSeconds is >= 1 and <= 3_600 && BaseFeeGwei > 0 && EtherUsd > 0, $"minutes {Minutes} (1 to 10000), block seconds {BlockSeconds} (1 to 3600), base fee {BaseFeeGwei}, ether {EtherUsd} (above 0)");
        Terms.Validate();
        foreach (var keeper in Keepers)
        {
            keeper.Rules.Validate();
        }
    }

    /// <summary>Accounts at 50 to 99 % of their maintenance margin, whose size is log-uniform.</summary>
    /// <param name="count">how many</param>
    /// <param name="seed">of the draw</param>
    /// <param name="leastUsd">smallest maintenance margin</param>
    /// <param name="mostUsd">largest</param>
    public static ImmutableArray<ContestAccount> DrawAccounts(int count, ulong seed, double leastUsd = 1_000, double mostUsd = 1_000_000)
    {
        Require(leastUsd > 0 && mostUsd >= leastUsd && mostUsd < 1e12, $"sizes are {leastUsd} to {mostUsd}: above 0, rising, are required");

        var accounts = ImmutableArray.CreateBuilder<ContestAccount>(count);
        for (var i = 0; i < count; i++)
        {
            var draw = new RandomStream(seed).Derive((ulong)i);
            var maintenance = Math.Round(leastUsd * ElementaryMath.Exp(draw.Uniform(0) * ElementaryMath.Log(mostUsd / leastUsd)), 2);
            var equity = Math.Round(maintenance * (0.5 + (0.49 * draw.Uniform(1))), 2);
            accounts.Add(new ContestAccount((ulong)i + 1, equity, Math.Round(equity * (1 + (0.1 * draw.Uniform(2))), 2), Math.Round(maintenance * 1.3, 2), maintenance, Math.Round(maintenance * (2 + (8 * draw.Uniform(3))), 2)));
        }

        return accounts.MoveToImmutable();
    }

    /// <summary>Keepers that differ in the least net gain, cost of risk, tip and cash that they have.</summary>
    public static ImmutableArray<ContestKeeper> DrawKeepers(int count, KeeperConfig rules, double presentFromSeconds, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var keepers = ImmutableArray.CreateBuilder<ContestKeeper>(count);
        for (var i = 0; i < count; i++)
        {
            var draw = new RandomStream(seed).Derive(1_000_000 + (ulong)i);
            var own = rules with
            {
                DryRun = false,
                MinimumNetUsd = rules.MinimumNetUsd.SetItem(ActionKind.Share, Math.Round(rules.MinimumNetUsd.GetValueOrDefault(ActionKind.Share) * (0.5 + draw.Uniform(0)), 2)),
                Costs = rules.Costs with { RiskShare = Math.Round(rules.Costs.RiskShare * (0.5 + draw.Uniform(1)), 4) },
            };
            keepers.Add(new ContestKeeper($"keeper-{i + 1}", own, Math.Round(50_000 * ElementaryMath.Exp(3 * draw.Uniform(2)), 0), Math.Round(0.5 + (3 * draw.Uniform(3)), 2), presentFromSeconds));
        }

        return keepers.MoveToImmutable();
    }

    /// <summary>Accounts of a file: <c>{"accounts":[{"account","equity","worth","initial","maintenance","grossMark"}]}</c>, USD.</summary>
    public static ImmutableArray<ContestAccount> ReadAccounts(JsonElement document)
    {
        try
        {
            return document.GetProperty("accounts").Deserialize<ImmutableArray<ContestAccount>>(Options);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidInputException("contest", $"the accounts cannot be read: {PrintableText.Of(e.Message)}", e);
        }
    }

    internal static BigInteger Wad(double usd) => new BigInteger(Math.Round(usd * 1e6)) * 1_000_000_000_000;

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("contest", message);
        }
    }
}
