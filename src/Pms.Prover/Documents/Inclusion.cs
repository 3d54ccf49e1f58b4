using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Margin.Arrays;
using Pms.Primitives;
using Pms.Proofs.Commitments;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Prover.Documents;

/// <summary>What an owner needs to see that his account is in a proof with its right numbers. It shows his positions, so it is for him alone.</summary>
/// <param name="Account">as it was committed to</param>
/// <param name="Contracts">[holding] name of the contract, for people</param>
/// <param name="Positions">that a leaf has room for</param>
/// <param name="Place">in the tree</param>
/// <param name="Path">from the leaf up</param>
public sealed record Inclusion(HiddenAccount Account, ImmutableArray<string> Contracts, int Positions, int Place, TreePath Path)
{
    public const string Schema = "pms.inclusion/1";

    private const int MostPositions = 512;
    private const int MostDepth = 20;

    /// <summary>Root that the account leads to; it is in the proof where this is the proof's accounts root.</summary>
    public FieldElement Root => PoseidonTree.RootOf(Account.Leaf(Positions), Path);

    public JsonObject Write() => new()
    {
        ["schema"] = Schema,
        ["number"] = Account.Number.ToString(CultureInfo.InvariantCulture),
        ["sequence"] = Account.Sequence.ToString(CultureInfo.InvariantCulture),
        ["positionsHash"] = Account.PositionsHash.ToString(),
        ["equity"] = Account.Equity.ToString(CultureInfo.InvariantCulture),
        ["salt"] = Account.Salt.ToString(),
        ["holdings"] = new JsonArray([.. Account.Holdings.Zip(Contracts, (h, name) => new JsonObject { ["contract"] = name, ["row"] = h.Row, ["lots"] = h.Lots.ToString(CultureInfo.InvariantCulture) })]),
        ["positions"] = Positions,
        ["place"] = Place,
        ["path"] = new JsonArray([.. Path.Siblings.Select(s => (JsonNode)s.ToString())]),
    };

    /// <exception cref="InvalidInputException"><c>inclusion-format</c>; <c>field-element</c>, <c>hash-format</c></exception>
    public static Inclusion Read(string text)
    {
        try
        {
            var root = JsonNode.Parse(text) as JsonObject ?? throw Malformed("an object is required");
            if ((string?)root["schema"] != Schema)
            {
                throw Malformed($"schema is not {Schema}");
            }

            var (positions, place) = ((int)root["positions"]!, (int)root["place"]!);
            var path = root["path"]!.AsArray();
            var holdings = root["holdings"]!.AsArray();
            if (positions is < 1 or > MostPositions || path.Count > MostDepth || place < 0 || place >> path.Count != 0 || holdings.Count > positions)
            {
                throw Malformed($"{holdings.Count} holdings of {positions} positions at place {place} of a tree of depth {path.Count}: up to {MostPositions} positions and a depth of {MostDepth} are possible, and the place lies in the tree");
            }

            return new Inclusion(
                new HiddenAccount(
                    ulong.Parse((string)root["number"]!, NumberStyles.None, CultureInfo.InvariantCulture),
                    ulong.Parse((string)root["sequence"]!, NumberStyles.None, CultureInfo.InvariantCulture),
                    KeccakHash.Parse((string)root["positionsHash"]!),
                    long.Parse((string)root["equity"]!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                    FieldElement.Parse((string)root["salt"]!),
                    [.. holdings.Select(h => new RowLots((int)h!["row"]!, long.Parse((string)h["lots"]!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)))]),
                [.. holdings.Select(h => (string)h!["contract"]!)],
                positions,
                place,
                new TreePath([.. Enumerable.Range(0, path.Count).Select(level => ((place >> level) & 1) == 1)], [.. path.Select(p => FieldElement.Parse((string)p!))]));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentNullException or FormatException or OverflowException or NullReferenceException)
        {
            throw Malformed(e.Message, e);
        }
    }

    private static InvalidInputException Malformed(string what, Exception? inner = null) => new("inclusion-format", $"an inclusion document: {what}", inner);
}
