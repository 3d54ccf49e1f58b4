using System.Collections.Immutable;
using System.Text;
using Pms.Margin.Epochs;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Primitives;

namespace Pms.Server.Shards;

/// <summary>The accounts of a book over shards: the first is in this process and answers questions, others compute their part from the same seed and snapshot.</summary>
/// <remarks>No margin depends on how many shards there are. A shard that made another array than the first is refused: its margins would be of something else.</remarks>
public sealed class ShardedBook
{
    private readonly ImmutableArray<IRiskShard> _others;

    /// <param name="others">beside the one in this process</param>
    public ShardedBook(params IEnumerable<IRiskShard> others) => _others = [.. others];

    /// <summary>Place of an account: by its name alone, so that it stays where it is while others come and go.</summary>
    /// <param name="account">id</param>
    /// <param name="shards">1 or more</param>
    public static int PlaceOf(string account, int shards)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        // FNV-1a, 32 bits.
        var hash = Encoding.UTF8.GetBytes(account).Aggregate(2_166_136_261u, (h, b) => unchecked((h ^ b) * 16_777_619u));
        return (int)(hash % (uint)shards);
    }

    /// <summary>Margins of all accounts.</summary>
    /// <param name="inputs">market, parameters, seed</param>
    /// <param name="accounts">of the whole book</param>
    /// <param name="context">the same for all</param>
    /// <param name="threads">1 or more for each shard; no number depends on it</param>
    /// <param name="previous">an earlier epoch, whose unchanged rows are taken over; null: none</param>
    /// <returns>the epoch of the shard in this process, and [account] a margin or why there is none</returns>
    /// <exception cref="InvalidInputException"><c>shard-differs</c>; codes of market, scenarios, array</exception>
    public (MarginEpoch Epoch, ImmutableArray<BookMargin> Margins) Compute(EpochInputs inputs, IReadOnlyList<Account> accounts, MarginContext context, int threads, MarginEpoch? previous)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        var whole = new ShardTask(
            inputs,
            [.. accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Distinct()],
            [.. accounts.SelectMany(a => a.Collateral).Select(c => c.Asset).Distinct()],
            [.. accounts],
            context,
            threads);
        var local = new LocalShard(previous);
        if (_others.IsEmpty)
        {
            var alone = local.Compute(whole);
            return (local.Last!, alone.Margins);
        }

        var shards = 1 + _others.Length;
        var places = accounts.Select(a => PlaceOf(a.Id, shards)).ToArray();
        var parts = Enumerable.Range(0, shards).Select(s => whole with { Accounts = [.. accounts.Where((_, i) => places[i] == s)] }).ToArray();
        var found = new ShardMargins[shards];
        Parallel.For(0, shards, s => found[s] = s == 0 ? local.Compute(parts[0]) : _others[s - 1].Compute(parts[s]));
        for (var s = 0; s < shards; s++)
        {
            if (found[s].ArrayRoot != found[0].ArrayRoot || found[s].ScenarioSet != found[0].ScenarioSet || found[s].Margins.Length != parts[s].Accounts.Length)
            {
                throw new InvalidInputException("shard-differs", $"shard {s} margined {found[s].Margins.Length} of {parts[s].Accounts.Length} accounts on array {found[s].ArrayRoot}; this process has array {found[0].ArrayRoot}");
            }
        }

        var next = new int[shards];
        return (local.Last!, [.. places.Select(s => found[s].Margins[next[s]++])]);
    }
}
