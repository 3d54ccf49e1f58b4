using System.Collections.Immutable;
using Pms.Margin.Epochs;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Server.Shards;

/// <summary>What a shard computes from: small things that a wire can carry. The risk array, tens of megabytes, is made again where it is used.</summary>
/// <param name="Inputs">snapshot, parameters, seed; surfaces too, which come out of snapshot and parameters again</param>
/// <param name="Instruments">contracts of the whole book, in order: the array has a row for each, so that all shards have the same one</param>
/// <param name="Assets">collateral of the whole book, in order</param>
/// <param name="Accounts">of this shard</param>
/// <param name="Context">the same for all</param>
/// <param name="Threads">1 or more; no number depends on it</param>
public sealed record ShardTask(EpochInputs Inputs, ImmutableArray<Instrument> Instruments, ImmutableArray<Asset> Assets, ImmutableArray<Account> Accounts, MarginContext Context, int Threads);

/// <summary>What a shard found, and hashes that say from what.</summary>
/// <param name="ScenarioSet">of the scenarios that it drew</param>
/// <param name="ArrayRoot">of the array that it made</param>
/// <param name="Margins">[account of the task] a margin or why there is none</param>
public sealed record ShardMargins(ContentHash ScenarioSet, ContentHash ArrayRoot, ImmutableArray<BookMargin> Margins);

/// <summary>A part of the book that is margined on its own, in this process or elsewhere.</summary>
public interface IRiskShard
{
    /// <summary>Margins of the task's accounts.</summary>
    /// <exception cref="InvalidInputException">codes of market, scenarios, array</exception>
    ShardMargins Compute(ShardTask task);
}
