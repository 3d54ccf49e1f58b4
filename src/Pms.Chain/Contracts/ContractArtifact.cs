using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Chain.Nodes;

namespace Pms.Chain.Contracts;

/// <summary>A compiled contract: its interface, with the errors of everything it calls, and its creation code.</summary>
/// <param name="Name">as in the source</param>
/// <param name="Abi">JSON ABI</param>
/// <param name="Bytecode">creation code, 0x; empty for an interface</param>
public sealed record ContractArtifact(string Name, JsonArray Abi, string Bytecode)
{
    /// <summary>Reads <c>FOLDER/Name.sol/Name.json</c> as the compiler leaves it.</summary>
    /// <param name="folder">the compiler's output</param>
    /// <param name="name">of the contract</param>
    /// <param name="file">source file; null: named after the contract</param>
    /// <exception cref="ChainException"><c>artifact-missing</c></exception>
    public static ContractArtifact Read(string folder, string name, string? file = null)
    {
        var path = Path.Combine(folder, $"{file ?? name}.sol", $"{name}.json");
        if (!File.Exists(path))
        {
            throw new ChainException("artifact-missing", $"'{path}' does not exist: forge build in contracts/ makes it");
        }

        using var stream = File.OpenRead(path);
        var document = JsonNode.Parse(stream)!;
        return new ContractArtifact(name, document["abi"]!.AsArray(), document["bytecode"]?["object"]?.GetValue<string>() ?? "0x");
    }

    /// <summary>The same contract with the errors and events of others, so that their refusals can be named.</summary>
    public ContractArtifact With(params IEnumerable<ContractArtifact> others)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var abi = new JsonArray();
        foreach (var (entry, isOwn) in Abi.Select(e => (e, true)).Concat(others.SelectMany(o => o.Abi).Select(e => (e, false))))
        {
            var type = (string?)entry!["type"];
            if ((isOwn || type is "error" or "event") && seen.Add(JsonSerializer.Serialize(entry)))
            {
                abi.Add(entry.DeepClone());
            }
        }

        return this with { Abi = abi };
    }
}

/// <summary>A contract at an address.</summary>
/// <param name="Artifact">interface</param>
/// <param name="Address">0x and 40 hexadecimal digits</param>
public sealed record DeployedContract(ContractArtifact Artifact, string Address);
