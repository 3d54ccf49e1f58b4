using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Pms.Primitives;

namespace Pms.Proofs.Circuits;

/// <summary>A circuit at given sizes, from circuits/sizes.json: the same file makes the circuit's constants, so the two cannot differ.</summary>
public sealed record CircuitInstance
{
    private static readonly Lazy<ImmutableArray<CircuitInstance>> Known = new(Read);

    /// <summary>As in margin-batch-small.</summary>
    public required string Name { get; init; }

    /// <summary>Which circuit of circuits/.</summary>
    public required string Circuit { get; init; }

    /// <summary>Hidden accounts in one proof.</summary>
    public int Accounts { get; init; } = 1;

    /// <summary>Most positions of an account.</summary>
    public int Positions { get; init; }

    public required int Scenarios { get; init; }

    /// <summary>Scenarios whose mean is the Expected Shortfall.</summary>
    public required int Tail { get; init; }

    /// <summary>Rows of the array, a power of two; unused ones are zero.</summary>
    public int Rows { get; init; }

    /// <summary>Depth of the tree of accounts.</summary>
    public int AccountDepth { get; init; }

    /// <summary>Proofs of parts that it settles; 0 for the others.</summary>
    public int Shards { get; init; }

    /// <summary>The parts' instance.</summary>
    public string? Shard { get; init; }

    /// <summary>Depth of the array's tree.</summary>
    public int RowDepth => BitOperations.Log2((uint)Rows);

    /// <summary>Depth of the tree of margins that a proof makes; 0 where it is one margin.</summary>
    public int MarginDepth => BitOperations.Log2((uint)Accounts);

    /// <summary>Public inputs in the circuit's order.</summary>
    public ImmutableArray<string> PublicNames => Circuit switch
    {
        "account-margin" => ["context", "arrayRoot", "accountsRoot", "marginRoot"],
        "margin-batch" => ["context", "arrayRoot", "accountsRoot", "evaluations", "marginRoot"],
        "solvency" => ["context", "arrayRoot", "accountsRoot", "evaluations", "shortfall"],
        "solvency-shard" => ["context", "arrayRoot", "partRoot", "partStatement", "totalsDigest"],
        "solvency-settle" => ["context", "arrayRoot", "accountsRoot", "evaluations", "shortfall", "shardKey"],
        _ => throw new InvalidOperationException($"{Name} is of a circuit '{Circuit}' that this version does not know"),
    };

    /// <summary>Sizes of array and accounts that a proof starts from: of a settlement those of its parts, with the depth of the whole tree.</summary>
    public CircuitInstance Shape => Shard is { } shard && Of(shard) is var part ? part with { AccountDepth = part.AccountDepth + BitOperations.Log2((uint)Shards) } : this;

    /// <summary>All, in the file's order.</summary>
    public static ImmutableArray<CircuitInstance> All => Known.Value;

    /// <exception cref="InvalidInputException"><c>circuit-unknown</c></exception>
    public static CircuitInstance Of(string name) => All.FirstOrDefault(i => i.Name == name)
        ?? throw new InvalidInputException("circuit-unknown", $"'{name}' is no circuit: {string.Join(", ", All.Select(i => i.Name))}");

    private static ImmutableArray<CircuitInstance> Read()
    {
        using var stream = typeof(CircuitInstance).Assembly.GetManifestResourceStream("sizes.json") ?? throw new InvalidOperationException("the assembly has no sizes.json");
        using var document = JsonDocument.Parse(stream);
        return [.. document.RootElement.EnumerateObject().Select(p => Of(p.Name, p.Value))];
    }

    private static CircuitInstance Of(string name, JsonElement sizes)
    {
        int Number(string key, int otherwise) => sizes.TryGetProperty(key, out var value) ? value.GetInt32() : otherwise;
        var accounts = Number("accounts", 1);
        var circuit = sizes.GetProperty("circuit").GetString()!;
        return new CircuitInstance
        {
            Name = name,
            Circuit = circuit,
            Accounts = accounts,
            Positions = Number("positions", 0),
            Scenarios = Number("scenarios", 0),
            Tail = Number("tail", 0),
            Rows = Number("rows", 1 << Number("rowDepth", 0)),
            AccountDepth = Number("accountDepth", BitOperations.Log2((uint)accounts) + Number("upperDepth", 0)),
            Shards = Number("shards", 0),
            Shard = sizes.TryGetProperty("shard", out var shard) ? shard.GetString() : null,
        };
    }
}
