namespace Pms.Proofs.Hashing;

/// <summary>What the capacity of a hash starts from, so that no digest of one use passes for another's; as circuits/lib/src/hash.nr has them.</summary>
public enum HashTag
{
    /// <summary>Inner node of a Merkle tree.</summary>
    Node = 1,

    /// <summary>An account's margin: what the chain opens.</summary>
    Margin = 2,

    /// <summary>An account's state.</summary>
    Account = 3,

    /// <summary>Positions with their salt.</summary>
    Positions = 4,

    /// <summary>One contract's gains over the scenarios.</summary>
    Row = 5,

    /// <summary>Losses that a challenge is drawn after.</summary>
    Losses = 6,

    /// <summary>The challenge.</summary>
    Challenge = 7,

    /// <summary>The array's rows evaluated at a challenge.</summary>
    Evaluation = 8,

    /// <summary>A challenge with its evaluation.</summary>
    Statement = 9,

    /// <summary>Shortfalls of a part of the accounts.</summary>
    Totals = 10,

    /// <summary>Statements of several parts.</summary>
    Statements = 11,
}
