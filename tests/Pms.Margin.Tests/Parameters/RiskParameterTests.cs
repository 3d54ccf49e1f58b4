using System.Text;
using System.Text.Json;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Testing;
using Pms.Volatility;

namespace Pms.Margin.Tests.Parameters;

public sealed class RiskParameterTests
{
    [Fact]
    public void Write_ThenRead_GivesTheSameParameters()
    {
        var changed = RiskParameters.Default with
        {
            Name = "round trip",
            AntiProcyclicality = new AntiProcyclicalityParameters { Buffer = 0.25, DailyStepCap = 0.3 },
            Scenarios = RiskParameters.Default.Scenarios with { StartAtCurrentVol = false, MonteCarloCount = 777 },
        };
        foreach (var parameters in new[] { RiskParameters.Default, changed })
        {
            Read(RiskParameterFile.Write(parameters)).Hash().ShouldBe(parameters.Hash());
        }
    }

    [Fact]
    public void Read_EmptyDocument_IsTheDefault() => Read("{}").Hash().ShouldBe(RiskParameters.Default.Hash());

    [Fact]
    public void Read_EveryNumberMovedAlone_TakesItAndChangesTheHash()
    {
        foreach (var key in RiskParameterKeys.All)
        {
            var usual = key.Get(RiskParameters.Default);
            var moved = key.IsSwitch ? 1 - usual!.Value : usual is { } v && Math.Abs(v - key.Most) > 1e-12 ? (key.IsWhole ? v + 1 : Math.Min(v + ((key.Most - v) * 1e-3), key.Most)) : key.Least;
            var text = key.IsSwitch ? (moved == 1 ? "true" : "false") : JsonSerializer.Serialize(moved);
            var parameters = Read(Document(key, text));
            key.Get(parameters).ShouldBe(moved, key.Path);
            parameters.Hash().ShouldNotBe(RiskParameters.Default.Hash(), key.Path);
            foreach (var other in RiskParameterKeys.All.Where(k => k.Path != key.Path))
            {
                other.Get(parameters).ShouldBe(other.Get(RiskParameters.Default), $"{key.Path} moved {other.Path}");
            }
        }
    }

    [Fact]
    public void Read_EveryNumberOutsideItsRange_IsRefusedByName()
    {
        foreach (var key in RiskParameterKeys.All.Where(k => !k.IsSwitch))
        {
            foreach (var bad in new[] { key.Least - Math.Max(1e-6, Math.Abs(key.Least) * 1e-6), key.Most + Math.Max(1, key.Most * 1e-6) })
            {
                var refusal = Should.Throw<InvalidInputException>(() => Read(Document(key, JsonSerializer.Serialize(bad))));
                refusal.Code.ShouldBe("risk-parameter");
                refusal.Message.ShouldContain(key.Path);
            }
        }
    }

    [Theory]
    [InlineData("""{"liquidty":{}}""", "risk-parameter-key", "liquidity")]
    [InlineData("""{"liquidity":{"impactfactor":1}}""", "risk-parameter-key", "liquidity.impactFactor")]
    [InlineData("""{"liquidity":{"impactFactor":"1"}}""", "risk-parameter-json", "liquidity.impactFactor")]
    [InlineData("""{"liquidity":{"impactFactor":1,"impactFactor":2}}""", "risk-parameter-json", "impactFactor")]
    [InlineData("""{"measure":{"tail":"es95"}}""", "risk-parameter", "es99")]
    [InlineData("""{"schema":"pms.risk-parameters/2"}""", "risk-parameter-json", "pms.risk-parameters/1")]
    [InlineData("""{"collateral":{"haircuts":{"usdc":0.1}}}""", "risk-parameter-key", "usdc")]
    [InlineData("""{"collateral":{"haircuts":{"USDC":1.5}}}""", "risk-parameter", "collateral.haircuts.USDC")]
    [InlineData("""{"collateral":{"haircuts":{"USD":0.1}}}""", "risk-parameter", "USD")]
    [InlineData("""{"stress":{"spotSteps":[-1,1]}}""", "risk-parameter", "SpotSteps")]
    [InlineData("""{"stress":{"spotSteps":[0,1]}}""", "risk-parameter", "SpotSteps")]
    [InlineData("""{"stress":{"spotSteps":[0,1,-2]}}""", "risk-parameter", "stress.spotSteps[2]")]
    [InlineData("""{"stress":{"points":[{"name":"x","lossShare":0}]}}""", "risk-parameter", "lossShare")]
    [InlineData("""{"stress":{"points":[{"name":"x"}]}}""", "risk-parameter-json", "lossShare")]
    [InlineData("""{"stress":{"points":[{"name":"x","lossShare":1,"spot":0.1}]}}""", "risk-parameter-key", "spotLogReturn")]
    [InlineData("""{"scenarios":{"startAtCurrentVol":1}}""", "risk-parameter-json", "true or false")]
    [InlineData("""{"scenarios":{"monteCarloCount":100.5}}""", "risk-parameter", "whole number")]
    [InlineData("""{"scenarios":{"pegs":{"USDC":5}}}""", "risk-parameter-json", "pegs.USDC")]
    [InlineData("""{"name":""}""", "risk-parameter", "name")]
    [InlineData("""[]""", "risk-parameter-json", "object")]
    [InlineData("""{"measure":{"initialFactor":1e999}}""", "risk-parameter-json", "initialFactor")]
    [InlineData("""{""", "risk-parameter-json", "JSON")]
    public void Read_BadDocument_NamesWhatIsWrong(string json, string code, string named)
    {
        var refusal = Should.Throw<InvalidInputException>(() => Read(json));
        refusal.Code.ShouldBe(code);
        refusal.Message.ShouldContain(named);
    }

    [Fact]
    public void Read_MapsListsAndTables_AddOrReplace()
    {
        var parameters = Read("""
            {"collateral":{"haircuts":{"DOGE":0.4}},"scenarios":{"volFloors":{"BTC":0.5},"pegs":{"PYUSD":"USD"}},
             "stress":{"tailMoves":[-0.5,0.5],"points":[{"name":"only","volLogChange":0.3,"lossShare":0.5}]}}
            """);
        parameters.Haircut(new Asset("DOGE")).ShouldBe(0.4);
        parameters.Haircut(new Asset("USDC")).ShouldBe(RiskParameters.Default.Haircut(new Asset("USDC")));
        parameters.Haircut(new Asset("NEVERSEEN")).ShouldBe(RiskParameters.Default.Collateral.OtherHaircut);
        parameters.Scenarios.VolFloor(new Asset("BTC")).ShouldBe(0.5);
        parameters.Scenarios.VolFloor(new Asset("ETH")).ShouldBe(RiskParameters.Default.Scenarios.VolFloor(new Asset("ETH")));
        parameters.Scenarios.Pegs.ShouldContain(p => p.Asset == new Asset("PYUSD"));
        parameters.Scenarios.Stress.TailMoves.ShouldBe([-0.5, 0.5]);
        parameters.Scenarios.Stress.Points.Single().VolLogChange.ShouldBe(0.3);
    }

    [Fact]
    public void Keys_SurfaceAndStressParameters_EveryNumberHasOne()
    {
        // A number that is added to the records must come with unit, range and source.
        Doubles(typeof(SurfaceParameters)).ShouldBeSubsetOf(Names("surface"));
        Doubles(typeof(Pms.Scenarios.Stress.StressParameters)).ShouldBeSubsetOf(Names("stress"));
        Doubles(typeof(Pms.Scenarios.ScenarioParameters)).ShouldBeSubsetOf(Names("scenarios"));
        Doubles(typeof(Pms.Scenarios.Historical.HistoricalParameters)).ShouldBeSubsetOf(Names("history"));
        Doubles(typeof(LiquidityParameters)).ShouldBeSubsetOf(Names("liquidity"));
        Doubles(typeof(ConcentrationParameters)).ShouldBeSubsetOf(Names("concentration"));
        RiskParameterKeys.All.Select(k => k.Path).Distinct().Count().ShouldBe(RiskParameterKeys.All.Length);
        foreach (var key in RiskParameterKeys.All)
        {
            key.Unit.ShouldNotBeEmpty();
            key.Source.ShouldNotBeEmpty();
            key.Meaning.ShouldNotBeEmpty();
            key.Least.ShouldBeLessThan(key.Most, key.Path);
            key.Require(key.Get(RiskParameters.Default));
        }

        static string[] Doubles(Type type) =>
            [.. type.GetProperties().Where(p => p.CanWrite && (p.PropertyType == typeof(double) || p.PropertyType == typeof(int))).Select(p => char.ToLowerInvariant(p.Name[0]) + p.Name[1..])];

        static string[] Names(string section) => [.. RiskParameterKeys.All.Where(k => k.Section == section).Select(k => k.Name)];
    }

    [Fact]
    public void Write_CalibratedDynamics_ComeBackAndChangeTheHash()
    {
        var dynamics = Pms.Scenarios.MonteCarlo.MonteCarloParameters.Default(HandMarket.Factors);
        var parameters = RiskParameters.Default with { Scenarios = RiskParameters.Default.Scenarios with { MonteCarlo = dynamics with { DegreesOfFreedom = 4 } } };
        Read(RiskParameterFile.Write(parameters)).Hash().ShouldBe(parameters.Hash());
        parameters.Hash().ShouldNotBe(RiskParameters.Default.Hash());
        Should.Throw<InvalidInputException>(() => Read("""{"dynamics":{"coins":5}}""")).Code.ShouldBe("risk-parameter-json");
    }

    [Fact]
    public void Validate_RecordsMadeInCode_AreHeldToTheSameRanges()
    {
        Should.Throw<InvalidInputException>(() => (RiskParameters.Default with { Measure = new MeasureParameters { InitialFactor = 0.9 } }).Validate()).Message.ShouldContain("measure.initialFactor");
        Should.Throw<InvalidInputException>(() => (RiskParameters.Default with { Fallback = new FallbackParameters { Factor = double.NaN } }).Validate()).Message.ShouldContain("fallback.factor");
        Should.Throw<InvalidInputException>(() => (RiskParameters.Default with { Diversification = new DiversificationParameters { BenefitCap = 1.1 } }).Validate()).Code.ShouldBe("risk-parameter");
        RiskParameters.Default.Validate();
    }

    [Fact]
    public void JsonSchema_CommittedFile_IsTheRecords()
    {
        var path = Path.Combine(RepositoryPaths.Root, "src", "Pms.Margin", "Parameters", "risk-parameters.schema.json");
        (File.ReadAllText(path) == RiskParameterFile.JsonSchema()).ShouldBeTrue("run: pms params schema > src/Pms.Margin/Parameters/risk-parameters.schema.json");
    }

    [Fact]
    public void Read_DamagedDocuments_NeverCrash()
    {
        var whole = RiskParameterFile.Write(RiskParameters.Default);
        var random = new Numerics.RandomStream(99);
        for (var c = 0; c < FuzzBudget.Cases(1_000); c++)
        {
            var stream = random.Derive((ulong)c);
            var bytes = Encoding.UTF8.GetBytes(whole);
            for (var k = 0; k < 1 + (c % 3); k++)
            {
                bytes[(int)(stream.Uniform((ulong)k) * bytes.Length)] = (byte)(stream.Bits((ulong)(10 + k)) & 0x7F);
            }

            try
            {
                RiskParameterFile.Read(new MemoryStream(bytes)).Validate();
            }
            catch (InvalidInputException e)
            {
                e.Code.ShouldStartWith("risk-parameter");
            }
        }
    }

    private static string Document(ParameterKey key, string value) => $"{{\"{key.Section}\":{{\"{key.Name}\":{value}}}}}";

    private static RiskParameters Read(string json) => RiskParameterFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)));
}
