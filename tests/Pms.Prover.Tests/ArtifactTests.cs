using System.Security.Cryptography;
using System.Text.Json;
using Pms.Proofs.Circuits;
using Pms.Prover.Keys;
using Pms.Prover.Processes;
using Pms.Testing;

namespace Pms.Prover.Tests;

/// <summary>circuits/artifacts.json says what each circuit compiles to: a change of circuits, sizes or compiler shows there.</summary>
public sealed class ArtifactTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    public static TheoryData<string> Instances => [.. CircuitInstance.All.Select(i => i.Name)];

    [Theory]
    [MemberData(nameof(Instances))]
    public async Task Circuit_OfTheRecord_CompilesToItsHashAndGates(string name)
    {
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Provers.Tools.Circuits, "artifacts.json"), Cancel));
        document.RootElement.TryGetProperty(name, out var record).ShouldBeTrue($"circuits/artifacts.json has no {name}: node tools/artifacts.mjs {name}");
        var source = await BuiltCircuit.RequireAsync("node", ["-e", $"import('{Provers.Tools.Script("instances.mjs")}').then(m => console.log(m.sourceHash('{name}')))"], ProverLimits.Default, Cancel);
        source.Output.Trim().ShouldBe(record.GetProperty("source").GetString(), $"{name}'s sources have changed: compile it and renew circuits/artifacts.json");
        // Large circuits compile for minutes: the fast suite holds to their sources alone.
        if (!name.EndsWith("-small", StringComparison.Ordinal) && !FuzzBudget.Long)
        {
            return;
        }

        var circuit = await BuiltCircuit.MakeAsync(Provers.Tools, CircuitInstance.Of(name), ProofTarget.Chain, null, ProverLimits.Default, Cancel);
        circuit.Gates.ShouldBe(record.GetProperty("gates").GetInt32());
        using var program = JsonDocument.Parse(await File.ReadAllTextAsync(circuit.Program, Cancel));
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(program.RootElement.GetProperty("bytecode").GetString()!))).ShouldBe(record.GetProperty("bytecode").GetString());
    }
}
