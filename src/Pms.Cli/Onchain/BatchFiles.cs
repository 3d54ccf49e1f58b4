using System.Text.Json.Nodes;
using Pms.Attestation.Wire;
using Pms.Cli.Commands;

namespace Pms.Cli.Onchain;

/// <summary>Batch files on disk and standard input, and what is told of them.</summary>
internal static class BatchFiles
{
    /// <exception cref="Pms.Primitives.InvalidInputException"><c>file-not-found</c>, <c>json-shape</c>, <c>json-field</c>, <c>batch-file</c></exception>
    public static BatchDocument Read(string path) => BatchDocument.Read(CommandContext.ReadInput(path));

    /// <summary>Whole or not at all: a file that is read while it is written would be refused.</summary>
    public static void Write(string path, BatchDocument document)
    {
        var aside = $"{path}.new";
        File.WriteAllBytes(aside, document.Write());
        File.Move(aside, path, overwrite: true);
    }

    public static JsonObject Summary(BatchDocument d, string? path) => new()
    {
        ["path"] = path,
        ["sequence"] = $"{d.Header.Sequence}",
        ["batchHash"] = $"{d.Header.StructHash()}",
        ["digest"] = $"{d.Digest}",
        ["header"] = MessageJson.Of(d.Header),
        ["accounts"] = d.Leaves.Length,
        ["refused"] = MessageJson.List(d.Refused, r => new JsonObject { ["account"] = $"{r.Account}", ["code"] = r.Reason.Code, ["message"] = r.Reason.Message }),
        ["rows"] = d.Rows.Length,
        ["signatures"] = d.Signatures.Count,
    };
}
