using System.Text.Json;
using Pms.Primitives;

namespace Pms.Server.Rpc;

/// <summary>Parameters of a call, read by name. A name that the method does not know is refused: it would be a typing error with silent effect.</summary>
internal sealed class RpcParams
{
    private readonly JsonElement _params;

    /// <param name="parameters">object or undefined</param>
    /// <param name="known">names that the method reads</param>
    /// <exception cref="RpcException">a name that is not known, or comes twice</exception>
    public RpcParams(JsonElement parameters, IReadOnlyCollection<string> known)
    {
        _params = parameters;
        if (parameters.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in parameters.EnumerateObject())
        {
            if (!known.Contains(member.Name, StringComparer.Ordinal) || !seen.Add(member.Name))
            {
                throw Refused($"'{PrintableText.Of(member.Name)}' {(seen.Contains(member.Name) ? "comes twice" : $"is none of {(known.Count == 0 ? "nothing: the method takes no params" : string.Join(", ", known))}")}");
            }
        }
    }

    public static RpcException Refused(string why) => new(RpcError.Of(RpcError.InvalidParams, "rpc-params", why));

    public JsonElement? Find(string name) =>
        _params.ValueKind == JsonValueKind.Object && _params.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refused($"{name} is a JSON {value.ValueKind}: a text is expected");

    public string TextRequired(string name) => Text(name) ?? throw Missing(name);

    public bool? Flag(string name) => Find(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refused($"{name} is a JSON {value.ValueKind}: true or false is expected");

    public long? Whole(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) ? whole : throw Refused($"{name} is not a whole number");

    public int? Count(string name) => Whole(name) is not { } whole ? null : whole is >= int.MinValue and <= int.MaxValue ? (int)whole : throw Refused($"{name} {whole} is out of range");

    public decimal? Amount(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var amount) ? amount : throw Refused($"{name} is not a number of 28 digits at most");

    public decimal AmountRequired(string name) => Amount(name) ?? throw Missing(name);

    /// <summary>A list of texts, at least one.</summary>
    public IReadOnlyList<string> Texts(string name, int most)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() is var count && (count == 0 || count > most))
        {
            throw Refused($"{name} is not a list of 1 to {most} texts");
        }

        return [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Refused($"{name} has a JSON {e.ValueKind}: texts are expected"))];
    }

    private static RpcException Missing(string name) => Refused($"{name} is required");
}
