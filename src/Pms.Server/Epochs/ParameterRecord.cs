using System.Text;
using Pms.Margin.Parameters;
using Pms.Primitives;
using Pms.Server.Storage;

namespace Pms.Server.Epochs;

/// <summary>Risk parameters in the record: every epoch after one of these was measured by it.</summary>
public static class ParameterRecord
{
    /// <summary>Adds the parameters where the newest such record holds others.</summary>
    /// <param name="store">opened</param>
    /// <param name="parameters">from now on</param>
    /// <param name="atMs">now</param>
    /// <exception cref="InvalidInputException"><c>parameters-document</c>: their document does not say all of them</exception>
    /// <exception cref="StoreException">the disk</exception>
    public static void Note(IRiskStore store, RiskParameters parameters, long atMs)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(parameters);
        var document = Encoding.UTF8.GetBytes(RiskParameterFile.Write(parameters));
        if (Read(document) is var read && read.Hash() != parameters.Hash())
        {
            throw new InvalidInputException("parameters-document", $"the document of parameters {parameters.Hash()} reads as {read.Hash()}: epochs could not be recomputed from it");
        }

        if (store.Last(RecordKind.Parameters) is not { } last || !last.Payload.Span.SequenceEqual(document))
        {
            store.Append(new NewRecord(RecordKind.Parameters, atMs, document));
        }
    }

    /// <summary>Parameters of such a record.</summary>
    /// <exception cref="InvalidInputException">the codes of <see cref="RiskParameterFile.Read"/></exception>
    public static RiskParameters Read(ReadOnlyMemory<byte> payload)
    {
        using var stream = new MemoryStream(payload.ToArray(), writable: false);
        return RiskParameterFile.Read(stream);
    }
}
