using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Primitives;

namespace Pms.Chain.Governance;

/// <summary>All governed numbers of a deployment at one block.</summary>
/// <param name="Keys">in the order of the contract</param>
/// <param name="Document">hash of the risk parameter document in force</param>
/// <param name="Version">rises with every change</param>
public sealed record GovernedState(ImmutableArray<GovernedKey> Keys, ContentHash Document, ulong Version)
{
    private static readonly string[] CoinNames = ["coinHaircutWad", "coinCapWad", "coinRampSeconds"];

    /// <exception cref="InvalidInputException"><c>params-key</c></exception>
    public GovernedKey Find(string name) => Keys.FirstOrDefault(k => k.Name == name)
        ?? throw new InvalidInputException("params-key", $"there is no governed number '{PrintableText.Of(name)}'; there are {string.Join(", ", Keys.Select(k => k.Name))}");

    /// <summary>Reads keys, values, bounds and the sums of 30 days, in few requests.</summary>
    public static async Task<GovernedState> ReadAsync(EthereumNode node, ProtocolContracts contracts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(contracts);
        var head = (await node.LatestAsync(cancel).ConfigureAwait(false)).Number;
        ContractCall Of(string function, params JsonNode[] args) => new(contracts.Parameters, function, [.. args]);
        var fixedAnswers = await node.CallManyAsync([Of("keys"), Of("documents"), Of("version")], cancel, head).ConfigureAwait(false);
        string[] keys = [.. fixedAnswers[0][0]!.AsArray().Select(k => (string)k!)];
        var answers = await node.CallManyAsync([.. keys.SelectMany(k => new[] { Of("value", k), Of("boundsOf", k), Of("movedIn30Days", k) })], cancel, head).ConfigureAwait(false);
        var names = Enumerable.Range(0, byte.MaxValue + 1).SelectMany(coin => CoinNames.Select(n => (Key: GovernedKey.KeyOf(n, (byte)coin), Name: $"{n}:{coin}"))).ToDictionary(k => k.Key, k => k.Name, StringComparer.Ordinal);
        return new GovernedState(
            [.. keys.Select((key, i) =>
            {
                var (bounds, moved) = (answers[(3 * i) + 1][0]!, answers[(3 * i) + 2]);
                return new GovernedKey(
                    names.GetValueOrDefault(key) ?? NameOf(key),
                    key,
                    EthereumNode.Big(answers[3 * i][0]),
                    EthereumNode.Big(bounds["least"]),
                    EthereumNode.Big(bounds["most"]),
                    EthereumNode.Big(bounds["mostStep"]),
                    EthereumNode.Big(bounds["mostIn30Days"]),
                    EthereumNode.ULong(bounds["leastDelay"]),
                    (Tightening)(int)EthereumNode.ULong(bounds["tightening"]),
                    (int)EthereumNode.ULong(bounds["group"]),
                    EthereumNode.Big(moved[0]),
                    EthereumNode.Big(moved[1]));
            })],
            ContentHash.Parse(((string)fixedAnswers[1][0]!)[2..]),
            EthereumNode.ULong(fixedAnswers[2][0]));
    }

    private static string NameOf(string key)
    {
        var text = Encoding.ASCII.GetString(Convert.FromHexString(key.AsSpan(2))).TrimEnd('\0');
        return text.All(char.IsAsciiLetterOrDigit) && text.Length > 0 ? text : key;
    }
}
