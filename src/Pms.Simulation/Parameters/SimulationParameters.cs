using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Simulation.Stress;

namespace Pms.Simulation.Parameters;

/// <summary>Everything that shapes a simulated exchange except its seed. Immutable; the hash names it.</summary>
public sealed record SimulationParameters
{
    public const string Schema = "pms.simulation-parameters/1";

    /// <summary>Most coins, families or spot pairs of one exchange.</summary>
    public const int MaxParts = 16;

    /// <summary>Step 0 of the run.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Time between two steps: whole milliseconds, 100 ms to 60 s.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(1);

    public ImmutableArray<CoinParameters> Coins { get; init; } = DefaultMarket.Coins;

    public ImmutableArray<FamilyParameters> Families { get; init; } = DefaultMarket.Families;

    public ImmutableArray<SpotPairParameters> SpotPairs { get; init; } = DefaultMarket.SpotPairs;

    public CommonParameters Common { get; init; } = new();

    public QuotingParameters Quoting { get; init; } = new();

    public TradingParameters Trading { get; init; } = new();

    /// <summary>Stress scripts and when each begins; they add up where they overlap.</summary>
    public ImmutableArray<ScheduledScript> Scripts { get; init; } = [];

    /// <summary>BTC and ETH inverse, SOL in USDC, spot pairs with USDC and a staked coin; one-second steps; no script.</summary>
    public static SimulationParameters Default { get; } = new();

    /// <summary>The same market, options and futures on BTC and ETH settled in USDC: what a house with one settlement token lists.</summary>
    public static SimulationParameters LinearMarket { get; } = new() { Families = DefaultMarket.LinearFamilies };

    /// <summary>SHA-256 of the canonical bytes of every number here.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        writer.Write(Start);
        writer.Write(Step.Ticks);
        writer.Write(Coins.Length);
        foreach (var coin in Coins)
        {
            writer.Write(coin.Coin.Code);
            ParameterTable.Write(writer, coin.Entries);
        }

        writer.Write(Families.Length);
        foreach (var family in Families)
        {
            writer.Write(family.Underlying.Name);
            ParameterTable.Write(writer, family.Entries);
        }

        writer.Write(SpotPairs.Length);
        foreach (var pair in SpotPairs)
        {
            writer.Write(pair.Underlying.Name);
            writer.Write(pair.Coin.Code);
            ParameterTable.Write(writer, pair.Entries);
        }

        ParameterTable.Write(writer, Common.Entries);
        ParameterTable.Write(writer, Quoting.Entries);
        ParameterTable.Write(writer, Trading.Entries);
        writer.Write(Scripts.Length);
        foreach (var script in Scripts)
        {
            writer.Write(script.Script.Name);
            writer.Write(script.StartsAfter.Ticks);
            writer.Write(script.Script.Frames.Length);
            foreach (var frame in script.Script.Frames)
            {
                writer.Write(frame.After.Ticks);
                ParameterTable.Write(writer, frame.State.Entries);
            }
        }

        return writer.Hash();
    }

    /// <exception cref="InvalidInputException"><c>simulation-parameter</c>, with the value and its range</exception>
    public SimulationParameters Validated()
    {
        if (Start.Year is < 2000 or > 2090 || Start.Offset != TimeSpan.Zero || Start.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw Invalid($"{nameof(Start)} {Start:o} is not a whole second in UTC between 2000 and 2090");
        }

        if (Step < TimeSpan.FromMilliseconds(100) || Step > TimeSpan.FromSeconds(60) || Step.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            throw Invalid($"{nameof(Step)} {Step} is not a whole number of milliseconds between 100 ms and 60 s");
        }

        if (Coins.Length is 0 or > MaxParts || Families.Length is 0 or > MaxParts || SpotPairs.Length > MaxParts || Scripts.Length > MaxParts)
        {
            throw Invalid($"{Coins.Length} coins, {Families.Length} families, {SpotPairs.Length} spot pairs, {Scripts.Length} scripts: at most {MaxParts} of each, at least one coin and family");
        }

        foreach (var coin in Coins)
        {
            coin.Validate();
        }

        foreach (var family in Families)
        {
            ParameterTable.Validate(family.Underlying.Name, family.Entries);
            _ = CoinIndex(family.Underlying.Base);
        }

        foreach (var pair in SpotPairs)
        {
            ParameterTable.Validate(pair.Underlying.Name, pair.Entries);
            if (pair.Kind != SpotPairKind.Stablecoin)
            {
                _ = CoinIndex(pair.Coin);
            }
        }

        RequireDistinct(Coins.Select(c => c.Coin.Code));
        RequireDistinct(Families.Select(f => f.Underlying.Name));
        RequireDistinct(SpotPairs.Select(p => p.Underlying.Name));
        ParameterTable.Validate(nameof(Common), Common.Entries);
        ParameterTable.Validate(nameof(Quoting), Quoting.Entries);
        ParameterTable.Validate(nameof(Trading), Trading.Entries);
        foreach (var script in Scripts)
        {
            if (script.StartsAfter < TimeSpan.Zero)
            {
                throw Invalid($"script {script.Script.Name} starts {script.StartsAfter} before the run");
            }

            script.Script.Validate();
        }

        return this;
    }

    internal int CoinIndex(Asset coin)
    {
        for (var i = 0; i < Coins.Length; i++)
        {
            if (Coins[i].Coin == coin)
            {
                return i;
            }
        }

        throw Invalid($"{coin} is used but is not among the simulated coins");
    }

    private static void RequireDistinct(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!seen.Add(name))
            {
                throw Invalid($"{name} is given twice");
            }
        }
    }

    private static InvalidInputException Invalid(string message) => new("simulation-parameter", message);
}
