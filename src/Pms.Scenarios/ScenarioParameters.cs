using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Scenarios.MonteCarlo;
using Pms.Scenarios.Stress;

namespace Pms.Scenarios;

/// <summary>The least ATM vol that the Monte Carlo family starts from.</summary>
/// <param name="Coin">as in BTC</param>
/// <param name="AtmVol">30-day, annual, decimal; 0.01 to 5</param>
public sealed record CoinVolFloor(Asset Coin, double AtmVol);

/// <summary>How one scenario set is put together; immutable, validated, hashed.</summary>
/// <remarks>docs/model/scenarios.md has the reason of every default.</remarks>
public sealed record ScenarioParameters
{
    public const string Schema = "pms.scenario-parameters/1";

    /// <summary>Most scenarios with probability in one set.</summary>
    public const int MaxMonteCarlo = 1_000_000;

    public static ScenarioParameters Default { get; } = new();

    /// <summary>Days over which the moves happen. 0.04 (an hour) to 30; default 1.</summary>
    public double HorizonDays { get; init; } = 1;

    /// <summary>Monte Carlo scenarios. 100 to 1,000,000; default 10,000.</summary>
    public int MonteCarloCount { get; init; } = 10_000;

    /// <summary>Probability that filtered history has where a history is given, the Monte Carlo family having the rest. 0 to 0.9; default 0.25.</summary>
    public double HistoricalShare { get; init; } = 0.25;

    /// <summary>Dynamics; null: the published defaults. A coin that they do not name takes its default.</summary>
    public MonteCarloParameters? MonteCarlo { get; init; }

    /// <summary>Whether each coin starts at the 30-day ATM vol of its surface (not below its floor). Default true.</summary>
    public bool StartAtCurrentVol { get; init; } = true;

    /// <summary>Long-run floor of the starting vol, against procyclicality. Default BTC 0.40, ETH 0.45: about the fifth and the tenth percentile of the DVOL closes from March 2021 to 2024 (BTC 0.398 and 0.450, ETH 0.381 and 0.458).</summary>
    public ImmutableArray<CoinVolFloor> VolFloors { get; init; } = [new(new Asset("BTC"), 0.40), new(new Asset("ETH"), 0.45)];

    /// <summary>Floor of every other coin. 0.01 to 5; default 0.60.</summary>
    public double OtherVolFloor { get; init; } = 0.60;

    /// <summary>How a history, where one is given, becomes scenarios.</summary>
    public HistoricalParameters Historical { get; init; } = HistoricalParameters.Default;

    /// <summary>The deterministic scenarios.</summary>
    public StressParameters Stress { get; init; } = StressParameters.Default;

    /// <summary>Assets that follow another. Default: USDC, USDT, DAI, USDE to USD; STETH, WSTETH-like staked and wrapped coins to theirs.</summary>
    public ImmutableArray<PeggedAsset> Pegs { get; init; } =
    [
        Peg("USDC", "USD"), Peg("USDT", "USD"), Peg("DAI", "USD"), Peg("USDE", "USD"),
        Peg("STETH", "ETH"), Peg("WSTETH", "ETH"), Peg("WBETH", "ETH"), Peg("BETH", "ETH"), Peg("WBTC", "BTC"), Peg("BNSOL", "SOL"),
    ];

    /// <summary>The least vol that a coin starts from.</summary>
    public double VolFloor(Asset coin) => VolFloors.FirstOrDefault(f => f.Coin == coin)?.AtmVol ?? OtherVolFloor;

    /// <summary>Null where everything is in its range, else why not.</summary>
    public Refusal? Check()
    {
        if (!(HorizonDays is >= 0.04 and <= 30))
        {
            return new Refusal("scenario-parameter", $"horizonDays {HorizonDays} is not in [0.04, 30]");
        }

        if (MonteCarloCount is < 100 or > MaxMonteCarlo)
        {
            return new Refusal("scenario-parameter", $"monteCarloCount {MonteCarloCount} is not in [100, {MaxMonteCarlo}]");
        }

        if (!(HistoricalShare is >= 0 and <= 0.9))
        {
            return new Refusal("scenario-parameter", $"historicalShare {HistoricalShare} is not in [0, 0.9]");
        }

        foreach (var (name, vol) in VolFloors.Select(f => (f.Coin.Code, f.AtmVol)).Append(("other coins", OtherVolFloor)))
        {
            if (!(vol is >= 0.01 and <= 5))
            {
                return new Refusal("scenario-parameter", $"vol floor {vol} of {name} is not in [0.01, 5]");
            }
        }

        if (VolFloors.Select(f => f.Coin).Distinct().Count() != VolFloors.Length || Pegs.Select(p => p.Asset).Distinct().Count() != Pegs.Length)
        {
            return new Refusal("scenario-parameter", "volFloors and pegs name each coin once");
        }

        try
        {
            Historical.Validate();
            Stress.Validate();
        }
        catch (InvalidInputException e)
        {
            return e.ToRefusal();
        }

        return MonteCarlo?.Check();
    }

    /// <summary>Of the canonical bytes of every number above.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        Write(writer);
        return writer.Hash();
    }

    public void Write(CanonicalWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(HorizonDays);
        writer.Write(MonteCarloCount);
        writer.Write(HistoricalShare);
        writer.Write(MonteCarlo is not null);
        if (MonteCarlo is not null)
        {
            writer.Write(MonteCarlo.Hash().ToString());
        }

        writer.Write(StartAtCurrentVol);
        writer.Write(VolFloors.Length);
        foreach (var floor in VolFloors)
        {
            writer.Write(floor.Coin.Code);
            writer.Write(floor.AtmVol);
        }

        writer.Write(OtherVolFloor);
        Historical.Write(writer);
        Stress.Write(writer);
        writer.Write(Pegs.Length);
        foreach (var peg in Pegs)
        {
            writer.Write(peg.Asset.Code);
            writer.Write(peg.Anchor.Code);
        }
    }

    private static PeggedAsset Peg(string asset, string anchor) => new(new Asset(asset), new Asset(anchor));
}
