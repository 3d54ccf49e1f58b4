using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Primitives;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Keys;

namespace Pms.Prover.Documents;

/// <summary>A proof as JSON, schema <c>pms.proof/1</c> (docs/formats.md).</summary>
public static class ProofDocument
{
    public const string Schema = "pms.proof/1";

    private const int MostProofBytes = 1 << 16;

    private static readonly string[] Members = ["schema", "circuit", "target", "publicInputs", "proof", "verifyingKeyHash", "sourceHash", "commitmentKey", "development"];

    public static JsonObject Write(Proof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var inputs = new JsonArray();
        foreach (var (name, value) in proof.Public)
        {
            inputs.Add(new JsonObject { ["name"] = name, ["value"] = value.ToString() });
        }

        return new JsonObject
        {
            ["schema"] = Schema,
            ["circuit"] = proof.Instance.Name,
            ["target"] = proof.Target == ProofTarget.Chain ? "chain" : "circuit",
            ["publicInputs"] = inputs,
            ["proof"] = "0x" + Convert.ToHexStringLower(proof.Bytes.AsSpan()),
            ["verifyingKeyHash"] = proof.KeyHash.ToString(),
            ["sourceHash"] = proof.SourceHash,
            ["commitmentKey"] = proof.CommitmentKey,
            ["development"] = proof.IsDevelopment,
        };
    }

    /// <exception cref="InvalidInputException"><c>proof-format</c>: not such a document; <c>circuit-unknown</c>; <c>field-element</c>: a public input that is not below the field's order</exception>
    public static Proof Read(string text)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(text);
        }
        catch (JsonException e)
        {
            throw Malformed($"not JSON: {e.Message}", e);
        }

        if (node is not JsonObject root || root.Select(m => m.Key).Except(Members).FirstOrDefault() is { } || Members.Any(m => !root.ContainsKey(m)))
        {
            throw Malformed($"an object with {string.Join(", ", Members)} and nothing else is required");
        }

        if (Text(root, "schema") is var schema && schema != Schema)
        {
            throw Malformed($"schema '{schema}' is not {Schema}");
        }

        var target = Text(root, "target") switch { "chain" => ProofTarget.Chain, "circuit" => ProofTarget.Circuit, var other => throw Malformed($"target '{other}' is neither chain nor circuit") };
        if (root["publicInputs"] is not JsonArray inputs || inputs.Count is 0 or > 64)
        {
            throw Malformed("publicInputs is a list of 1 to 64 objects");
        }

        var publics = ImmutableArray.CreateBuilder<PublicInput>(inputs.Count);
        foreach (var input in inputs)
        {
            publics.Add(input is JsonObject o && o.Count == 2 ? new PublicInput(Text(o, "name"), FieldElement.Parse(Text(o, "value"))) : throw Malformed("a public input is an object with name and value"));
        }

        // Everything is looked up by name: names in another order would let one number pass for another.
        var instance = CircuitInstance.Of(Text(root, "circuit"));
        if (!publics.Select(p => p.Name).SequenceEqual(instance.PublicNames))
        {
            throw Malformed($"the public inputs of {instance.Name} are {string.Join(", ", instance.PublicNames)}, in this order; these are {string.Join(", ", publics.Select(p => PrintableText.Of(p.Name)))}");
        }

        // The circuit pins the shortfall as a multiple modulo the field's order: whoever reads it must see an integer.
        if (publics.FirstOrDefault(p => p.Name == "shortfall").Value.ToBigInteger().GetBitLength() > 128)
        {
            throw Malformed("the shortfall is beyond 128 bits");
        }

        var hex = Text(root, "proof");
        if (!hex.StartsWith("0x", StringComparison.Ordinal) || hex.Length > 2 * MostProofBytes || hex.Length % 2 != 0 || !hex.AsSpan(2).ToString().All(char.IsAsciiHexDigit))
        {
            throw Malformed($"proof is 0x and up to {2 * MostProofBytes} hexadecimal digits");
        }

        if (root["development"]?.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw Malformed("development is true or false");
        }

        return new Proof(
            instance, target, publics.MoveToImmutable(), [.. Convert.FromHexString(hex.AsSpan(2))], FieldElement.Parse(Text(root, "verifyingKeyHash")),
            Text(root, "sourceHash"), Text(root, "commitmentKey"), root["development"]!.GetValue<bool>());
    }

    private static string Text(JsonObject o, string name) => o[name]?.GetValueKind() == JsonValueKind.String ? o[name]!.GetValue<string>() : throw Malformed($"{name} is not a text");

    private static InvalidInputException Malformed(string what, Exception? inner = null) => new("proof-format", string.Create(CultureInfo.InvariantCulture, $"a proof document: {what}"), inner);
}
