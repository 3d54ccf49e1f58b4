using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Primitives;

namespace Pms.Documents;

/// <summary>Instants as ISO 8601 in UTC with a Z, to the microsecond; reads any offset.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToIso());
}
