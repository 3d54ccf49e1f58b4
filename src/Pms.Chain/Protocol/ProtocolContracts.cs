using Pms.Chain.Contracts;
using Pms.Chain.Nodes;

namespace Pms.Chain.Protocol;

/// <summary>The contracts of a deployment at their addresses, each with the errors and events of all, so that every refusal can be named. Read from the compiler's output once.</summary>
public sealed class ProtocolContracts
{
    private readonly ContractArtifact _token;

    /// <param name="addresses">deployment</param>
    /// <param name="artifacts">compiler's output</param>
    /// <exception cref="ChainException"><c>artifact-missing</c>; <c>chain-mismatch</c>: a part is missing in the deployment</exception>
    public ProtocolContracts(ProtocolAddresses addresses, string artifacts)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Addresses = addresses;
        var all = ProtocolAddresses.Order.ToDictionary(o => o.Part, o => ContractArtifact.Read(artifacts, o.Contract), StringComparer.Ordinal);
        DeployedContract At(string part, ContractArtifact artifact) => addresses.Parts.TryGetValue(part, out var address)
            ? new DeployedContract(artifact.With(all.Values), address)
            : throw new ChainException("chain-mismatch", $"the deployment has no part {part}; it has {string.Join(", ", addresses.Parts.Keys)}");

        // The house answers for its other parts, too.
        House = At("House", ContractArtifact.Read(artifacts, "IClearingHouse"));
        Hooks = At("House", ContractArtifact.Read(artifacts, "ILiquidationHooks", "IClearingHouse"));
        Registry = At("Attestations", all["Attestations"]);
        Instruments = At("Instruments", all["Instruments"]);
        Parameters = At("Parameters", all["Parameters"]);
        Engine = At("Engine", all["Engine"]);
        Governor = At("Governor", all["Governor"]);
        Votes = At("Token", all["Token"]);
        Verifiers = At("Verifiers", all["Verifiers"]);
        Proofs = At("Proofs", all["Proofs"]);
        Solvency = At("Solvency", all["Solvency"]);
        _token = ContractArtifact.Read(artifacts, "LocalToken").With(all.Values);
    }

    public ProtocolAddresses Addresses { get; }

    public DeployedContract House { get; }

    /// <summary>The house, as the liquidation engine calls it.</summary>
    public DeployedContract Hooks { get; }

    public DeployedContract Registry { get; }

    public DeployedContract Instruments { get; }

    public DeployedContract Parameters { get; }

    public DeployedContract Engine { get; }

    public DeployedContract Governor { get; }

    /// <summary>The token of votes.</summary>
    public DeployedContract Votes { get; }

    /// <summary>Which verifier counts for which circuit.</summary>
    public DeployedContract Verifiers { get; }

    /// <summary>Proven margins.</summary>
    public DeployedContract Proofs { get; }

    /// <summary>Proven solvency.</summary>
    public DeployedContract Solvency { get; }

    /// <summary>A token by its place: cash, then coins by index.</summary>
    public DeployedContract Token(int place) => new(_token, Addresses.Tokens[place]);
}
