using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Scenarios;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Proofs.Commitments;

/// <summary>The scenarios of proofs: the same dynamics as the margin's, as many as a circuit has, all of one weight, without a history.</summary>
public static class ProofScenarios
{
    /// <summary>Of one coin: the scenario set takes the published dynamics for every other.</summary>
    private static MonteCarloParameters PublishedDynamics => MonteCarloParameters.Default(new RiskFactors([new Asset("BTC")], []));

    /// <summary>A document's parameters for a circuit.</summary>
    /// <param name="parameters">in force</param>
    /// <param name="instance">circuit</param>
    /// <exception cref="InvalidInputException"><c>scenario-parameter</c>: fewer scenarios than the generator takes</exception>
    public static RiskParameters Of(RiskParameters parameters, CircuitInstance instance)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(instance);
        var dynamics = (parameters.Scenarios.MonteCarlo ?? PublishedDynamics) with { Sampling = MonteCarloSampling.ScrambledSobol };
        return parameters with { Scenarios = parameters.Scenarios with { MonteCarloCount = instance.Scenarios, MonteCarlo = dynamics } };
    }
}
