using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>A collateral token of the house.</summary>
/// <param name="Asset">what it is worth, as in BTC</param>
/// <param name="PriceId">that it is valued at</param>
/// <param name="Decimals">of the token</param>
public sealed record CoinConfiguration(Asset Asset, PriceId PriceId, int Decimals);

/// <summary>How a deployment's ids and the engine's names meet, as a file: what the chain cannot say, because it knows numbers and tokens only.</summary>
/// <param name="Cash">what the settlement token is</param>
/// <param name="CashDecimals">of the settlement token</param>
/// <param name="Underlyings">by price id</param>
/// <param name="Coins">by coin index</param>
public sealed record HouseConfiguration(Asset Cash, int CashDecimals, ImmutableSortedDictionary<byte, Asset> Underlyings, ImmutableSortedDictionary<byte, CoinConfiguration> Coins)
{
    public const string Schema = "pms.house/1";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public ImmutableSortedDictionary<byte, int> CoinDecimals => Coins.ToImmutableSortedDictionary(c => c.Key, c => c.Value.Decimals);

    /// <summary>A listing without contracts: each reader fills one of its own.</summary>
    public HouseListing NewListing() => new(Cash, Underlyings, Coins.ToImmutableSortedDictionary(c => c.Key, c => (c.Value.Asset, c.Value.PriceId)));

    /// <exception cref="InvalidInputException"><c>file-not-found</c>, <c>json-shape</c>, <c>json-field</c></exception>
    public static HouseConfiguration Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidInputException("file-not-found", $"'{path}' does not exist: pms chain deploy writes it for a local chain");
        }

        var f = JsonFields.Parse(File.ReadAllBytes(path));
        f.RequireSchema(Schema);

        var read = new HouseConfiguration(
            new Asset(f.Text("cash")),
            Decimals(f, "cashDecimals"),
            f.List("underlyings", 16, u => (u.Whole<byte>("priceId"), new Asset(u.Text("asset")))).ToImmutableSortedDictionary(u => u.Item1, u => u.Item2),
            f.List("coins", 16, c => (c.Whole<byte>("index"), new CoinConfiguration(new Asset(c.Text("asset")), new PriceId(c.Whole<byte>("priceId")), Decimals(c, "decimals"))))
                .ToImmutableSortedDictionary(c => c.Item1, c => c.Item2));
        f.End();
        return read;
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var document = new JsonObject
        {
            ["schema"] = Schema,
            ["cash"] = Cash.Code,
            ["cashDecimals"] = $"{CashDecimals}",
            ["underlyings"] = MessageJson.List(Underlyings, u => new JsonObject { ["priceId"] = $"{u.Key}", ["asset"] = u.Value.Code }),
            ["coins"] = MessageJson.List(Coins, c => new JsonObject { ["index"] = $"{c.Key}", ["asset"] = c.Value.Asset.Code, ["priceId"] = $"{c.Value.PriceId}", ["decimals"] = $"{c.Value.Decimals}" }),
        };
        File.WriteAllText(path, $"{document.ToJsonString(Indented)}\n");
    }

    private static int Decimals(JsonFields f, string name)
    {
        var decimals = f.Whole<byte>(name);
        return decimals <= 36 ? decimals : throw new InvalidInputException("json-field", $"{name}: {decimals} decimals, at most 36 are possible");
    }
}
