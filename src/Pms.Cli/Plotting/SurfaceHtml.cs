using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Primitives;

namespace Pms.Cli.Plotting;

/// <summary>One self-contained HTML page: data, style and chart code inline. It opens from disk and can reach no network.</summary>
/// <remarks>
/// The content security policy of the page allows the inlined script by its hash and nothing else: no address can be loaded, and no text from
/// the data can run even if an escape were missed. The data are JSON in a script element of type application/json; System.Text.Json's default
/// encoder writes every &lt;, &gt;, &amp;, quote and non-ASCII character (U+2028 among them) as a \u escape, so no name can close the element.
/// </remarks>
internal static class SurfaceHtml
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = JavaScriptEncoder.Default,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false), new DrawnNumberConverter() },
    };

    /// <summary>Writes the page as UTF-8 without a byte order mark; the stream stays open.</summary>
    /// <exception cref="InvalidInputException">the model cannot be drawn; nothing was written</exception>
    public static void Write(SurfacePlotModel model, Stream output)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true);
        Write(model, writer);
    }

    /// <inheritdoc cref="Write(SurfacePlotModel, Stream)"/>
    public static void Write(SurfacePlotModel model, TextWriter output)
    {
        model.Validate();
        var script = Resource("page.js");
        var parts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["title"] = HtmlEncoder.Default.Encode(model.Title),
            ["scriptHash"] = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script))),
            ["style"] = Resource("page.css"),
            ["data"] = JsonSerializer.Serialize(model, Options),
            ["script"] = script,
        };

        // One pass over the template: a value that happens to look like a place holder is not filled again.
        var template = Resource("page.html");
        var from = 0;
        while (from < template.Length)
        {
            var open = template.IndexOf("{{", from, StringComparison.Ordinal);
            if (open < 0)
            {
                break;
            }

            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            output.Write(template.AsSpan(from, open - from));
            output.Write(parts[template[(open + 2)..close]]);
            from = close + 2;
        }

        output.Write(template.AsSpan(from));
        output.Flush();
    }

    /// <summary>Text of an embedded asset with line ends as the browser will see them, so that the script's hash holds on every system.</summary>
    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Pms.Cli.Plotting.{name}")
            ?? throw new InvalidOperationException($"resource Pms.Cli.Plotting.{name} is not embedded: the build of the page bundle did not run");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n").TrimEnd('\n');
    }

    /// <summary>Nine significant digits: beyond any screen, and half the size of the shortest round trip.</summary>
    private sealed class DrawnNumberConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            Span<byte> text = stackalloc byte[32];
            value.TryFormat(text, out var length, "G9");
            writer.WriteRawValue(text[..length], skipInputValidation: true);
        }
    }
}
