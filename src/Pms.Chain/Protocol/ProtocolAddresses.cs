using System.Text.Json;
using Pms.Primitives;

namespace Pms.Chain.Protocol;

/// <summary>Where one deployment of the protocol stands; kept as a file beside what uses it.</summary>
/// <param name="ChainId">EIP-155</param>
/// <param name="Block">height from which events are read</param>
/// <param name="Parts">address of each part by its name in the deployment (House, Attestations, ...)</param>
/// <param name="Tokens">cash first, then coins by index</param>
public sealed record ProtocolAddresses(ulong ChainId, ulong Block, IReadOnlyDictionary<string, string> Parts, IReadOnlyList<string> Tokens)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Contracts of the parts, in the order in which a deployment creates them.</summary>
    public static IReadOnlyList<(string Part, string Contract)> Order { get; } =
    [
        ("Token", "PmsToken"), ("Timelock", "VetoTimelock"), ("Governor", "PmsGovernor"), ("Parameters", "RiskParameters"), ("Attestations", "AttestationRegistry"), ("Guardian", "Guardian"),
        ("Instruments", "InstrumentRegistry"), ("Liquidations", "HouseLiquidations"), ("Services", "HouseServices"), ("House", "ClearingHouse"), ("Bond", "AttesterBond"),
        ("Challenge", "StressChallenge"), ("Engine", "LiquidationEngine"), ("Verifiers", "ProofVerifiers"), ("Proofs", "MarginProofs"), ("Solvency", "SolvencyOracle"), ("Feed", "SolvencyFeed"),
    ];

    /// <exception cref="InvalidInputException"><c>file-not-found</c>, <c>deployment-file</c></exception>
    public static ProtocolAddresses Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException("file-not-found", $"'{path}' does not exist: pms chain deploy writes it");
        }

        try
        {
            return JsonSerializer.Deserialize<ProtocolAddresses>(File.ReadAllText(path), Json) is { Parts: not null, Tokens: not null } read ? read : throw new JsonException("an object with parts and tokens is expected");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("deployment-file", $"'{path}' is no deployment: {e.Message}", e);
        }
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
    }
}
