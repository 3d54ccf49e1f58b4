using System.Collections.Immutable;
using System.Text;
using Pms.Attestation.Wire;
using Pms.Margin.Epochs;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;
using Pms.Server.Shards;
using Pms.Volatility;

namespace Pms.Server.Tests.Shards;

/// <summary>However many shards share a book, and wherever they are, its margins are the same.</summary>
public sealed class ShardedBookTests
{
    private static readonly RiskBook Book = ServerWorld.Accounts
        .Concat(Enumerable.Range(0, 12).Select(i => ServerWorld.Account($"x{i}", 1_000 * i, (ServerWorld.OptionName(i), i % 2 == 0 ? 5 : -5), (ServerWorld.OptionName(i + 3), -2))))
        .Aggregate(RiskBook.Empty, (book, account) => book.With(book.Sequence + 1, account));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Compute_MoreShards_GiveTheSameMarginsAndTheSameArray(int others)
    {
        var alone = Compute(null);
        var shared = Compute(new ShardedBook(Enumerable.Range(0, others).Select(_ => new FarShard(s => s))));
        shared.Margin.Array.Root.ShouldBe(alone.Margin.Array.Root);
        shared.StoredMargins().ShouldBe(alone.StoredMargins());
        shared.Accounts.Select(a => a.Refusal?.Code).ShouldBe(alone.Accounts.Select(a => a.Refusal?.Code));
        foreach (var (one, other) in shared.Accounts.Zip(alone.Accounts))
        {
            (one.Result?.Components.ToArray() ?? []).ShouldBe(other.Result?.Components.ToArray() ?? []);
        }
    }

    [Fact]
    public void Compute_AShardOfAnotherSeed_IsRefused()
    {
        var book = new ShardedBook(new FarShard(seed => seed + 1));
        Should.Throw<InvalidInputException>(() => Compute(book)).Code.ShouldBe("shard-differs");
    }

    [Fact]
    public void PlaceOf_SpreadsAccountsAndStays()
    {
        var places = Enumerable.Range(0, 4_000).Select(i => ShardedBook.PlaceOf($"account-{i}", 4)).ToArray();
        places.GroupBy(p => p).Select(g => g.Count()).ShouldAllBe(n => n > 800 && n < 1_200);
        ShardedBook.PlaceOf("alice", 4).ShouldBe(ShardedBook.PlaceOf("alice", 4));
        ShardedBook.PlaceOf("a", 1).ShouldBe(0);
    }

    private static RiskEpoch Compute(ShardedBook? shards) => RiskEpoch.Compute(1, ServerWorld.First, Book, ServerWorld.Parameters, 1, 1, null, TimeProvider.System, shards);

    /// <summary>A shard that has nothing of the task but bytes, names and a seed, as after a wire.</summary>
    private sealed class FarShard(Func<ulong, ulong> seed) : IRiskShard
    {
        public ShardMargins Compute(ShardTask task)
        {
            var snapshot = SnapshotBytes.Read(SnapshotBytes.Write(task.Inputs.Snapshot));
            using var document = new MemoryStream(Encoding.UTF8.GetBytes(RiskParameterFile.Write(task.Inputs.Parameters)));
            var parameters = RiskParameterFile.Read(document);
            using var portfolio = new MemoryStream(RiskBook.PortfolioBytes(task.Accounts));
            var accounts = task.Accounts.IsEmpty ? [] : PortfolioFile.Read(portfolio, new PositionUnits()).Accounts;
            var surfaces = snapshot.Boards.Where(b => !b.Expiries.IsEmpty).Select(b => SurfaceFitter.Fit(b, snapshot.ObservedAt, parameters.Surface).Surface).OfType<VolSurface>();
            return new LocalShard().Compute(new ShardTask(
                new EpochInputs(snapshot, [.. surfaces], ImmutableDictionary<Asset, double>.Empty, parameters, null, seed(task.Inputs.Seed)),
                [.. task.Instruments.Select(i => DeribitNames.Parse(i.Name))],
                [.. task.Assets.Select(a => new Asset(a.Code))],
                accounts,
                task.Context,
                Threads: 1));
        }
    }
}
