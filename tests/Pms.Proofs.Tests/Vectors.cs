using System.Text.Json;
using Pms.Proofs.Fields;
using Pms.Testing;

namespace Pms.Proofs.Tests;

/// <summary>testdata/vectors/poseidon2.json: made with another implementation.</summary>
internal static class Vectors
{
    private static readonly Lazy<JsonDocument> File = new(() => JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(RepositoryPaths.Root, "testdata", "vectors", "poseidon2.json"))));

    public static JsonElement Of(string name) => File.Value.RootElement.GetProperty(name);

    public static FieldElement[] Elements(this JsonElement list) => [.. list.EnumerateArray().Select(e => FieldElement.Parse(e.GetString()!))];
}
