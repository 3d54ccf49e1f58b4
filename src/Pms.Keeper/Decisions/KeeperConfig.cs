using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Keeper.Decisions;

/// <summary>What a keeper does with an account that is worth nothing.</summary>
public enum BadDebtMode
{
    /// <summary>Leaves it to others.</summary>
    Skip,

    /// <summary>Takes it over where its minimum net allows.</summary>
    TakeOver,
}

/// <summary>A keeper's rules, as its file has them (docs/keeper.md). USD, seconds and shares unless the name says otherwise.</summary>
public sealed record KeeperConfig
{
    public const string SchemaName = "pms.keeper/1";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public string Schema { get; init; } = SchemaName;

    /// <summary>Nothing is sent. Default true.</summary>
    public bool DryRun { get; init; } = true;

    /// <summary>The keeper's account at the house, without legs, that has approved the liquidation contract as a signer.</summary>
    public ulong Payer { get; init; }

    /// <summary>Least net gain by kind; may be below 0. A kind that is not named is not done.</summary>
    public ImmutableSortedDictionary<ActionKind, double> MinimumNetUsd { get; init; } = ImmutableSortedDictionary<ActionKind, double>.Empty
        .Add(ActionKind.Start, -20).Add(ActionKind.Share, 5).Add(ActionKind.Divide, -20).Add(ActionKind.End, -2).Add(ActionKind.Restart, -2);

    /// <summary>Accounts that may be acted on; empty: all.</summary>
    public ImmutableArray<ulong> Whitelist { get; init; } = [];

    /// <summary>After an action on an account failed, for actions of its kind. 0 to 86,400 s.</summary>
    public int CooldownSeconds { get; init; } = 60;

    public BadDebtMode BadDebt { get; init; } = BadDebtMode.Skip;

    /// <summary>Most cash of one bid. Above 0.</summary>
    public double LargestCashUsd { get; init; } = 100_000;

    /// <summary>Cash of the payer that is never used. At least 0.</summary>
    public double KeepCashUsd { get; init; }

    public GasRules Gas { get; init; } = new();

    public CostRules Costs { get; init; } = new();

    public StaleRules Stale { get; init; } = new();

    /// <summary>Where transactions go instead of the public pool: a JSON-RPC URL that takes eth_sendRawTransaction. Null: the node.</summary>
    public string? RelayUrl { get; init; }

    /// <summary>File of the aggregator's batch, or its http(s) URL.</summary>
    public string? Batch { get; init; }

    /// <summary>Durable state. Null: keeper.db beside the configuration.</summary>
    public string? Store { get; init; }

    /// <summary>Between two looks. 0.1 to 600 s.</summary>
    public double PollSeconds { get; init; } = 2;

    /// <summary>Transactions that may be on their way at once. 1 to 16.</summary>
    public int MostInFlight { get; init; } = 4;

    /// <summary>Blocks above a receipt before it is final. 0 to 128.</summary>
    public int Confirmations { get; init; } = 2;

    public static KeeperConfig Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var config = JsonSerializer.Deserialize<KeeperConfig>(utf8, Options) ?? throw new InvalidInputException("keeper-config", "the configuration is the JSON value null: an object is expected");
            config.Validate();
            return config;
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("keeper-config", $"the configuration cannot be read: {e.Message}", e);
        }
    }

    public string Write() => JsonSerializer.Serialize(this, Options);

    /// <exception cref="InvalidInputException"><c>keeper-config</c>: names the key and the allowed range</exception>
    public void Validate()
    {
        Require(Schema == SchemaName, "schema", $"is '{PrintableText.Of(Schema, 40)}'", SchemaName);
        foreach (var (kind, least) in MinimumNetUsd)
        {
            Range($"minimumNetUsd.{kind}", least, -1e6, 1e9);
        }

        Require(Whitelist is { IsDefault: false, Length: <= 100_000 }, "whitelist", "is no list or too long", "at most 100000 accounts");
        Range("cooldownSeconds", CooldownSeconds, 0, 86_400);
        Range("largestCashUsd", LargestCashUsd, 0.01, 1e12);
        Range("keepCashUsd", KeepCashUsd, 0, 1e12);
        Range("pollSeconds", PollSeconds, 0.1, 600);
        Range("mostInFlight", MostInFlight, 1, 16);
        Range("confirmations", Confirmations, 0, 128);
        Range("gas.capUsdPerTransaction", Gas.CapUsdPerTransaction, 0, 1e6);
        Range("gas.capUsdPerDay", Gas.CapUsdPerDay, 0, 1e9);
        Range("gas.etherUsd", Gas.EtherUsd ?? 1, 1e-6, 1e9);
        Range("gas.historyBlocks", Gas.HistoryBlocks, BaseFeeForecast.LeastBlocks, 1_024);
        Range("gas.horizonBlocks", Gas.HorizonBlocks, 1, 100);
        Range("gas.quantile", Gas.Quantile, 0.5, 0.9999);
        Range("gas.inclusion", Gas.Inclusion, 0.01, 0.999);
        Range("gas.leastTipWei", Gas.LeastTipWei, 0, 1e15);
        Gas.Replacement.Validate();
        Range("gas.mostFeeGwei", Gas.MostFeeGwei, 1e-6, 1e6);
        Range("gas.calmFeeGwei", Gas.CalmFeeGwei ?? 1, 1e-6, 1e6);
        foreach (var (kind, units) in Gas.Units)
        {
            Range($"gas.units.{kind}", units, 21_000, 30_000_000);
        }

        foreach (var kind in Enum.GetValues<ActionKind>())
        {
            Require(Gas.Units.ContainsKey(kind), $"gas.units.{kind}", "is missing", "gas of a transaction, 21000 to 30000000");
        }

        Range("costs.riskShare", Costs.RiskShare, 0, 1);
        Range("costs.spreadShare", Costs.SpreadShare, 0, 1);
        Range("costs.impactFactor", Costs.ImpactFactor, 0, 10);
        Range("costs.dailyVolumeUsd", Costs.DailyVolumeUsd, 1, 1e15);
        Range("stale.batchSeconds", Stale.BatchSeconds, 1, 86_400);
        Range("stale.blockSeconds", Stale.BlockSeconds, 1, 86_400);
        Require(RelayUrl is null || Uri.TryCreate(RelayUrl, UriKind.Absolute, out var relay) && relay.Scheme is "http" or "https", "relayUrl", "is no URL", "http(s)://…");
    }

    private static void Range(string key, double value, double least, double most) => Require(value >= least && value <= most, key, $"is {value}", $"{least} to {most}");

    private static void Require(bool holds, string key, string what, string allowed)
    {
        if (!holds)
        {
            throw new InvalidInputException("keeper-config", $"'{key}' {what}: {allowed} is required");
        }
    }
}

/// <summary>What may be spent on gas, and how it is offered.</summary>
public sealed record GasRules
{
    /// <summary>Worst case of one transaction: gas x most fee. 0 to 1e6.</summary>
    public double CapUsdPerTransaction { get; init; } = 100;

    /// <summary>Of a UTC day, with the worst case of what is on its way. 0 to 1e9.</summary>
    public double CapUsdPerDay { get; init; } = 1_000;

    /// <summary>Price of 1e18 wei; null: the price of <see cref="EtherPriceId"/> in the batch.</summary>
    public double? EtherUsd { get; init; }

    /// <summary>Price id of ether in the house.</summary>
    public byte EtherPriceId { get; init; } = 2;

    /// <summary>Fee history that the forecast is made of.</summary>
    public int HistoryBlocks { get; init; } = 300;

    /// <summary>Blocks in which a transaction should be in the chain.</summary>
    public int HorizonBlocks { get; init; } = 5;

    /// <summary>Of the forecast, that the offer is to cover.</summary>
    public double Quantile { get; init; } = 0.99;

    /// <summary>Probability of the next block that the tip is chosen for.</summary>
    public double Inclusion { get; init; } = 0.9;

    /// <summary>Least tip, wei for a unit.</summary>
    public long LeastTipWei { get; init; } = 100_000_000;

    /// <summary>Most fee, 1e9 wei for a unit.</summary>
    public double MostFeeGwei { get; init; } = 500;

    /// <summary>Rise of both fees of a replacement, thousandths.</summary>
    public int BumpPerMille { get; init; } = 125;

    public int BlocksPerBump { get; init; } = 2;

    public int MostBumps { get; init; } = 6;

    /// <summary>Fee at which a share may be written out later, 1e9 wei for a unit: a division is in no hurry. Null: the fee of now.</summary>
    public double? CalmFeeGwei { get; init; }

    /// <summary>Gas of each kind, for decisions before the chain has estimated it.</summary>
    public ImmutableSortedDictionary<ActionKind, ulong> Units { get; init; } = ImmutableSortedDictionary<ActionKind, ulong>.Empty
        .Add(ActionKind.Start, 220_000).Add(ActionKind.Share, 320_000).Add(ActionKind.TakeOver, 600_000).Add(ActionKind.Divide, 900_000).Add(ActionKind.End, 150_000).Add(ActionKind.Restart, 180_000);

    [JsonIgnore]
    public ReplacementPolicy Replacement => new() { BumpPerMille = BumpPerMille, BlocksPerBump = BlocksPerBump, MostBumps = MostBumps, MostFeeWei = new BigInteger(MostFeeGwei * 1e9) };
}

/// <summary>What getting rid of a share costs.</summary>
public sealed record CostRules
{
    /// <summary>Of the maintenance margin of what is taken: hedging and carrying it. Default 2 %.</summary>
    public double RiskShare { get; init; } = 0.02;

    /// <summary>Of the gross mark value of what is taken: half spreads. Default 0.5 %.</summary>
    public double SpreadShare { get; init; } = 0.005;

    /// <summary>Y x day volatility of the square-root law on the gross mark value.</summary>
    public double ImpactFactor { get; init; } = 0.04;

    public double DailyVolumeUsd { get; init; } = 2e8;
}

/// <summary>Data older than this is not acted on.</summary>
public sealed record StaleRules
{
    /// <summary>Of the batch's market, against the chain's clock.</summary>
    public int BatchSeconds { get; init; } = 180;

    /// <summary>Of the newest block, against the keeper's clock.</summary>
    public int BlockSeconds { get; init; } = 60;
}
