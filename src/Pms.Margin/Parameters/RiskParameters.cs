using System.Collections.Immutable;
using Pms.Margin.Measures;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;

namespace Pms.Margin.Parameters;

/// <summary>Which number of the loss distribution is asked for.</summary>
public enum TailChoice
{
    /// <summary>Mean of the worst 1 %.</summary>
    Es99,

    /// <summary>Mean of the worst 2.5 %.</summary>
    Es975,

    /// <summary>The loss that 1 % exceed.</summary>
    Var99,
}

/// <summary>Everything that decides a margin besides market, scenarios and portfolio. Units, ranges and sources: <see cref="RiskParameterKeys"/>.</summary>
public sealed record RiskParameters
{
    public const string Schema = "pms.risk-parameters/1";

    public static RiskParameters Default { get; } = new();

    /// <summary>What the document calls itself; part of the hash.</summary>
    public string Name { get; init; } = "default";

    public MeasureParameters Measure { get; init; } = new();

    public AntiProcyclicalityParameters AntiProcyclicality { get; init; } = new();

    public DiversificationParameters Diversification { get; init; } = new();

    public BasisParameters Basis { get; init; } = new();

    public LiquidityParameters Liquidity { get; init; } = new();

    public ConcentrationParameters Concentration { get; init; } = new();

    public CollateralParameters Collateral { get; init; } = new();

    public FallbackParameters Fallback { get; init; } = new();

    public ArrayParameters Array { get; init; } = new();

    /// <summary>Families, horizon, floors and stress points; calibrated dynamics are given by the host and enter by their hash.</summary>
    public ScenarioParameters Scenarios { get; init; } = ScenarioParameters.Default;

    public SurfaceParameters Surface { get; init; } = SurfaceParameters.Default;

    /// <summary>The share of an asset's amount that does not count.</summary>
    public double Haircut(Asset asset) => Collateral.Haircuts.GetValueOrDefault(asset, Collateral.OtherHaircut);

    /// <exception cref="InvalidInputException"><c>risk-parameter</c>: a value outside its range, or values that do not fit together</exception>
    public void Validate()
    {
        if (Name.Length is 0 or > 128 || PrintableText.Of(Name) != Name)
        {
            throw new InvalidInputException("risk-parameter", $"name '{PrintableText.Of(Name)}' is not 1 to 128 printable characters");
        }

        if (!Enum.IsDefined(Measure.Tail))
        {
            throw new InvalidInputException("risk-parameter", $"measure.tail {Measure.Tail} is none of es99, es975, var99");
        }

        foreach (var key in RiskParameterKeys.All)
        {
            key.Require(key.Get(this));
        }

        foreach (var map in RiskParameterKeys.Maps)
        {
            foreach (var (asset, value) in map.Get(this))
            {
                if (!(value >= map.Least && value <= map.Most))
                {
                    throw new InvalidInputException("risk-parameter", $"{map.Path}.{asset} = {value}: {map.Least} to {map.Most} ({map.Unit}) is required");
                }
            }
        }

        if (Haircut(Asset.Usd) != 0)
        {
            throw new InvalidInputException("risk-parameter", $"collateral.haircuts.USD is {Haircut(Asset.Usd)}: all money is USD, so 0 is required");
        }

        if (Scenarios.Check() is { } refusal)
        {
            throw new InvalidInputException("risk-parameter", refusal.Message);
        }

        Surface.Validate();
    }

    /// <summary>SHA-256 of the canonical bytes: schema, name, measure, every number with its path in the order of <see cref="RiskParameterKeys"/>, haircuts by asset, the hash of the scenario parameters.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        writer.Write(Name);
        writer.Write((int)Measure.Tail);
        writer.Write(RiskParameterKeys.All.Length);
        foreach (var key in RiskParameterKeys.All)
        {
            writer.Write(key.Path);
            writer.Write(key.Get(this));
        }

        writer.Write(Collateral.Haircuts.Count);
        foreach (var (asset, haircut) in Collateral.Haircuts)
        {
            writer.Write(asset.Code);
            writer.Write(haircut);
        }

        writer.Write(Scenarios.Hash().ToString());
        return writer.Hash();
    }
}

public sealed record MeasureParameters
{
    public TailChoice Tail { get; init; } = TailChoice.Es99;

    public double ErrorBarConfidence { get; init; } = 0.95;

    public double InitialFactor { get; init; } = 1.25;

    /// <summary>Level of the VaR that is shown, and of the ES where ES is asked for.</summary>
    public TailLevel Level => Tail == TailChoice.Es975 ? TailLevel.P975 : TailLevel.P99;

    /// <summary>Level of the ES that collateral is judged by: VaR is not subadditive, so the ES of about the same size stands in for it.</summary>
    public TailLevel CoherentLevel => Tail == TailChoice.Es99 ? TailLevel.P99 : TailLevel.P975;
}

public sealed record AntiProcyclicalityParameters
{
    public double Buffer { get; init; }

    /// <summary>Null: no cap.</summary>
    public double? DailyStepCap { get; init; }
}

public sealed record DiversificationParameters
{
    public double BenefitCap { get; init; } = 0.4;
}

public sealed record BasisParameters
{
    public double MovePerYear { get; init; } = 0.01;

    public double LeastMove { get; init; } = 0.005;
}

public sealed record LiquidityParameters
{
    public double ImpactFactor { get; init; } = 1.0;

    public double OptionHalfSpreadOfValue { get; init; } = 0.03;

    public double OptionHalfSpreadOfIndex { get; init; } = 0.0003;

    public double OptionHalfSpreadCapOfIndex { get; init; } = 0.01;

    public double FutureHalfSpread { get; init; } = 0.0002;

    public double OpenInterestTurnover { get; init; } = 0.05;

    public double OptionVolumeFloorUsd { get; init; } = 2_000_000;

    public double FutureVolumeFloorUsd { get; init; } = 50_000_000;

    public double ShortOptionMinimum { get; init; } = 0.001;
}

public sealed record ConcentrationParameters
{
    public double Participation { get; init; } = 0.25;

    public double OpenInterestShare { get; init; } = 0.1;

    public double Factor { get; init; } = 1.0;
}

public sealed record CollateralParameters
{
    public ImmutableSortedDictionary<Asset, double> Haircuts { get; init; } = RiskParameterKeys.Map(
        new[] { ("USD", 0), ("USDC", 0.002), ("USDT", 0.004), ("DAI", 0.01), ("USDE", 0.02), ("BTC", 0.01), ("ETH", 0.01), ("SOL", 0.03), ("STETH", 0.03), ("WSTETH", 0.03), ("WBTC", 0.02) }
            .Select(h => KeyValuePair.Create(new Asset(h.Item1), h.Item2)));

    public double OtherHaircut { get; init; } = 0.2;
}

public sealed record FallbackParameters
{
    public double Factor { get; init; } = 1.25;

    public double FreshSeconds { get; init; } = 60;
}

public sealed record ArrayParameters
{
    public double PerpetualBasisDays { get; init; } = 30;
}
