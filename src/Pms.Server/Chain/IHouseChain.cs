using System.Collections.Immutable;
using Pms.Attestation.Wire;
using Pms.Margin.Portfolios;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Server.Chain;

/// <summary>The house's accounts at one block, as the engine holds them.</summary>
/// <param name="Block">height</param>
/// <param name="At">of the block</param>
/// <param name="Accounts">ids are account numbers; cash is USD</param>
public sealed record HouseAccounts(ulong Block, DateTimeOffset At, ImmutableArray<Account> Accounts)
{
    /// <summary>Number of the account that governance names as the house's insurance; null: none.</summary>
    public string? InsuranceAccount { get; init; }
}

/// <summary>What became of a batch.</summary>
/// <param name="Summary">with its error where the chain does not have it</param>
/// <param name="Document">with its signatures; null: it was not accepted</param>
public sealed record PublishedBatch(BatchSummary Summary, BatchDocument? Document);

/// <summary>A clearing house on a chain with its attesters and keepers, as the risk server sees it. Called by one thread at a time, but for <see cref="Keepers"/> and <see cref="Proof"/>.</summary>
public interface IHouseChain : IAsyncDisposable
{
    HouseIdentity Identity { get; }

    /// <summary>Whether it takes batches: not before its book is filled.</summary>
    bool IsOpen { get; }

    /// <summary>As of the last looks.</summary>
    IReadOnlyList<KeeperRow> Keepers { get; }

    /// <summary>The newest proof of solvency on the chain.</summary>
    SolvencyProofDocument Proof => SolvencyProofDocument.None;

    /// <summary>What goes on beside the server: filling the house, keepers. Ends when it is told to, or fails.</summary>
    Task RunAsync(CancellationToken cancel);

    /// <exception cref="PmsException">the chain cannot be read</exception>
    Task<HouseAccounts> ReadAsync(CancellationToken cancel);

    /// <summary>Margins of a market, signatures of the attesters, one transaction.</summary>
    /// <exception cref="PmsException">nothing could be proposed</exception>
    Task<PublishedBatch> PublishAsync(MarketSnapshot snapshot, CancellationToken cancel);

    /// <exception cref="PmsException">the chain cannot be read</exception>
    Task<LiquidationPage> LiquidationsAsync(CancellationToken cancel);

    /// <param name="document">hash of the risk parameter document that the server computes with</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="PmsException">the chain cannot be read</exception>
    Task<GovernancePage> GovernanceAsync(ContentHash document, CancellationToken cancel);
}

/// <summary>How the server follows a house.</summary>
public sealed record ChainOptions
{
    /// <summary>Puts the house there, or finds it; tells its steps.</summary>
    public required Func<Action<ChainStep>, CancellationToken, Task<IHouseChain>> Open { get; init; }

    /// <summary>A batch begins so long after the last began, or when that ends.</summary>
    public TimeSpan BatchInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between two looks at the house's accounts.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(2);
}
