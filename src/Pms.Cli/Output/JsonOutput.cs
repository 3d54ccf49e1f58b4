using System.Text.Json;
using Pms.Primitives;

namespace Pms.Cli.Output;

/// <summary>The JSON face of the command line: camelCase, UTF-8, shortest round-trip numbers, absent values left out.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions LineOptions = new(DocumentJson.Options) { WriteIndented = false };

    public static void Write<T>(T document)
    {
        using var output = Console.OpenStandardOutput();
        JsonSerializer.Serialize(output, document, DocumentJson.Options);
        output.WriteByte((byte)'\n');
    }

    /// <summary>One document on one line (NDJSON).</summary>
    public static void WriteLine<T>(T document) => Console.Out.WriteLine(JsonSerializer.Serialize(document, LineOptions));

    /// <exception cref="InvalidInputException">not JSON, or not of the expected shape</exception>
    public static T Read<T>(Stream input)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(input, DocumentJson.Options)
                ?? throw new InvalidInputException("json-shape", "the input is the JSON value null; an object is expected");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("json-shape", $"the input is not the expected JSON: {e.Message}", e);
        }
    }

    /// <summary>A part of a document that was read already.</summary>
    /// <exception cref="InvalidInputException">not of the expected shape</exception>
    public static T FromElement<T>(JsonElement element)
        where T : notnull
    {
        try
        {
            return element.Deserialize<T>(DocumentJson.Options) ?? throw new InvalidInputException("json-shape", "the input is the JSON value null; an object is expected");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("json-shape", $"the input is not the expected JSON: {e.Message}", e);
        }
    }

    /// <summary>Names of what an input held and nobody read, in order; null where there are none.</summary>
    public static IReadOnlyList<string>? Names(IReadOnlyDictionary<string, JsonElement>? unread) =>
        unread is { Count: > 0 } ? [.. unread.Keys.Select(k => PrintableText.Of(k)).Order(StringComparer.Ordinal)] : null;

    public static JsonElement ToElement<T>(T value) => JsonSerializer.SerializeToElement(value, DocumentJson.Options);
}

internal sealed record ErrorDocument(ErrorBody Error);
